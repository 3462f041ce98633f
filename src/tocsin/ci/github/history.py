"""What the runs before one say of it: whether a failure is new, since when it fails, what to compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tocsin.ci.github.earlier_runs import SHA, Ended
from tocsin.event import EarlierRun, Event


class History(NamedTuple):
    """As in `event.PipelineRun`; what is not certain is absent."""

    previous_status: str | None = None
    failed_runs: int | None = None
    failing_since: EarlierRun = EarlierRun()
    failing_until: EarlierRun = EarlierRun()
    last_success: EarlierRun = EarlierRun()

    def facts(self) -> Mapping[str, Any]:
        """By the event's dotted fields."""
        runs = {name: getattr(self, name) for name in ("failing_since", "failing_until", "last_success")}
        found = {f"run.{name}.{key}": value for name, run in runs.items() for key, value in run._asdict().items()}
        return {"run.previous_status": self.previous_status, "run.failed_runs": self.failed_runs, **found}


def history(status: str, run_id: str, before: Iterator[Ended | None]) -> History:
    """The history of a run that ended with `status`, success or failure; `before` is as `ended_before` gives it.

    A run counts once, however often it was repeated. Where the beginning of the failures is unknown, so are their number and the first.
    """
    newest = next(before, None)
    if newest is None:
        return History()
    failed = status == "failure"
    if newest.status == "success":
        return History("success", 1, last_success=newest.run) if failed else History("success")
    found = History("failure", failing_until=EarlierRun() if failed else newest.run)
    first, runs, success = newest.run, {newest.run_id, *([run_id] if failed else [])}, EarlierRun()
    for ended in before:
        if ended is None:
            return found
        if ended.status == "success":
            success = ended.run
            break
        first = ended.run
        runs.add(ended.run_id)
    return found._replace(failed_runs=len(runs), failing_since=first, last_success=success)


def compared(event: Event, found: History) -> tuple[str, str] | None:
    """The two commits between which a run was broken or repaired; None where one of them is unknown."""
    if event.status == "success":
        base, head = found.failing_until.commit, event.commit.sha
    else:
        still = found.previous_status == "failure"
        base, head = found.last_success.commit, found.failing_since.commit if still else event.commit.sha
    return (base, head) if base and head and SHA.fullmatch(head) else None
