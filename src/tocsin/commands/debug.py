"""What `--verbose` adds: the lines of level "debug", which say what was found, asked and decided on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.pipeline import Plan, Situation


def talk_situation(known: Situation, console: Console) -> None:
    """The CI, the policy, and each look-up at the CI's API so far."""
    console.talk(f"the CI is {known.run.ci}", "debug")
    if known.run.untrusted:
        console.talk(f"the code of this run is not trusted: {known.run.untrusted}", "debug")
    console.talk(f"the policy is {known.document.file}" if known.document else "no policy holds", "debug")
    if known.api is None:
        console.talk("no look-up: there is no token for the CI's API", "debug")
    for line in known.api.asked if known.api else ():
        console.talk(f"asked {line}", "debug")


def talk_plan(known: Situation, planned: Plan, console: Console) -> None:
    """The same, then what became of each rule and who would get what."""
    from tocsin import report
    from tocsin.policy import nearest

    talk_situation(known, console)
    for matches, name, *why in report.rule_rows(planned.rules):
        console.talk(
            f"rule {name}: {'matches' if matches == 'yes' else 'does not match'}{': ' if any(why) else ''}{' '.join(why)}", "debug"
        )
    if known.document and planned.rules and not any(rule.matches for rule in planned.rules):
        places = [known.document.shown_place(("notifications", index)) for index in range(len(planned.rules))]
        console.talk(nearest.notice(planned.rules, planned.event, places), "debug")
    for row in planned.destinations:
        console.talk(f"{row.recipient} ({row.kind}) by {', '.join(row.rules)}", "debug")
