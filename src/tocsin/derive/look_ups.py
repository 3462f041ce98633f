"""What is looked up for the reason of a failure: the CI's API and its logs, and the test reports that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tocsin.errors import UsageError
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.event import Fact, Facts
    from tocsin.notice import Notice
    from tocsin.policy.model import Policy
    from tocsin.request import Request
    from tocsin.world import World

VARIABLE = "TOCSIN_LOOK_UPS"
TESTS_VARIABLE = "TOCSIN_TESTS"


def may_look_up(request: Request, env: Mapping[str, str], policy: Policy) -> bool:
    """What the policy says, unless the plug-in or the variable forbids it. Raises UsageError for another word than true or false."""
    word = env.get(VARIABLE, "").strip()
    if word not in ("", "true", "false"):
        raise UsageError(f"{VARIABLE} is {clean(word, 60)!r}: it must be true or false")
    return policy.delivery.look_ups and request.look_ups and word != "false"


def reported_tests(world: World, request: Request, started: Fact | None, end: float) -> tuple[Facts, list[Notice]]:
    """What the reports say of a run that has ended, and what was left out. `end` is when they must be read, on the clock's seconds.

    A report from before the run `started` is another run's.
    """
    said = world.env.get(TESTS_VARIABLE, "").strip()
    if request.hook == "trigger" or not (request.tests or said):
        return {}, []
    from tocsin.test_reports import Asked, facts_of_tests, split_globs

    source = "flag --tests" if request.tests else f"env {TESTS_VARIABLE}"
    asked = Asked(split_globs(request.tests or [said]), source, started.value if started else None)
    return facts_of_tests(world, asked, lambda: world.clock.monotonic() < end)
