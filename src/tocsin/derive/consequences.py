"""What follows from the facts of a run: the status's word, event and transition, kind, title, the end of the run."""

from __future__ import annotations

from typing import Any

from tocsin.ci.common import SHORT_SHA_CHARS, comparison, first_line
from tocsin.ci.status import known
from tocsin.ci.status import status as status_word
from tocsin.errors import ContextError
from tocsin.event import Fact, Facts, Person, Rank, as_dict
from tocsin.named_tuple import NamedTuple

WAITING = "waiting"  # the status of what has not ended: a person must approve or start it
_TRANSITIONS = {"success": ("fixed",), "failure": ("broken", "still_failing")}


class Moment(NamedTuple):
    """At which hook an event is derived, and when: `now` is ISO 8601 in UTC. `has_start`: whether there is a start to tell of."""

    hook: str
    now: str
    has_start: bool = True


def require_status(facts: Facts, hook: str) -> None:
    """Bring the status to one of the known words. Raises ContextError where a completion has none, or none that is known.

    A start has no status, but it may have to wait for a person.
    """
    status = facts.get("status")
    if hook == "trigger":
        if status and known(str(status.value)) == WAITING:
            facts["status"] = status._replace(value=WAITING)
        else:
            facts.pop("status", None)
        return
    if not status or not str(status.value).strip():
        raise ContextError(
            "no status is known for the completion, because this CI does not say it: "
            "pass --status success, failure, cancelled, unstable, waiting or skipped, or set TOCSIN_STATUS"
        )
    facts["status"] = status._replace(value=status_word(status.value))


def conclude(said: Facts, moment: Moment) -> Facts:
    """The facts with all that follows from them; what was said of these decides, where it can be so."""
    facts = {name: fact for name, fact in said.items() if fact.value is not None}  # None: said to be nothing
    told = facts.pop("transition", None)
    follows = {"hook": _guess(moment.hook, "command"), **_outcome(facts, told, moment)}
    facts.setdefault("scope", _guess("job", "default"))
    if "status" in facts and facts["status"].value != WAITING:
        facts.setdefault("run.finished_at", _guess(moment.now, "clock"))
    if "kind" not in facts:
        follows["kind"] = _kind(facts)
    if "commit.sha" in facts:
        follows["commit.short_sha"] = facts["commit.sha"]._replace(value=facts["commit.sha"].value[:SHORT_SHA_CHARS])
    if "commit.message" in facts:
        facts.setdefault("commit.title", facts["commit.message"]._replace(value=first_line(facts["commit.message"].value)))
    guessed = {**_of_change(facts), **_compared(facts, follows)}
    facts |= {name: fact for name, fact in guessed.items() if name not in facts} | follows
    return {name: fact for name, fact in facts.items() if fact.value not in (None, "")}


def _guess(value: str, source: str) -> Fact:
    return Fact(value, source, Rank.GUESS)


def _kind(facts: Facts) -> Fact:
    environment = facts.get("environment")
    return _guess("cd", environment.source) if environment else _guess("ci", "no environment is known")


def _outcome(facts: Facts, told: Fact | None, moment: Moment) -> Facts:
    """The event and its transition: of a trigger that, of a completion its status; a skipped run is no event, nor one that only waits."""
    if moment.hook == "trigger" and "status" not in facts:
        return {"event": _guess("trigger", "command")} if moment.has_start else {}
    status = facts["status"]
    follows = {} if status.value == "skipped" else {"event": status}
    transition = _transition(_value(facts, "run.previous_status"), status.value)
    if told and told.value in _TRANSITIONS.get(status.value, ()):
        follows["transition"] = told
    elif transition:
        follows["transition"] = facts["run.previous_status"]._replace(value=transition)
    return follows


def _of_change(facts: Facts) -> Facts:
    """The title and the author of the commit, where it is one of the changes: Jenkins says them nowhere else."""
    changes = _value(facts, "changes") or ()
    change: dict[str, Any] = next((item for item in map(as_dict, changes) if item.get("sha") == _value(facts, "commit.sha")), {})
    author = change.get("author") or {}
    told = {"commit.title": change.get("title"), **{f"commit.author.{key}": author.get(key) for key in Person._fields}}
    return {name: facts["changes"]._replace(value=value) for name, value in told.items() if value}


def _compared(facts: Facts, follows: Facts) -> Facts:
    """Where the commit that broke it is compared with the last good one."""
    if _value(follows, "transition") != "broken":
        return {}
    page = comparison(_value(facts, "commit.url"), _value(facts, "run.last_success.commit"))
    return {"compare_url": facts["run.last_success.commit"]._replace(value=page)} if page else {}


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
