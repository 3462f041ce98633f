"""Rules added, modified, deleted and copied in a policy's file: what becomes of the file, and what was done to which rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from tocsin.editing.policy_edit import open_policy, put
from tocsin.editing.rule_edits import KEYS
from tocsin.errors import PolicyError, UsageError
from tocsin.explanation.places import RulePlace, rule_places
from tocsin.explanation.rule_choice import choose
from tocsin.explanation.rule_list import pipelines_text, recipients_text
from tocsin.policy.words import quoted

if TYPE_CHECKING:
    from tocsin.editing.data import Data
    from tocsin.editing.policy_edit import PolicyEdit, Revision
    from tocsin.editing.rule_edits import RuleEdit
    from tocsin.explanation.rule_words import Condition
    from tocsin.policy.model import Notification
    from tocsin.world import World


class RuleChange(NamedTuple):
    """What was done to a rule: a word, the rule as it is then (as it was where it is deleted), and what is other than before."""

    done: str
    place: RulePlace
    what: str = ""

    def __str__(self) -> str:
        """On one line."""
        where = f"{self.place.file}:{self.place.line}"
        return f"{self.done} rule {quoted(self.place.name)} ({where}){f': {self.what}' if self.what else ''}"


class RuleChanges(NamedTuple):
    """A change of the file that is not yet written, and what it does to each rule."""

    revision: Revision
    rows: list[RuleChange]
    elsewhere: list[RulePlace]  # chosen, but in another file


class RulesEdit:
    """The rules of a policy's own file, as they are, and as plain data to be changed."""

    def __init__(self, world: World, named: str | None) -> None:
        self.edit: PolicyEdit = open_policy(world, named)
        self.document = self.edit.load(self.edit.file.data)
        self.places = rule_places(self.document)
        self.rules: list[Data] = self.edit.listed("notifications")

    def chosen(self, names: Sequence[str], conditions: Sequence[Condition]) -> tuple[list[RulePlace], list[RulePlace]]:
        """The rules of this file that are chosen, and those of others.

        Raises PolicyError where nothing is chosen, where one is named that stands elsewhere, and where all stand there.
        """
        found = choose(self.places, names, conditions)
        own = [place for place in found if not place.of_base]
        elsewhere = [place for place in found if place.of_base]
        if elsewhere and (names or not own):
            place = elsewhere[0]
            raise PolicyError(f"rule {quoted(place.name)} stands in {place.file}:{place.line}: change it in that file")
        return own, elsewhere

    def finish(self, rows: Callable[[list[RulePlace]], list[RuleChange]], elsewhere: Sequence[RulePlace] = ()) -> RuleChanges:
        """The file with its rules as they are now; `rows` takes the places of its own rules then."""
        revision = self.edit.finish()
        after = [place for place in rule_places(revision.document) if not place.of_base]
        return RuleChanges(revision, rows(sorted(after, key=attrgetter("own_index"))), list(elsewhere))


def add_rule(world: World, named: str | None, rule: Data) -> RuleChanges:
    """Add a rule at the end. Raises PolicyError, UsageError."""
    rules = RulesEdit(world, named)
    rules.rules.append(rule)
    return rules.finish(lambda after: [RuleChange("added", after[-1], _whole(after[-1].rule))])


def copy_rule(world: World, named: str | None, source: str, name: str) -> RuleChanges:
    """Copy a rule, with the comment above it, to right behind it. Raises PolicyError, UsageError."""
    rules = RulesEdit(world, named)
    (place,), _ = rules.chosen([source], [])
    index = place.own_index
    made = rules.edit.copy(rules.rules[index])
    put(made, "name", name, KEYS)
    rules.rules.insert(index + 1, made)
    return rules.finish(lambda after: [RuleChange("added", after[index + 1], f"a copy of {quoted(place.name)}")])


def delete_rules(world: World, named: str | None, names: Sequence[str], conditions: Sequence[Condition]) -> RuleChanges:
    """Delete rules, each with the comment right above it. Raises PolicyError, UsageError."""
    rules = RulesEdit(world, named)
    own, elsewhere = rules.chosen(names, conditions)
    gone = {place.own_index for place in own}
    rules.rules[:] = [rule for index, rule in enumerate(rules.rules) if index not in gone]
    return rules.finish(lambda _: [RuleChange("deleted", place, _whole(place.rule)) for place in own], elsewhere)


def modify_rules(world: World, named: str | None, names: Sequence[str], conditions: Sequence[Condition], change: RuleEdit) -> RuleChanges:
    """Change the rules that are chosen. Raises PolicyError, UsageError."""
    rules = RulesEdit(world, named)
    own, elsewhere = rules.chosen(names, conditions)
    if change.rename is not None and len(own) > 1:
        raise UsageError(f"--rename: {len(own)} rules are chosen, and no two have the same name: choose one")
    for place in own:
        change.apply(rules.rules[place.own_index], place.name)
    return rules.finish(lambda after: [_modified(place, after[place.own_index]) for place in own], elsewhere)


def _modified(before: RulePlace, after: RulePlace) -> RuleChange:
    old, new = _parts(before.rule), _parts(after.rule)
    what = "; ".join(f"{key} {text} (was {old[key]})" for key, text in new.items() if text != old[key])
    return RuleChange("modified", after, what) if what else RuleChange("unchanged", after)


def _parts(rule: Notification) -> dict[str, str]:
    return {
        "name": quoted(rule.name) if rule.name else "none",
        "on": ", ".join(rule.on),
        "pipelines": pipelines_text(rule),
        "send_to": recipients_text(rule),
        "mention": ", ".join(rule.mention) or "nobody",
    }


def _whole(rule: Notification) -> str:
    return "; ".join(f"{key} {text}" for key, text in _parts(rule).items() if key != "name" and (key != "mention" or rule.mention))
