"""`tocsin rules`: the policy's rules, listed, added, modified, deleted and copied, one or many at once."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands import policy_change
from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_policy
from tocsin.commands.policy_held import policy_held
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.editing.rule_changes import RuleChanges
    from tocsin.editing.rule_edits import RuleEdit
    from tocsin.explanation.rule_words import Condition
    from tocsin.world import World

HELP = "list, add, modify, delete or copy rules"
USAGE = "ACTION [FLAGS]"
DESCRIPTION = """\
List the rules of the policy, or change them in its file. Every byte that the
change is not about stays; what would make the policy invalid is not written."""
EXAMPLES = """\
tocsin rules list --where environment=production
tocsin rules add --name broken --on failure --send-to team,dev@example.com
tocsin rules modify broken --add-on fixed --add-recipient ops
tocsin rules modify --where send_to=old --remove-recipient old --diff
tocsin rules copy broken --name "broken nightly"
tocsin rules delete broken --yes
"""
CHOICE = "a rule's name, or #2 for the second"
_CHANGES = ("on", "add_on", "remove_on", "send_to", "add_recipient", "remove_recipient", "set", "unset", "rename", "mention", "no_mention")


def add_flags(command: Parser) -> None:
    """The five actions."""
    command.add_commands(
        "actions",
        "ACTION",
        {
            "list": ("what the rules say, and where they stand", "tocsin rules list [NAME ...] [FLAGS]"),
            "add": ("add a rule at the end", "tocsin rules add --on EVENTS --send-to RECIPIENTS [FLAGS]"),
            "modify": ("change what is named of one or many rules", "tocsin rules modify [NAME ...] [FLAGS]"),
            "delete": ("delete one or many rules", "tocsin rules delete [NAME ...] [FLAGS]"),
            "copy": ("copy a rule", "tocsin rules copy NAME --name NEW [FLAGS]"),
        },
    )
    listing, adding, modifying, deleting, copying = command.commands.values()
    _add_choice(listing, every=False)
    listing.add_argument("--csv", action="store_true", help="print the list as CSV")
    _add_adding(adding)
    _add_choice(modifying)
    _add_modifying(modifying)
    _add_choice(deleting)
    deleting.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal")
    copying.add_argument("name", metavar="NAME", help=CHOICE)
    copying.add_argument("--name", dest="new_name", metavar="NEW", required=True, help="the copy's name")
    for action in (adding, modifying, deleting, copying):
        action.add_argument("--diff", action="store_true", help="show the change, and write nothing")
    for action in command.commands.values():
        action.description = f"{action.summary.capitalize()}."
        action.add_argument("--json", action="store_true", help="print the answer as JSON")
        add_policy(action)


def _add_choice(action: Parser, *, every: bool = True) -> None:
    action.add_argument("names", nargs="*", metavar="NAME", help=CHOICE)
    text = "choose by name, on, send_to or a selector's key; of VALUE,VALUE one must stand there; may be repeated: all must hold"
    action.add_argument("--where", metavar="KEY=VALUE", action="append", default=[], help=text)
    if every:
        action.add_argument("--all", action="store_true", help="all rules")


def _add_adding(action: Parser) -> None:
    action.add_argument("--name", metavar="NAME", help="the rule's name")
    action.add_argument("--on", metavar="EVENTS", action="append", required=True, help="such as failure, or trigger,success")
    action.add_argument("--send-to", metavar="WHO", action="append", required=True, help="channels' names and addresses")
    action.add_argument("--where", metavar="KEY=VALUE", action="append", default=[], help="a key of the rule's pipelines")
    action.add_argument("--mention", metavar="WHO", action="append", help="people of the policy, author, authors, triggered_by, …")
    _add_via(action)


def _add_modifying(action: Parser) -> None:
    for flag, metavar, text in (
        ("--on", "EVENTS", "the events, instead of those that are there"),
        ("--add-on", "EVENTS", "events besides"),
        ("--remove-on", "EVENTS", "events no longer"),
        ("--send-to", "WHO", "channels' names and addresses, instead of those that are there"),
        ("--add-recipient", "WHO", "recipients besides"),
        ("--remove-recipient", "WHO", "recipients no longer"),
        ("--set", "KEY=VALUE", "a key in each selector of the rule's pipelines"),
        ("--unset", "KEY", "take a key out of each selector"),
        ("--mention", "WHO", "whom the messages mention, instead of those that are there"),
    ):
        action.add_argument(flag, metavar=metavar, action="append", help=text)
    action.add_argument("--no-mention", action="store_true", default=None, help="mention nobody")
    _add_via(action)
    action.add_argument("--rename", metavar="NAME", help="another name")


def _add_via(action: Parser) -> None:
    action.add_argument("--via", metavar="CHANNEL", help="the email channel for the addresses of this command")


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """List, or change."""
    if words.action == "list":
        return _list(words, world, console)
    changes = {"add": _add, "modify": _modify, "delete": _delete, "copy": _copy}[words.action](words, world)
    if not policy_change.is_agreed(words, world, changes.revision, "rule", [row.place.name for row in changes.rows]):
        console.talk("nothing was deleted")
        return 0
    return _finish(words, changes, console)


def _list(words: Namespace, world: World, console: Console) -> int:
    from tocsin import report
    from tocsin.explanation import rule_words
    from tocsin.explanation.places import rule_places
    from tocsin.explanation.rule_choice import choose
    from tocsin.explanation.rule_list import rule_data, rule_table, rules_csv

    if words.json and words.csv:
        raise UsageError("--json and --csv exclude each other")
    conditions = rule_words.conditions("--where", words.where)
    document = policy_held(world, words.policy, console)
    places = choose(rule_places(document), words.names, conditions)
    if words.json:
        console.data([rule_data(place, document.file) for place in places])
    elif words.csv:
        console.script(rules_csv(places))
    else:
        console.table(rule_table(places) + ([] if places else [("none", "the policy has no rules")]), header=True)
    return report.OK


def _chosen(words: Namespace) -> tuple[list[str], list[Condition]]:
    """The names and the conditions. Raises UsageError where there are none and not all rules are meant."""
    from tocsin.explanation import rule_words

    chosen = words.names, rule_words.conditions("--where", words.where)
    if any(chosen) == words.all:
        what = "NAME or --where, and --all, exclude each other" if words.all else "name the rules, or choose them with --where, or --all"
        raise UsageError(f"{what}; see {words.parser.prog} --help")
    return chosen


def _add(words: Namespace, world: World) -> RuleChanges:
    from tocsin.editing.rule_changes import add_rule
    from tocsin.editing.rule_edits import new_rule
    from tocsin.explanation import rule_words

    send_to = rule_words.words_of("--send-to", words.send_to)
    _require_address(words, send_to)
    where = rule_words.selector_values("--where", words.where)
    mention = rule_words.words_of("--mention", words.mention or ())
    rule = new_rule(words.name, rule_words.events("--on", words.on), where, send_to, words.via, mention)
    return add_rule(world, words.policy, rule)


def _modify(words: Namespace, world: World) -> RuleChanges:
    from tocsin.editing.rule_changes import modify_rules

    return modify_rules(world, words.policy, *_chosen(words), _rule_edit(words))


def _rule_edit(words: Namespace) -> RuleEdit:
    from tocsin.editing.rule_edits import RuleEdit
    from tocsin.explanation import rule_words

    if all(getattr(words, name) is None for name in _CHANGES):
        raise UsageError(f"nothing is to change: say what, such as --add-on fixed; see {words.parser.prog} --help")
    if words.mention and words.no_mention:
        raise UsageError("--mention and --no-mention exclude each other")
    send_to = rule_words.words_of("--send-to", words.send_to or ())
    added = rule_words.words_of("--add-recipient", words.add_recipient or ())
    removed = rule_words.words_of("--remove-recipient", words.remove_recipient or ())
    _require_address(words, [*send_to, *added, *removed])
    return RuleEdit(
        on=rule_words.events("--on", words.on or ()),
        add_on=rule_words.events("--add-on", words.add_on or ()),
        remove_on=rule_words.events("--remove-on", words.remove_on or ()),
        send_to=send_to,
        add_recipients=added,
        remove_recipients=removed,
        via=words.via,
        set=rule_words.selector_values("--set", words.set or ()),
        unset=rule_words.selector_keys("--unset", words.unset or ()),
        rename=words.rename,
        mention=rule_words.words_of("--mention", words.mention or ()),
        no_mention=bool(words.no_mention),
    )


def _delete(words: Namespace, world: World) -> RuleChanges:
    from tocsin.editing.rule_changes import delete_rules

    chosen = _chosen(words)
    policy_change.require_answerable(words, world)
    return delete_rules(world, words.policy, *chosen)


def _copy(words: Namespace, world: World) -> RuleChanges:
    from tocsin.editing.rule_changes import copy_rule

    return copy_rule(world, words.policy, words.name, words.new_name)


def _require_address(words: Namespace, recipients: list[str]) -> None:
    if words.via and not any("@" in text for text in recipients):
        raise UsageError("--via is for addresses, and none is named beside it")


def _finish(words: Namespace, changes: RuleChanges, console: Console) -> int:
    from tocsin.explanation.rule_list import rule_data

    own = changes.revision.document.file
    for place in changes.elsewhere:
        console.talk(f"rule {place.name} stands in {place.file}:{place.line} and stays as it is: change it in that file")
    rows = ({"change": row.done, **rule_data(row.place, own)} for row in changes.rows)
    return policy_change.finish(words, console, changes.revision, "rule", rows, map(str, changes.rows))
