"""What the runs before one say of it: whether a failure is new, since when it fails, what to compare. One for all CIs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tocsin.checkout import commit_id
from tocsin.event import EarlierRun

COUNTED = ("success", "failure")  # cancelled and skipped ones say nothing


class Ended(NamedTuple):
    """A run that ended before, or a job in it: `status` is one of COUNTED."""

    status: str
    run_id: str
    run: EarlierRun


class History(NamedTuple):
    """As in `event.PipelineRun`; what is not certain is absent."""

    previous_status: str | None = None
    failed_runs: int | None = None
    failing_since: EarlierRun = EarlierRun()
    failing_until: EarlierRun = EarlierRun()
    last_success: EarlierRun = EarlierRun()

    def facts(self) -> dict[str, Any]:
        """By the event's dotted fields."""
        runs = {name: getattr(self, name) for name in ("failing_since", "failing_until", "last_success")}
        found = {f"run.{name}.{key}": value for name, run in runs.items() for key, value in run._asdict().items()}
        return {"run.previous_status": self.previous_status, "run.failed_runs": self.failed_runs, **found}


def history(status: str, run_id: str, before: Iterator[Ended | None]) -> History:
    """The history of a run that ended with `status`, success or failure; `before` are those that ended before it, newest first.

    A run counts once, however often it was repeated. None in `before` is one of which nothing is known: where the beginning of the
    failures is unknown, so are their number and the first.
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


def compared(status: str, found: History, built: str | None) -> tuple[str, str] | None:
    """The two commits between which a run of the commit `built` was broken or repaired; None where one of them is unknown."""
    if status == "success":
        base, head = found.failing_until.commit, built
    else:
        still = found.previous_status == "failure"
        base, head = found.last_success.commit, found.failing_since.commit if still else built
    return (base, head) if base and head and commit_id(head) == head else None
