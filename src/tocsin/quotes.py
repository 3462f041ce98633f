"""What an event quotes of logs and test reports: text that a secret may stand in, however it came there."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.event import Event, Failure, TestFailure


def with_quotes(event: Event, change: Callable[[str], str]) -> Event:
    """The event with each quoted text changed, as by a `Redactor`."""
    failures = tuple(_failure(failure, change) for failure in event.failures)
    tests = event.tests._replace(failures=tuple(_test(test, change) for test in event.tests.failures))
    return event._replace(failures=failures, tests=tests, reason=event.reason and change(event.reason))


def _failure(failure: Failure, change: Callable[[str], str]) -> Failure:
    return failure._replace(reason=failure.reason and change(failure.reason), excerpt=failure.excerpt and change(failure.excerpt))


def _test(test: TestFailure, change: Callable[[str], str]) -> TestFailure:
    return test._replace(name=test.name and change(test.name), message=test.message and change(test.message))
