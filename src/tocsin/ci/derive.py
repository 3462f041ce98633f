"""Derive: the event, from the facts of a run laid over each other in the order of precedence.

Flag; TOCSIN_* variable; what the CI declares; --facts; the policy; what is guessed from names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from tocsin.ci import Context
from tocsin.ci.common import SHORT_SHA_CHARS, first_line, valid
from tocsin.ci.facts import SOURCE as FACTS_SOURCE
from tocsin.ci.facts import read_facts
from tocsin.ci.status import status as status_word
from tocsin.errors import ContextError, UsageError
from tocsin.event import KINDS, TIERS, Event, Fact, Facts, Person, as_dict, build, spread
from tocsin.text import clean

LookUp: TypeAlias = Callable[[Event], Facts]

# --app and TOCSIN_APP by the words that `spread` knows; those that only a variable gives stand after the others.
FLAGS = ("app", "project", "environment", "tier", "cluster", "kind", "pipeline", "image", "triggered_by")
VARIABLES = (*FLAGS, "branch", "tag", "commit", "commit_message", "run_id", "run_url")

_WORDS = {"kind": KINDS, "tier": TIERS}
_TRANSITIONS = {"success": ("fixed",), "failure": ("broken", "still_failing")}

# What belongs together, and which of its fields say what it is: another commit's message is not this one's.
_IDENTITY = {
    "commit.": ("commit.sha",),
    "ref.": ("ref.type", "ref.name"),
    "image.": ("image.repository",),
    "triggered_by.": ("triggered_by.login", "triggered_by.email"),
}
_WHOLE = ("image.", "triggered_by.")  # one word says all of these


class Said(NamedTuple):
    """What was said about the run beside the CI: at which hook, with which flags and status."""

    hook: str
    status: str | None = None
    flags: Mapping[str, str] = {}
    facts: str | None = None  # the text of --facts FILE


def derive(
    context: Context, said: Said, env: Mapping[str, str], now: str, policy_facts: Callable[[Event], Facts], look_up: LookUp | None = None
) -> Event:
    """The event of a run. `now` is ISO 8601 in UTC; `policy_facts` and `look_up` get the event as known without them.

    What `look_up` finds at the CI's API ranks just above --facts, which a plug-in wrote without asking.

    Raises ContextError where there is no status at completion or the facts are unreadable, UsageError for a bad flag.
    """
    above = _over(read_facts(said.facts) if said.facts is not None else {}, context.declared)
    for spoken in (_variables(env), _flags(said.flags)):
        above = _over(above, spoken, whole=True)
    status = _status(said, env, above)
    known = _finished({**context.guessed, **above}, said.hook, status, now)
    if look_up:
        told = look_up(build(known))
        above |= {name: fact for name, fact in told.items() if name not in above or above[name].source == FACTS_SOURCE}
        known = _finished({**context.guessed, **above}, said.hook, status, now)
    facts = _over({**context.guessed, **policy_facts(build(known))}, above, whole=True)
    return build(_finished(facts, said.hook, status, now))


def _variables(env: Mapping[str, str]) -> Facts:
    return _spoken((word, env.get(f"TOCSIN_{word.upper()}", ""), "env ", f"TOCSIN_{word.upper()}") for word in VARIABLES)


def _flags(flags: Mapping[str, str]) -> Facts:
    return _spoken((word, value, "flag ", f"--{word.replace('_', '-')}") for word, value in flags.items())


def _spoken(words: Iterable[tuple[str, str, str, str]]) -> Facts:
    """The facts in words that a person gave: each with its value, its kind of source and its name there. A blank value is none."""
    facts: Facts = {}
    for word, value, kind, name in words:
        text = valid(value).strip()
        if not text:
            continue
        if word in _WORDS and text not in _WORDS[word]:
            raise UsageError(f"{name} is {clean(text, 60)!r}: it must be one of {', '.join(_WORDS[word])}")
        facts = _over(facts, spread(word, text, f"{kind}{name}"), whole=True)
    return facts


def _over(below: Facts, above: Facts, *, whole: bool = False) -> Facts:
    """`above` laid over `below`. Another commit, ref, image or person takes all that was known of the first with it.

    It is another where both say what it is and differ, or, with `whole`, where `above` says anything of it in one word.
    """
    dropped = []
    for prefix, fields in _IDENTITY.items():
        differs = any(field in above and field in below and above[field].value != below[field].value for field in fields)
        if differs or (whole and prefix in _WHOLE and any(name.startswith(prefix) for name in above)):
            dropped.append(prefix)
    return {**{name: fact for name, fact in below.items() if not name.startswith(tuple(dropped))}, **above}


def _status(said: Said, env: Mapping[str, str], facts: Facts) -> Fact | None:
    """The status at completion, from the flag, the variable, or the CI; none at the trigger."""
    declared = facts.pop("status", None)
    if said.hook == "trigger":
        return None
    spoken = (Fact(said.status, "flag --status"), Fact(env.get("TOCSIN_STATUS"), "env TOCSIN_STATUS"), declared)
    for fact in spoken:
        if fact and fact.value and fact.value.strip():
            return Fact(status_word(fact.value), fact.source)
    raise ContextError(
        "no status is known for the completion, because this CI does not say it: "
        "pass --status success, failure, cancelled, unstable or skipped, or set TOCSIN_STATUS"
    )


def _finished(facts: Facts, hook: str, status: Fact | None, now: str) -> Facts:
    """The facts with all that follows from others: kind, event, transition, short sha, title, the end of the run."""
    facts = dict(facts)
    told = facts.pop("transition", None)
    follow: Facts = {"hook": Fact(hook, "command")}
    if status:
        follow["status"] = status
        follow["event"] = Fact(status.value, status.source)
        facts.setdefault("run.finished_at", Fact(now, "clock"))
        transition = _transition(_value(facts, "run.previous_status"), status.value)
        if told and told.value in _TRANSITIONS.get(status.value, ()):
            follow["transition"] = told
        elif transition:
            follow["transition"] = Fact(transition, facts["run.previous_status"].source)
    else:
        follow["event"] = Fact("trigger", "command")
    if status and status.value == "skipped":
        follow.pop("event")
    facts.setdefault("scope", Fact("job", "default"))
    if "kind" not in facts:
        environment = facts.get("environment")
        follow["kind"] = Fact("cd", environment.source) if environment else Fact("ci", "no environment is known")
    if "commit.sha" in facts:
        sha = facts["commit.sha"]
        follow["commit.short_sha"] = Fact(sha.value[:SHORT_SHA_CHARS], sha.source)
    if "commit.message" in facts and "commit.title" not in facts:
        message = facts["commit.message"]
        follow["commit.title"] = Fact(first_line(message.value), message.source)
    facts |= {name: fact for name, fact in _of_change(facts).items() if name not in facts}
    return {name: fact for name, fact in {**facts, **follow}.items() if fact.value not in (None, "")}


def _of_change(facts: Facts) -> Facts:
    """The title and the author of the commit, where it is one of the changes: Jenkins says them nowhere else."""
    changes = _value(facts, "changes") or ()
    change: dict[str, Any] = next((item for item in map(as_dict, changes) if item.get("sha") == _value(facts, "commit.sha")), {})
    author = change.get("author") or {}
    told = {"commit.title": change.get("title"), **{f"commit.author.{key}": author.get(key) for key in Person._fields}}
    return {name: Fact(value, facts["changes"].source) for name, value in told.items() if value}


def _value(facts: Facts, name: str) -> Any:
    return facts[name].value if name in facts else None


def _transition(previous: str | None, status: str) -> str | None:
    """How success or failure relates to the previous finished run; None where that is unknown or was neither."""
    try:
        previous = status_word(previous) if previous else None
    except ContextError:
        return None
    if status == "success":
        return "fixed" if previous in ("failure", "unstable") else None
    if status == "failure":
        return "broken" if previous in ("success", "unstable") else "still_failing" if previous == "failure" else None
    return None
