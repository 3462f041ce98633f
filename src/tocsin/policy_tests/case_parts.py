"""One case of a test file: its name, its event, who must be told."""

from __future__ import annotations

import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin.channels import KINDS
from tocsin.checks import Check
from tocsin.derive.facts_file import FACTS_MAX_BYTES
from tocsin.derive.recorded import recorded_run
from tocsin.errors import ContextError
from tocsin.event import Event
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, Node, start
from tocsin.policy.plain import Members, Plain, members
from tocsin.policy.words import Suggestions, quoted
from tocsin.policy_tests.cases import Case, RecipientKey, recipient_key
from tocsin.policy_tests.event_fields import EventReader
from tocsin.policy_tests.keys import CASE_KEYS, Report, known_keys
from tocsin.request import Request

if TYPE_CHECKING:
    from tocsin.policy.load import PolicyDocument
    from tocsin.world import World

_NOBODY = ("nobody", "none", "null", "~", "no one", "no_one", "nothing")  # what people write for an empty list


class Around(NamedTuple):
    """What cases are read with: the policy (None where it is invalid itself), and the folder from which their files are counted."""

    document: PolicyDocument | None
    world: World
    folder: Path


class CaseParts:
    """Reads the cases of one file; `report` gets each node that is wrong."""

    def __init__(self, file: str, report: Report, suggest: Suggestions, around: Around) -> None:
        self.file, self.report, self.suggest, self.around = file, report, suggest, around
        policy = around.document.policy if around.document else None
        self._channels = policy.channels if policy else None
        rules = enumerate(policy.notifications, 1) if policy else ()
        self._rule_names = {rule.name or f"#{number}": None for number, rule in rules}
        self._first: dict[str, Node] = {}

    def case(self, node: Node, number: int) -> Case | None:
        """A case, None where something is wrong with it. Raises BadFileError."""
        if node.tag != MAPPING:
            self.report(node, Check.WRONG_TYPE, f"case #{number} must be a mapping with 'name', 'event' and 'told'")
            return None
        raw = members(node, self.report)
        name = str(raw["name"][1].value) if "name" in raw and raw["name"][1].tag in (PLAIN, QUOTED) else ""
        where = f"case {quoted(name)}" if name else f"case #{number}"
        given = known_keys(raw, CASE_KEYS, f"in {where}", self.report)
        self._name(given, node, number)
        event = self._event(given, node, where)
        told = self._told(given, node, where)
        rules = self._rules(given, where)
        return Case(name, self.file, start(node), event, told, rules) if name and event and told is not None else None

    def _refuse_tag(self, node: Node) -> None:
        """Raise BadFileError for a value with a YAML tag."""
        if node.tag not in (PLAIN, QUOTED, SEQUENCE, MAPPING):
            Plain(self.report).text(node)

    def _missing(self, node: Node, key: str, where: str, why: str = "") -> None:
        self.report(node, Check.MISSING_KEY, f"{quoted(key)} is missing in {where}{why}")

    def _name(self, given: Members, node: Node, number: int) -> None:
        if "name" not in given:
            self._missing(node, "name", f"case #{number}")
            return
        value = given["name"][1]
        self._refuse_tag(value)
        if value.tag not in (PLAIN, QUOTED) or not value.value.strip():
            self.report(value, Check.WRONG_TYPE, f"'name' in case #{number} must be text, with a character in it")
        elif value.value in self._first:
            line = start(self._first[value.value])[0]
            words = f"case #{number} has the name {quoted(value.value)} of the case on line {line}"
            self.report(value, Check.DUPLICATE_KEY, words)
        else:
            self._first[value.value] = value

    def _event(self, given: Members, node: Node, where: str) -> Callable[[str], Event] | None:
        if "event" in given and "event_file" in given:
            words = f"{where} has both 'event' and 'event_file': keep one of them"
            self.report(given["event_file"][0], Check.INVALID_VALUE, words)
        elif "event_file" in given:
            return self._recorded(*given["event_file"], where)
        elif "event" not in given:
            self._missing(node, "event", where, " (the event's fields, such as {status: failure, branch: main}; or 'event_file')")
        else:
            said = EventReader(self.report, self.suggest, where).read(*given["event"])
            return partial(said.event, document=self.around.document) if said else None
        return None

    def _recorded(self, key: Node, node: Node, where: str) -> Callable[[str], Event] | None:
        """A recorded run, told anew by the policy."""
        path = str(node.value) if node.tag in (PLAIN, QUOTED) else ""
        subject = f"'event_file' in {where}"
        try:
            problem = self._why_no_record(path)
            if problem:
                self.report(node if path else key, Check.INVALID_VALUE, f"{subject} {problem}")
                return None
            world = self.around.world._replace(folder=self.around.folder, read_stdin=None)
            run = recorded_run(world, path, subject)
        except ContextError as error:
            self.report(node, Check.INVALID_VALUE, str(error))
            return None
        return partial(run.event, request=Request(hook=""), document=self.around.document)

    def _why_no_record(self, path: str) -> str:
        """Why a path cannot be that of a recorded run; "" where it can."""
        if not path:
            return "must be the path of a file, from this file's folder"
        try:
            found = (self.around.folder / path).stat()
        except (OSError, ValueError):  # ValueError: a NUL in the path
            return f"names no file: there is no {quoted(path)} (the path is counted from this file's folder)"
        if not stat.S_ISREG(found.st_mode):
            return f"must be a file: {quoted(path)} is none"
        return f"is too large: {quoted(path)} has more than {FACTS_MAX_BYTES:,} bytes" if found.st_size > FACTS_MAX_BYTES else ""

    def _texts(self, given: Members, key: str, where: str, of: str) -> list[tuple[str, Node]]:
        """The texts of a list, for which one may stand."""
        key_node, node = given[key]
        nodes = node.value if node.tag == SEQUENCE else [node]
        found = []
        for item in nodes:
            self._refuse_tag(item)
            if item.tag in (PLAIN, QUOTED) and item.value:
                found.append((str(item.value), item))
            elif item.tag in (PLAIN, QUOTED):
                place = item if item.tag == QUOTED else key_node  # where nothing stands, the parsers do not agree on the place
                self.report(place, Check.EMPTY_VALUE, f"{quoted(key)} in {where} has no value: write a list of {of}, [] for none")
            else:
                self.report(item, Check.WRONG_TYPE, f"{quoted(key)} in {where} must be a list of {of}, each as text")
        return found

    def _told(self, given: Members, node: Node, where: str) -> dict[RecipientKey, str] | None:
        if "told" not in given:
            self._missing(node, "told", where, " (channels by name and email addresses; [] is nobody)")
            return None
        found = self._texts(given, "told", where, "channels by name and email addresses")
        for name, item in found:
            if self._channels is not None and "@" not in name:
                self._channel(name, item, where)
        return {recipient_key(name): name for name, _ in found}

    def _channel(self, name: str, node: Node, where: str) -> None:
        channels = self._channels or {}
        if name not in channels:
            nobody = " (nobody is written [])" if name.casefold() in _NOBODY else ""
            hint = nobody or self.suggest(name, channels, listed="the policy has")
            self.report(node, Check.UNKNOWN_CHANNEL, f"unknown channel {quoted(name)} in 'told' of {where}{hint}")
        elif KINDS[channels[name].kind].addressed:
            words = f"channel {quoted(name)} in 'told' of {where} is an email channel: write the addresses that are told"
            self.report(node, Check.MISSING_ADDRESS, words)

    def _rules(self, given: Members, where: str) -> frozenset[str] | None:
        if "rules" not in given:
            return None
        found = self._texts(given, "rules", where, "rules by name")
        for name, item in found:
            if self._channels is not None and name not in self._rule_names:
                hint = self.suggest(name, self._rule_names, listed="the policy has")
                self.report(item, Check.UNKNOWN_WORD, f"unknown rule {quoted(name)} in {where}{hint}")
        return frozenset(name for name, _ in found)
