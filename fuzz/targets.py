"""The table of targets: what the fuzzers try. A new one is a row here, and a strategy that makes its examples."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from example import Example
    from hypothesis.strategies import SearchStrategy


class Target(NamedTuple):
    """`inputs` makes the examples; `run` takes one, raises a Finding, and says whether it was valid. `libyaml`: YAML in C, or without."""

    inputs: Callable[[], SearchStrategy[Example]]
    run: Callable[[Example], bool] | None = None
    libyaml: bool = True


def run(tried: Example) -> bool:
    """Run an example and hold it against the promises; whether every command found it valid."""
    import example
    from checks import require

    result = example.run(tried)
    require(tried, result)
    return all(answer.code <= 1 and "::error" not in answer.out for answer in result.answers)


def _named(module: str, name: str) -> Callable[[], SearchStrategy[Example]]:
    """The inputs by this name, made where they are used: a target loads no other's."""

    def make() -> SearchStrategy[Example]:
        inputs: SearchStrategy[Example] = getattr(import_module(module), name)()
        return inputs

    return make


TARGETS: dict[str, Target] = {
    "policy": Target(_named("policy_inputs", "policies")),
    "policy-without-libyaml": Target(_named("policy_inputs", "policies"), libyaml=False),
    "events": Target(_named("run_inputs", "events")),
    "facts": Target(_named("run_inputs", "facts")),
    "templates": Target(_named("template_inputs", "templates")),
    "answers": Target(_named("answer_inputs", "answers")),
    "conversations": Target(_named("answer_inputs", "conversations")),
    "addresses": Target(_named("address_inputs", "addresses")),
    "mail-answers": Target(_named("answer_inputs", "mail_answers")),
    "api": Target(_named("api_inputs", "api")),
}
