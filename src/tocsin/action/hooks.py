"""Which hook each part of the step speaks of, and how the end is known."""

from __future__ import annotations

from typing import NamedTuple

from tocsin.action.inputs import TEST, Inputs, NeededJobs, read_needs
from tocsin.ci.run import Run
from tocsin.ci.status import known
from tocsin.derive.consequences import WAITING
from tocsin.errors import ContextError
from tocsin.notice import Notice

HAS_ITS_STATUS = ("workflow_run", "deployment_status")  # the event file says how it stands with what goes on elsewhere
TOLD_BY_EVENT = ("deployment", *HAS_ITS_STATUS)  # this run only tells of what goes on elsewhere


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

    A step that came late tells of no start. What ended elsewhere has its status from the event file alone: where that does not say it,
    it is unknown. Raises ContextError where the needs cannot be read: how the step's own job ends is not how the others did.
    """
    if inputs.hook == TEST:  # with the budget of a start, and nothing for post
        return Hooks("trigger", None, None)
    needs = _needs(inputs.needs)
    ended = not needs and ("status" in run.facts or (event in HAS_ITS_STATUS and "run.finished_at" in run.facts))
    reported = event in HAS_ITS_STATUS and not needs
    waits = ended and "status" in run.facts and run.facts["status"].value == WAITING
    main, post = _reported(inputs.hook, ended=ended, waits=waits) if reported else _parts(inputs.hook, event, ended=bool(needs) or ended)
    if late and post and inputs.hook == "auto":
        main = None
    status = needs.status if needs else None if ended else inputs.status
    if inputs.legs > 1 and main == "trigger" and inputs.hook == "auto":
        return Hooks(main, post, status, needs, (Notice(_matrix(inputs.legs)),))
    return Hooks(main, post, status, needs)


def _reported(hook: str, *, ended: bool, waits: bool) -> tuple[str | None, str | None]:
    """Of what goes on elsewhere, what the event says now, and nothing when this job has ended. What waits is told at either hook."""
    now = "completion" if ended and not (waits and hook == "trigger") else "trigger"
    return now if hook in ("auto", "both", now) else None, None


def _parts(hook: str, event: str, *, ended: bool) -> tuple[str | None, str | None]:
    if hook == "trigger":
        return "trigger", None
    if hook == "both":
        return "trigger", "completion"
    if ended:
        return "completion", None
    if hook == "completion":
        return None, "completion"
    return "trigger", None if event in TOLD_BY_EVENT else "completion"


def _needs(text: str | None) -> NeededJobs | None:
    try:
        return read_needs(text) if text else None
    except ValueError as error:
        raise ContextError(f"{error}, so how the other jobs ended is unknown") from None


def _matrix(legs: int) -> str:
    return (
        f"this step runs in each of the {legs} legs of a matrix, and each of them notifies. To notify once for all, move it into a job "
        "of its own with `needs: [THIS JOB]` and `if: always()`, and give it `with: {needs: '${{ toJSON(needs) }}'}`"
    )
