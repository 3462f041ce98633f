"""The facts of the test reports that are asked for, by `--tests` or by TOCSIN_TESTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.event import Fact, Facts
    from tocsin.notice import Notice
    from tocsin.request import Request
    from tocsin.world import World

VARIABLE = "TOCSIN_TESTS"


def reported_tests(world: World, request: Request, started: Fact | None, end: float) -> tuple[Facts, list[Notice]]:
    """What the reports say of a run that has ended, and what was left out. `end` is when they must be read, on the clock's seconds.

    A report from before the run `started` is another run's.
    """
    said = world.env.get(VARIABLE, "").strip()
    if request.hook == "trigger" or not (request.tests or said):
        return {}, []
    from tocsin.test_reports import Asked, facts_of_tests, split_globs

    source = "flag --tests" if request.tests else f"env {VARIABLE}"
    asked = Asked(split_globs(request.tests or [said]), source, started.value if started else None)
    return facts_of_tests(world, asked, lambda: world.clock.monotonic() < end)
