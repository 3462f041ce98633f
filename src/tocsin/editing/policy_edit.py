"""A policy's file, to be changed as plain data: every byte that the change does not concern stays.

    edit = open_policy(world, named)
    edit.data["channels"]["team"] = {"kind": "slack"}       # dicts, lists and texts; change them in place
    del edit.data["channels"]["old"]                        # with the comment lines right above it
    rename(edit.data["channels"], "team", "room")           # the entry stays where it is
    rules = edit.listed("notifications")                    # a list, also where the file has one rule or none
    rules.append({"name": "a", "on": "failure", "send_to": "team"})
    rules.insert(1, edit.copy(rules[0]))                    # its text is a copy, too
    revision = edit.finish()                                # composed, loaded, and held against `data`
    revision.diff(); revision.write()

A dict or a list that stays must stay the same object (`rule["on"][:] = …` or `rule["on"] = …`, not a new dict for a rule): by that
it is known from a new one. Keys are written in the dict's order: `put` sets one at its place. A text that is set takes the quotes of
the old one, a list of one that gets a second value becomes `[old, new]`, and the last item leaves `[]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tocsin.editing.anchors import anchor_in_the_way
from tocsin.editing.changes import Changes
from tocsin.editing.conflict import require_merged
from tocsin.editing.data import Origins, same
from tocsin.editing.marks import Entry, Marks, Spot
from tocsin.editing.policy_file import BOM, PolicyFile, policy_file
from tocsin.editing.splices import OverlapError, Splice, apply
from tocsin.editing.style import Style
from tocsin.errors import PolicyError
from tocsin.policy.load import PolicyDocument, load, uncollected
from tocsin.policy.nodes import BadFileError, decode, root_node
from tocsin.policy.policy_text import PolicyText
from tocsin.policy.problem_places import redactor_of
from tocsin.source.places import files_of, path_in_repository

if TYPE_CHECKING:
    from tocsin.editing.data import Data
    from tocsin.world import World


class Revision(NamedTuple):
    """A change that is right and not yet written: the file, its new bytes, the policy that they are, and where the text changed."""

    file: PolicyFile
    data: bytes
    document: PolicyDocument
    marks: Marks
    splices: list[Splice]

    @property
    def is_new(self) -> bool:
        """Whether there is anything to write."""
        return self.data != self.file.data

    def diff(self) -> list[str]:
        """The change as the lines of a unified diff, without line ends. What looks like a credential is masked."""
        from tocsin.editing.difference import difference

        lines = difference(self.marks, self.splices, self.file.name)
        redact = redactor_of(["\n".join(lines)])
        return [redact(line) for line in lines]

    def write(self) -> None:
        """Write it, whole or not at all. Raises PolicyError: the file is read-only, or has changed since it was read."""
        if self.is_new:
            self.file.write(self.data)


class PolicyEdit:
    """A policy's `file`, and its `data` to be changed."""

    def __init__(self, file: PolicyFile) -> None:
        self.file = file
        try:
            text = decode(file.data)
            require_merged(text, file.name)
            with uncollected(len(text)):
                self.marks = Marks(text)
                self._origins = Origins()
                self.data: dict[str, Data] = self._origins.policy(self.marks.tree)
        except BadFileError as error:
            self.load(file.data)  # says it with its place
            raise PolicyError(f"{file.name} cannot be changed: {error}") from None

    def load(self, data: bytes) -> PolicyDocument:
        """The policy in the file's place with other bytes. Raises PolicyError."""
        return load(PolicyText(self.file.name, data, files_of(self.file.path.parent), path_in_repository(self.file.path)))

    def listed(self, name: str) -> list[Data]:
        """A key of the top level as the list that it stands for."""
        value = self.data.get(name)
        if not isinstance(value, list):
            self.data[name] = [] if value is None else [value]
        found: list[Data] = self.data[name]
        return found

    def copy(self, data: Data) -> Data:
        """A copy of an item of a list, to be put into that list: its text is a copy of the item's."""
        return self._origins.copy(data)

    def line_of(self, data: Data) -> int:
        """The line of a list or a dict in the file as it was read; 0 for a new one."""
        node = self._origins.node(data)
        return int(node.start_mark.line) + 1 if node is not None else 0

    def finish(self) -> Revision:
        """The file with its data as they are now. Raises PolicyError where that cannot be written, or is no valid policy."""
        with uncollected(len(self.marks.text)):
            text, splices = self._text()
        data = (BOM if self.file.data.startswith(BOM) else b"") + text.encode("utf-8", "surrogatepass")
        try:
            document = self.load(data)
        except PolicyError as error:
            why = f"nothing was written, for with this change {str(error)[0].lower()}{str(error)[1:]}"
            raise PolicyError(why, error.problems) from None
        return Revision(self.file, data, document, self.marks, splices)

    def _text(self) -> tuple[str, list[Splice]]:
        marks, tree = self.marks, self.marks.tree
        changes = Changes(marks, self._origins, Style(marks))
        whole = Spot(tree, tree.start_mark.index, marks.end(tree)) if tree is not None else None
        if whole:
            changes.value(Entry(whole.start, whole.end, whole, flow=True), self.data)
        if not changes.splices:
            return marks.text, []
        try:
            text = apply(marks.text, changes.splices)
            if not marks.text.endswith("\n") and text.endswith("\n"):
                text = text.rstrip("\r\n")
            said = Origins().policy(root_node(text))
        except (OverlapError, BadFileError):
            raise self._refusal(changes) from None
        if not same(said, self.data):
            raise self._refusal(changes)
        return text, changes.splices

    def _refusal(self, changes: Changes) -> PolicyError:
        """Why the text cannot say what is wanted."""
        in_the_way = anchor_in_the_way(self.marks, changes.splices)
        if in_the_way:
            return PolicyError(f"{self.file.name}:{in_the_way}")
        line = self.marks.line(min(splice.start for splice in changes.splices))
        return PolicyError(f"{self.file.name}:{line}: this cannot be changed without changing more: nothing was written; change it by hand")


def open_policy(world: World, named: str | None) -> PolicyEdit:
    """The policy's file that is named, else the one that is found, to be changed. Raises PolicyError, UsageError."""
    return PolicyEdit(policy_file(world, named))


def rename(data: dict[str, Data], old: str, new: str) -> None:
    """Give a key another name, where it stands."""
    renamed = {new if name == old else name: value for name, value in data.items()}
    data.clear()
    data.update(renamed)


def put(data: dict[str, Data], name: str, value: Data, order: Sequence[str]) -> None:
    """Set a key; a new one stands behind the last of those that come before it in `order`."""
    if name not in data:
        before = order[: order.index(name)]
        at = max((number for number, other in enumerate(data, 1) if other in before), default=0)
        items = list(data.items())
        items.insert(at, (name, value))
        data.clear()
        data.update(items)
    data[name] = value
