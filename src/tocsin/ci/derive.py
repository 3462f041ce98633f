"""Derive: the event, from the facts of a run laid over each other in the order of precedence.

Flag; TOCSIN_* variable; what the CI declares; --facts; the policy; what is guessed from names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tocsin.ci import Context
from tocsin.ci.facts import read_facts
from tocsin.ci.status import status as status_word
from tocsin.errors import ContextError, UsageError
from tocsin.event import Event, Fact, Facts, build, spread

# --app and TOCSIN_APP by the words that `spread` knows; those that only a variable gives stand after the others.
FLAGS = ("app", "project", "environment", "tier", "cluster", "kind", "pipeline", "image", "triggered_by")
VARIABLES = (*FLAGS, "branch", "tag", "commit", "commit_message", "run_id", "run_url")

_WORDS = {"kind": ("ci", "cd"), "tier": ("production", "staging", "testing", "development", "other")}


class Said(NamedTuple):
    """What was said about the run beside the CI: at which hook, with which flags and status."""

    hook: str
    status: str | None = None
    flags: Mapping[str, str] = {}
    facts: str | None = None  # the text of --facts FILE


def derive(context: Context, said: Said, env: Mapping[str, str], now: str, policy_facts: Callable[[Event], Facts]) -> Event:
    """The event of a run. `now` is ISO 8601 in UTC; `policy_facts` gets the event as known without the policy.

    Raises ContextError where there is no status at completion or the facts are unreadable, UsageError for a bad flag.
    """
    above = {**_facts_file(said.facts), **context.declared}
    above = _over(above, _variables(env))
    above = _over(above, _flags(said.flags))
    above.pop("hook", None)
    status = _status(said, env, above)
    known = _finished({**context.guessed, **above}, said.hook, status, now)
    facts = {**context.guessed, **policy_facts(build(known)), **above}
    return build(_finished(facts, said.hook, status, now))


def _variables(env: Mapping[str, str]) -> Facts:
    facts: Facts = {}
    for word in VARIABLES:
        name = f"TOCSIN_{word.upper()}"
        if env.get(name):
            facts |= _spread(word, env[name], f"env {name}", name)
    return facts


def _flags(flags: Mapping[str, str]) -> Facts:
    facts: Facts = {}
    for word, value in flags.items():
        name = f"--{word.replace('_', '-')}"
        if value:
            facts |= _spread(word, value, f"flag {name}", name)
    return facts


def _spread(word: str, value: str, source: str, name: str) -> Facts:
    if word in _WORDS and value not in _WORDS[word]:
        raise UsageError(f"{name} is {value!r}: it must be one of {', '.join(_WORDS[word])}")
    return spread(word, value, source)


def _over(below: Facts, above: Facts) -> Facts:
    """`above` laid over `below`. Another commit, or another ref, takes all that was known of the first with it."""
    dropped = tuple(
        prefix
        for prefix, field in (("commit.", "commit.sha"), ("ref.", "ref.name"))
        if field in above and field in below and above[field].value != below[field].value
    )
    return {**{name: fact for name, fact in below.items() if not (dropped and name.startswith(dropped))}, **above}


def _facts_file(text: str | None) -> Facts:
    return read_facts(text) if text is not None else {}


def _status(said: Said, env: Mapping[str, str], facts: Facts) -> Fact | None:
    """The status at completion, from the flag, the variable, or the CI; none at the trigger."""
    declared = facts.pop("status", None)
    if said.hook == "trigger":
        return None
    if said.status:
        return Fact(status_word(said.status), "flag --status")
    if env.get("TOCSIN_STATUS"):
        return Fact(status_word(env["TOCSIN_STATUS"]), "env TOCSIN_STATUS")
    if declared:
        return Fact(status_word(declared.value), declared.source)
    raise ContextError(
        "no status is known for the completion, because this CI does not say it: "
        "pass --status success, failure, cancelled, unstable or skipped, or set TOCSIN_STATUS"
    )


def _finished(facts: Facts, hook: str, status: Fact | None, now: str) -> Facts:
    """The facts with all that follows from others: kind, event, transition, short sha, title, the end of the run."""
    facts = {name: fact for name, fact in facts.items() if fact.value not in (None, "")}
    follow: Facts = {"hook": Fact(hook, "command")}
    if status:
        follow["status"] = status
        follow["event"] = Fact(status.value, status.source)
        facts.setdefault("run.finished_at", Fact(now, "clock"))
        transition = _transition(_value(facts, "run.previous_status"), status.value)
        if transition and "transition" not in facts:
            follow["transition"] = Fact(transition, facts["run.previous_status"].source)
    else:
        follow["event"] = Fact("trigger", "command")
        facts.pop("transition", None)
    if status and status.value == "skipped":
        follow.pop("event")
    if "kind" not in facts:
        environment = facts.get("environment")
        follow["kind"] = Fact("cd", environment.source) if environment else Fact("ci", "no environment is known")
    if "commit.sha" in facts:
        sha = facts["commit.sha"]
        facts["commit.short_sha"] = Fact(str(sha.value)[:8], sha.source)
    if "commit.message" in facts and "commit.title" not in facts:
        message = facts["commit.message"]
        facts["commit.title"] = Fact(str(message.value).strip().split("\n", 1)[0].strip(), message.source)
    return {**facts, **follow}


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
