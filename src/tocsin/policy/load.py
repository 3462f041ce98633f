"""Load: bytes to a policy, or all its problems at once, in the file's order."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.errors import PolicyError, Problem
from tocsin.named_tuple import NamedTuple
from tocsin.policy.contents import advise_payloads, check_channels, check_context, check_literals, check_secret_keys
from tocsin.policy.layer import Layer, Whole
from tocsin.policy.meaning import Meaning, rules_of
from tocsin.policy.mend import Mender
from tocsin.policy.message_checks import check_messages
from tocsin.policy.model import SHARING
from tocsin.policy.nodes import PLAIN, BadFileError, Node, compose, decode
from tocsin.policy.plain import Plain
from tocsin.policy.policy_text import PolicyText
from tocsin.policy.problem_places import Problems, TooManyError, problem, redactor_of
from tocsin.policy.structure import Structure, empty
from tocsin.policy.words import holder
from tocsin.templates.budget import together
from tocsin.text import counted
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.model import Policy
    from tocsin.policy.problem_places import Origin

LARGE_BYTES = 128 * 1024  # ours: some hundred rules; from there on the collector's rounds are felt

EMPTY = (
    "the policy is empty: the smallest has a channel and a rule: "
    "{channels: {team: {kind: slack}}, notifications: [{on: failure, send_to: team}]}"
)


class PolicyDocument(NamedTuple):
    """A valid policy, its warnings, its own file, and where its parts stand: the file, which may be a base's, and the line in it."""

    policy: Policy
    warnings: list[Problem]
    file: str
    origin_of: Callable[[DataPath], Origin]

    def place_of(self, path: DataPath) -> tuple[str, int]:
        """The file, and the line in it, counted from 1, of what a path leads to."""
        return self.origin_of(path).place

    def line_of(self, path: DataPath) -> int:
        """The line, counted from 1, of what a path leads to, in the file that has it."""
        return self.place_of(path)[1]

    def shown_place(self, path: DataPath) -> str:
        """Where something stands, in words: its line, with the file where that is a base's."""
        file, line = self.place_of(path)
        return f"line {line}" if file == self.file else f"{file}:{line}"


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
    return PolicyDocument(policy, found, name, problems.origin)


def _read(source: PolicyText, *, advise: bool) -> tuple[Policy | None, Problems]:
    text = decode(source.data)
    root, nodes = compose(text)
    if root is None or (root.tag == PLAIN and not root.value):
        raise BadFileError(EMPTY, Check.EMPTY_POLICY)
    problems = Problems(source.name, root, text)
    try:
        with together():
            own = _layer(root, problems)
            whole = _whole(own, source, nodes)
            policy = _checked(whole, problems, advise=advise)
            if advise and whole.complete:
                _advise(whole.data, problems)
                if policy and not problems.has_errors:
                    advise_payloads(policy.channels, problems)
                _check_lock(source, whole, problems)
            return policy, problems
    except TooManyError:
        return None, problems


def _layer(root: Node, problems: Problems) -> Layer:
    """One file's data, as they are written and as they were meant. Raises BadFileError."""
    given = Plain(problems.at_node).policy(root)
    data = Mender(problems).policy(given)
    for path in empty(data):
        comment = " (a # begins a comment: put the value in quotes)" if problems.ends_in_comment(path) else ""
        problems.add(Wrong(Check.EMPTY_VALUE, f"{holder(path)} has no value{comment}", path, at_key=True))
    return Layer(given, data, problems)


def _whole(own: Layer, source: PolicyText, nodes: int) -> Whole:
    """The policy with its bases."""
    if not own.data.keys() & set(SHARING):
        return Whole([own], own.data, lambda _: source.files)
    from tocsin.policy.bases import with_bases  # few policies have one

    return with_bases(own, source, _layer, nodes)


def data_of(source: PolicyText) -> dict[str, Any]:
    """A policy's data with those of its bases, whatever is wrong in them; none where it cannot be read."""
    try:
        text = decode(source.data)
        root, nodes = compose(text)
        return {} if root is None else _whole(_layer(root, Problems(source.name, root, text)), source, nodes).data
    except (BadFileError, TooManyError, PolicyError):
        return {}


def _checked(whole: Whole, problems: Problems, *, advise: bool) -> Policy | None:
    structure = Structure(whole.data, problems)
    policy = structure.policy(check_channels(structure.channels(), problems, whole.files))
    if whole.complete:  # else a name that is not known may be one of the base that is not
        _check_meaning(Meaning(whole.data, problems), advise=advise)
    check_context(whole.data.get("context"), problems)
    check_messages(whole.data, problems)
    for layer in whole.layers:
        check_literals(layer.given, layer.problems)
    for layer in whole.layers if problems.has_errors else ():  # what is not where it belongs is looked at by nothing else
        check_secret_keys(layer.given, layer.problems)
    return policy


def _check_meaning(meaning: Meaning, *, advise: bool) -> None:
    meaning.check()
    if any(traits.fallback for traits in meaning.channels.values()):
        from tocsin.policy.fallback_checks import check_fallbacks  # few policies have one

        check_fallbacks(meaning)
    if "mute" in meaning.data:
        from tocsin.policy.mute_checks import check_mutes

        check_mutes(meaning, advise=advise)
    if "people" in meaning.data or any("mention" in rule for _, rule in rules_of(meaning.data)):
        from tocsin.policy.people_checks import check_people

        check_people(meaning.data, meaning.problems)


def _advise(plain: dict[str, Any], problems: Problems) -> None:
    from tocsin.policy.never import check_never  # a run that sends has no use for it

    check_never(Meaning(plain, problems))


def _check_lock(source: PolicyText, whole: Whole, problems: Problems) -> None:
    if source.files is not None:
        from tocsin.policy.bases import check_lock

        check_lock(source, whole, problems)


def _error(file: str, problems: list[Problem]) -> PolicyError:
    count = sum(item.severity == "error" for item in problems)
    return PolicyError(f"the policy {file} is invalid: {counted(count, 'error')}", problems)


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
