"""The `event` of a case: the event's fields, nested or dotted, and the short words that people say for them.

    event: failure
    event: {status: failure, app: checkout, branch: main}
    event: {hook: completion, status: success, ref.type: tag, ref.name: v1.2.0, pull_request: {target_branch: main}}

It is completed as `--facts` is, and by what one word of it says of others: a branch that it is the ref, `fixed` how the run ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.checks import Check
from tocsin.ci import CIS
from tocsin.ci.run import Run
from tocsin.ci.status import status as status_word
from tocsin.derive import derive
from tocsin.derive.facts_file import facts_of, type_of
from tocsin.errors import ContextError
from tocsin.event import LISTS, RECORDS, Event, Fact, Facts, Rank, dotted
from tocsin.explanation.question import EVENTS, event_facts
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, Node, start
from tocsin.policy.plain import NULLS, Plain, members
from tocsin.policy.words import Suggestions, quoted
from tocsin.request import Request
from tocsin.terms import TERMS, spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.policy.load import PolicyDocument
    from tocsin.policy_tests.keys import Report

SOURCE = "the test"  # in words for the user
HOOKS = ("trigger", "completion")
FIELDS = frozenset(name for name, _ in dotted(Event()))
_WORDS: Mapping[str, tuple[str, ...]] = {"hook": HOOKS, "event": tuple(EVENTS), "ci": tuple(CIS)}
_NAMES = tuple(sorted({*TERMS, *FIELDS, *RECORDS, *LISTS, *_WORDS}))
_FOLLOW = ("sources", "commit.short_sha")  # from others: what `context --json` prints can be pasted
_PULL_REQUEST = tuple(name for name in FIELDS if name.startswith("pull_request."))


_ONE_REF = "a run is of a branch, of a tag or of a pull request, which has source_branch and target_branch"


class SaidRun(NamedTuple):
    """A run as a case says it."""

    hook: str
    facts: Facts
    ci: str = "generic"

    def event(self, now: str, document: PolicyDocument | None) -> Event:
        """The event, with the policy's context; nothing else is asked. `now` is ISO 8601 in UTC. Raises ContextError."""
        facts = {**self.facts, "ci": Fact(self.ci, SOURCE, Rank.FACTS)}
        return derive(Run(self.ci, {}, untrusted=None), Request(self.hook, facts=facts), {}, now, document)


