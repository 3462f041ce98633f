"""Where no rule matches: which came nearest, the keys that kept it from matching, and a rule that would ask for this run and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from tocsin.policy.glob import glob, is_glob
from tocsin.policy.match import selector_values
from tocsin.terms import TERMS, flag_name, variable_name
from tocsin.text import clean, clip

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.match import Mismatch, RuleMatch
    from tocsin.policy.model import Notification, Recipient

WANTED_MAX_CHARS = 80  # ours: a list of patterns in a sentence
DIFFERENCES_MAX = 4  # ours
_ALONE = ("kind", "app", "environment", "branch", "tag", "target_branch")  # what tells a run from others, where nobody says what does
_PLAIN = re.compile(r"[A-Za-z_][\w./@-]*", re.ASCII)


class Wanted(NamedTuple):
    """What a question asks for: runs by these selector keys, and whom among a rule's recipients."""

    keys: Collection[str] = ()
    recipients: Callable[[Notification], Iterable[Recipient]] = attrgetter("send_to")


ANY = Wanted()


def notice(rules: Sequence[RuleMatch], event: Event, places: Sequence[str], wanted: Wanted = ANY, which: str = "no rule matches") -> str:
    """The notice about `rules`, one or more, none of which matches; `places` say where they stand, in the same order.

    No rule is ever widened: what is proposed is a rule of its own, for this event and for no more runs and people than are `wanted`.
    """
    index = min(range(len(rules)), key=lambda index: _distance(rules[index]))
    rule = rules[index]
    kept = "; ".join(_difference(mismatch) for mismatch in rule.failed_on[:DIFFERENCES_MAX])
    step = _step(rule, event, wanted)
    near = f"the nearest is '{clean(rule.name, 80)}' ({places[index]}), but {kept}"
    return f"{which}, so nothing is sent: {near}{f' ({step})' if step else ''}"


def _distance(rule: RuleMatch) -> tuple[int, ...]:
    """How far a rule is from the run: by its keys that fail, `on` more than others, then `kind`, then what the run does not have at all."""
    keys = {mismatch.key: mismatch.got for mismatch in rule.failed_on}
    return len(keys), "on" in keys, "kind" in keys, sum(got is None for got in keys.values())


def _step(rule: RuleMatch, event: Event, wanted: Wanted) -> str:
    """What to do so that such a run is told; "" where nothing is to be done."""
    failed = [mismatch for mismatch in rule.failed_on if mismatch.key != "on"]
    own = _own_rule(rule.rule, event, wanted)
    alone = f"a rule for such runs alone: {own}" if own else ""
    for mismatch in failed:
        if _excludes(mismatch):
            return f"the rule excludes this {mismatch.key}"
    for mismatch in failed:
        missing = TERMS[mismatch.key].missing
        if (mismatch.key == "kind" and mismatch.got == "ci") or (mismatch.got is None and not missing):
            return missing or _ways(mismatch.key)
        if mismatch.got is None:
            return "; ".join(filter(None, (missing, alone)))
    return alone


def _own_rule(rule: Notification, event: Event, wanted: Wanted) -> str:
    """A rule for runs like this one alone; "" where it would take others: no selector knows a fork, and a value may be a pattern."""
    values = {key: found[0] for key, found in selector_values(event).items() if found}
    keys = {*(wanted.keys or _ALONE), *(key for selector in rule.pipelines for key in selector)}
    chosen = {key: value for key, value in values.items() if key in keys and not (key == "ref_type" and value in keys)}
    if event.pull_request.fork or any(is_glob(value) or value.startswith("!") for value in chosen.values()):
        return ""
    pipelines = ", ".join(f"{key}: {_flow(value)}" for key, value in chosen.items())
    send_to = ", ".join(map(_recipient, wanted.recipients(rule)))
    return f"{{on: {event.transition or event.event}, pipelines: {{{pipelines}}}, send_to: [{send_to}]}}"


def _recipient(recipient: Recipient) -> str:
    if recipient.channel is not None:
        return f"{{channel: {_flow(recipient.channel)}}}" if "@" in recipient.channel else _flow(recipient.channel)
    addresses = list(map(_flow, recipient.email or ()))
    return f"{{email: [{', '.join(addresses)}], via: {_flow(recipient.via)}}}" if recipient.via else ", ".join(addresses)


def _flow(text: str) -> str:
    """A text as a value inside YAML's braces."""
    return text if _PLAIN.fullmatch(text) else json.dumps(clean(text), ensure_ascii=False)


def _excludes(mismatch: Mismatch) -> bool:
    """Whether a `!` value keeps the run out, and not the want of a plain one."""
    got = mismatch.got
    return got is not None and any(pattern.startswith("!") and glob(pattern[1:], got) for pattern in mismatch.wanted)


def _difference(mismatch: Mismatch) -> str:
    wanted = clip(clean(mismatch.wanted_words), WANTED_MAX_CHARS)
    name = "the event" if mismatch.key == "on" else mismatch.key
    got = f"is {clean(mismatch.got, WANTED_MAX_CHARS)}" if mismatch.got is not None else "is not known"
    return f"{name} {got} where it wants {wanted}"


def _ways(key: str) -> str:
    """How a run gets what it does not have."""
    term = TERMS[key]
    if not term.flag:
        return f"say it with {flag_name(key)}"  # of `explain`, which alone has it
    ways = (
        f"{flag_name(key)}, {variable_name(key)}, or the policy's context" if term.setting else f"{flag_name(key)} or {variable_name(key)}"
    )
    return f"say it with {ways}"
