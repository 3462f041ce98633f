"""Masks secrets in those parts of an event that nobody has looked at: what logs and test reports say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tocsin.event import Event, Failure, TestFailure

Part = TypeVar("Part", Failure, TestFailure)


def masked(event: Event, redact: Callable[[str], str]) -> Event:
    """The event with what `redact` masks gone from its failures and its failed tests."""

    def mask(part: Part) -> Part:
        return type(part)(*(redact(text) if text else text for text in part))

    tests = event.tests._replace(failures=tuple(map(mask, event.tests.failures)))
    return event._replace(failures=tuple(map(mask, event.failures)), tests=tests)
