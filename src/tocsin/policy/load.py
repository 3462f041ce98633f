"""Load: bytes to a policy, or all its problems at once, in the file's order."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.errors import PolicyError, Problem
from tocsin.named_tuple import NamedTuple
from tocsin.policy.contents import check_channels, check_context, check_literals, check_secret_keys
from tocsin.policy.meaning import Meaning
from tocsin.policy.mend import Mender
from tocsin.policy.nodes import PLAIN, BadFileError, decode, root_node
from tocsin.policy.plain import Plain
from tocsin.policy.policy_text import PolicyText
from tocsin.policy.problem_places import Problems, TooManyError, problem, redactor_of
from tocsin.policy.structure import Structure, empty
from tocsin.policy.words import holder
from tocsin.templates.budget import together
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.model import Policy

LARGE_BYTES = 128 * 1024  # ours: some hundred rules; from there on the collector's rounds are felt

EMPTY = (
    "the policy is empty: the smallest has a channel and a rule: "
    "{channels: {team: {kind: slack}}, notifications: [{on: failure, send_to: team}]}"
)


class PolicyDocument(NamedTuple):
    """A valid policy, its warnings, and where its parts stand in its file."""

    policy: Policy
    warnings: list[Problem]
    file: str
    line_of: Callable[[DataPath], int]


def load(source: PolicyText, *, advise: bool = False) -> PolicyDocument:
    """The policy in a text, with the files that it names, read by `source.files`; with `advise`, warnings of what can never work.

    Raises PolicyError with every problem, in the file's order.
    """
    name = source.name
    try:
        with uncollected(len(source.data)):
            policy, problems = _read(source, advise=advise)
    except BadFileError as error:
        redact = redactor_of([source.data.decode("utf-8", "replace")])
        raise _error(name, [problem(name, error.wrong._replace(message=redact(error.wrong.message)))]) from None
    found = problems.in_order()
    if policy is None or any(item.severity == "error" for item in found):
        raise _error(name, found)
    return PolicyDocument(policy, found, name, problems.line_of)


def _read(source: PolicyText, *, advise: bool) -> tuple[Policy | None, Problems]:
    text = decode(source.data)
    root = root_node(text)
    if root is None or (root.tag == PLAIN and not root.value):
        raise BadFileError(EMPTY, Check.EMPTY_POLICY)
    problems = Problems(source.name, root, text)
    try:
        with together():
            plain = Plain(problems.at_node).policy(root)
            policy, plain = _checked(plain, problems, source)
            if advise:
                _advise(plain, problems)
            return policy, problems
    except TooManyError:
        return None, problems


def _checked(plain: dict[str, Any], problems: Problems, source: PolicyText) -> tuple[Policy | None, dict[str, Any]]:
    given, plain = plain, Mender(problems).policy(plain)
    for path in empty(plain):
        comment = " (a # begins a comment: put the value in quotes)" if problems.ends_in_comment(path) else ""
        problems.add(Wrong(Check.EMPTY_VALUE, f"{holder(path)} has no value{comment}", path, at_key=True))
    structure = Structure(plain, problems)
    policy = structure.policy(check_channels(structure.channels(), problems, source.files))
    Meaning(plain, problems).check()
    check_context(plain.get("context"), problems)
    check_literals(given, problems)
    if problems.has_errors:  # what is not where it belongs is looked at by nothing else
        check_secret_keys(given, problems)
    return policy, plain


def _advise(plain: dict[str, Any], problems: Problems) -> None:
    from tocsin.policy.never import check_never  # a run that sends has no use for it

    check_never(Meaning(plain, problems))


def _error(file: str, problems: list[Problem]) -> PolicyError:
    count = sum(item.severity == "error" for item in problems)
    return PolicyError(f"the policy {file} is invalid: {count} error{'' if count == 1 else 's'}", problems)


@contextmanager
def uncollected(size: int) -> Iterator[None]:
    """Without the cycle collector: a policy is many small objects and no garbage, through which it would go again and again.

    It took three quarters of the time to load ten thousand rules. A large policy is then left out of all that it looks at.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if size > LARGE_BYTES:
            gc.freeze()
        if running:
            gc.enable()
