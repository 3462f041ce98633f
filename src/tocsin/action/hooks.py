"""Which hook each part of the step speaks of, and how the end is known."""

from __future__ import annotations

from typing import NamedTuple

from tocsin.action.inputs import Inputs, NeededJobs, read_needs
from tocsin.ci.run import Run
from tocsin.ci.status import known
from tocsin.notice import Notice

TOLD_BY_EVENT = ("workflow_run", "deployment", "deployment_status")  # this run only tells of what goes on elsewhere


class Hooks(NamedTuple):
    """The hook of main and of post, None where that part is silent.

    `status` is the completion's, None where the event file says it; `needs` is there for a job that reports on others.
    """

    main: str | None
    post: str | None
    status: str | None
    needs: NeededJobs | None = None
    notices: tuple[Notice, ...] = ()


def is_late(inputs: Inputs) -> bool:
    """Whether the job was lost already when the step began, as one with `if: always()` sees it. To be asked at main."""
    return known(inputs.status or "") in ("failure", "cancelled")


def decide(inputs: Inputs, run: Run, event: str, *, late: bool) -> Hooks:
    """What a step does at `event` (GITHUB_EVENT_NAME), by its inputs and by what the event file says of an end.

    A step that came late tells of no start.
    """
    needs, notices = _needs(inputs.needs)
    ended = "status" in run.facts and not needs
    main, post = _parts(inputs.hook, event, ended=bool(needs) or ended, unreadable=bool(inputs.needs and not needs))
    if late and post and inputs.hook == "auto":
        main = None
    status = needs.status if needs else None if ended else inputs.status
    if inputs.legs > 1 and main == "trigger" and inputs.hook == "auto":
        notices = (*notices, Notice(_matrix(inputs.legs)))
    return Hooks(main, post, status, needs, notices)


def _parts(hook: str, event: str, *, ended: bool, unreadable: bool) -> tuple[str | None, str | None]:
    if hook == "trigger":
        return "trigger", None
    if hook == "both":
        return "trigger", "completion"
    if ended:
        return "completion", None
    if hook == "completion" or unreadable:
        return None, "completion"
    return "trigger", None if event in TOLD_BY_EVENT else "completion"


def _needs(text: str | None) -> tuple[NeededJobs | None, tuple[Notice, ...]]:
    """The needs, or the notice why they cannot be used: then the step speaks of its own job."""
    try:
        return (read_needs(text), ()) if text else (None, ())
    except ValueError as error:
        return None, (Notice(f"{error}: this step tells how its own job ends instead", "warning"),)


def _matrix(legs: int) -> str:
    return (
        f"this step runs in each of the {legs} legs of a matrix, and each of them notifies. To notify once for all, move it into a job "
        "of its own with `needs: [THIS JOB]` and `if: always()`, and give it `with: {needs: '${{ toJSON(needs) }}'}`"
    )