class EventReader:
    """Reads one case's event; `report` gets each node that is wrong, `where` are the words that say whose event it is."""

    def __init__(self, report: Report, suggest: Suggestions, where: str) -> None:
        self.report, self.suggest, self.where = report, suggest, where
        self._facts: dict[str, tuple[Fact, Node]] = {}
        self._words: dict[str, tuple[str, Node]] = {}
        self._short_ref: Node | None = None  # a branch or a tag in one word, which says what the ref is
        self._wrong = False

    def read(self, key: Node, node: Node) -> SaidRun | None:
        """The run in the value of the key `event`, None where something is wrong with it. Raises BadFileError."""
        if node.tag in (PLAIN, QUOTED) and self._data(node, "event") is None:
            self._refuse(key, Check.EMPTY_VALUE, f"'event' in {self.where} has no value: write the event's fields, or its word")
        elif node.tag in (PLAIN, QUOTED):
            self._word("event", node)
        elif node.tag == MAPPING:
            for leaf in self._leaves(node):
                self._leaf(*leaf)
        else:
            self._refuse(node, Check.WRONG_TYPE, f"'event' in {self.where} must be a mapping of the event's fields, or an event's word")
        hook = None if self._wrong else self._completed(node)
        if hook is None or self._wrong:
            return None
        return SaidRun(hook, {name: fact for name, (fact, _) in self._facts.items()}, self._words.get("ci", ("generic", node))[0])

    def _refuse(self, node: Node, check: Check, message: str) -> None:
        self._wrong = True
        self.report(node, check, message)

    def _leaves(self, node: Node, prefix: str = "") -> Iterator[tuple[str, Node, Node]]:
        for key, (key_node, value) in members(node, self._refuse).items():
            name = f"{prefix}{key}"
            if name in RECORDS and value.tag == MAPPING:
                yield from self._leaves(value, f"{name}.")
            elif name not in _FOLLOW:
                yield name, key_node, value

    def _leaf(self, name: str, key: Node, value: Node) -> None:
        if name in _WORDS:
            self._word(name, value)
            return
        known = name in FIELDS or name in LISTS or name in TERMS or name in RECORDS
        if not known:
            hint = self.suggest(name, _NAMES) or "; `tocsin context --json` shows the fields"
            self._refuse(key, Check.UNKNOWN_KEY, f"unknown field {quoted(name)} in {self.where}{hint}")
            return
        data = self._data(value, name)
        if data is not None:
            self._say(name, data, value)

    def _data(self, node: Node, name: str) -> Any:
        """What a node holds, as JSON would have it: None is absent."""
        if node.tag == PLAIN and node.value in NULLS:
            return None
        if node.tag == SEQUENCE:
            return [self._data(item, "") for item in node.value]
        if node.tag == MAPPING:
            return {key: self._data(value, "") for key, (_, value) in members(node, self._refuse).items()}
        text = Plain(self.report).text(node)
        return text == "true" if name in FIELDS and type_of(name) is bool and text in ("true", "false") else text

    def _say(self, name: str, data: Any, node: Node) -> None:
        """Take in the facts in one value."""
        if isinstance(data, str) and name == "pull_request":
            name, data = "pull_request.number", data.lstrip("#!")  # as GitHub and GitLab write them
        said: dict[str, Any] = {name: data}
        if isinstance(data, str) and name in TERMS:
            said = {field: fact.value for field, fact in spread(name, Fact(data, SOURCE)).items()}
        try:
            facts = {field: fact for field, value in said.items() for field, fact in facts_of({field: value}).items()}
            if name == "status":
                facts = {name: fact._replace(value=status_word(fact.value)) for name, fact in facts.items()}
        except ContextError as error:
            self._refuse(node, Check.INVALID_VALUE, f"{self.where}: {str(error).removeprefix('--facts: ')}")
            return
        if name in ("branch", "tag"):
            self._short_ref = node
        for field, fact in facts.items():
            before = self._facts.setdefault(field, (fact._replace(source=SOURCE), node))
            if before[0].value != fact.value:
                line = start(before[1])[0]
                words = f"{self.where}: {field} is {quoted(fact.value)} here, and {quoted(before[0].value)} on line {line}"
                self._refuse(node, Check.INVALID_VALUE, f"{words}{f' ({_ONE_REF})' if field == 'ref.type' else ''}")
                return

    def _word(self, name: str, value: Node) -> None:
        """One of few words: the hook, the event, the CI."""
        data = self._data(value, name)
        if data is None:
            return
        if not isinstance(data, str) or data not in _WORDS[name]:
            hint = self.suggest(str(data), _WORDS[name], listed="known")
            check = Check.UNKNOWN_EVENT if name == "event" else Check.UNKNOWN_WORD
            self._refuse(value, check, f"unknown {name} {quoted(data or '')} in {self.where}{hint}")
            return
        self._words[name] = (data, value)

    def _completed(self, node: Node) -> str | None:
        """Complete the facts, and return the hook."""
        self._complete_ref(node)
        return self._complete_event(node)

    def _value(self, name: str) -> Any:
        return self._facts[name][0].value if name in self._facts else None

    def _follow(self, field: str, value: object, node: Node) -> None:
        if value is not None and field not in self._facts:
            self._facts[field] = (Fact(value, SOURCE, Rank.FACTS), node)

    def _complete_ref(self, node: Node) -> None:
        """What a branch, a tag or a part of a pull request says of the ref."""
        parts = next((name for name in sorted(_PULL_REQUEST) if self._value(name)), None)
        named = next((name for name in ("branch", "tag") if self._value(f"ref.{name}")), None)
        type_ = self._value("ref.type") or ("pull_request" if parts else named)
        if type_ is None:
            return
        self._follow("ref.type", type_, node)
        other = next((name for name in ("branch", "tag") if name != type_ and f"ref.{name}" in self._facts), None)
        wrong = self._facts[f"ref.{other}"][1] if other else self._short_ref if parts else None
        if wrong is not None:
            self._refuse(wrong, Check.INVALID_VALUE, f"{self.where}: {_ONE_REF}")
        if type_ == "pull_request":
            self._follow("ref.name", self._value("pull_request.source_branch"), node)
        else:
            self._follow("ref.name", self._value(f"ref.{type_}"), node)
            self._follow(f"ref.{type_}", self._value("ref.name"), node)

    def _complete_event(self, node: Node) -> str | None:
        """The hook; the event's word says status and transition, where they are not said. None where they contradict each other."""
        transition = self._value("transition")
        word, place = self._words.get("event", (transition, self._facts["transition"][1] if transition else node))
        hook, status = self._words.get("hook", (None, node))[0], self._value("status")
        if word is None:
            if hook is None and status is None:
                words = f"{self.where} does not say what happened: give 'event' ({', '.join(EVENTS)}), 'status' or 'hook'"
                self._refuse(node, Check.MISSING_KEY, words)
                return None
            if hook == "completion" and status is None:
                self._refuse(node, Check.MISSING_KEY, f"'status' is missing in {self.where}: a completion has one")
            return hook or "completion"
        said = EVENTS[word]
        waits = word == "waiting"  # a start may wait, too
        for name, wanted, got in (("hook", said.hook, hook), ("status", said.status, status)):
            if got is not None and got != wanted and not (name == "hook" and waits):
                self._refuse(place, Check.INVALID_VALUE, f"{self.where}: the event {word} does not go with the {name} {quoted(got)}")
        if transition and EVENTS[transition].status != said.status:
            self._refuse(place, Check.INVALID_VALUE, f"{self.where}: the event {word} does not go with the transition {transition}")
        self._follow("status", said.status, node)
        for field, fact in event_facts(word).items():
            self._follow(field, fact.value, node)
        if said.previous and self._value("transition") != word:
            self._refuse(place, Check.INVALID_VALUE, f"{self.where}: the event {word} does not go with the transition {transition}")
        return hook or said.hook
