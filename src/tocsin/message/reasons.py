"""Why: each failed part with its reason; equal reasons are one line, and what is left is counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.message.parts import Reason, joined
from tocsin.text import clean, safe_url

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from tocsin.event import Event, Failure

REASONS_MAX = 5  # ours: the first few say what broke
TESTS_MAX = 3  # ours: of the failed tests' names
LEGS_MAX = 3  # ours: of one matrix by name; of more the first and the last
NAME_MAX_CHARS = 100
TEXT_MAX_CHARS = 200
EXCERPT_MAX_LINES = 4
EXCERPT_MAX_CHARS = 300  # of all its lines together
_SAYS_NOTHING = ("failed", "failure", "error")  # the headline says it
_EXIT_CODE = re.compile(r"exit code -?[0-9]{1,10}")  # less than the number of failed tests says
_LEG = re.compile(r"(?P<job>[^()]+?) ?\((?P<leg>[^()]*)\)|(?P<gitlab_job>[^\[\]]+?):? ?(?P<gitlab_leg>\[[^\[\]]*\]|[0-9]+/[0-9]+)")


def reasons(event: Event) -> tuple[list[Reason], int]:
    """The reasons of an event, the first few, and how many more there are."""
    found = list(_of_failures(event))
    summary = _of_tests(event)
    silent = [number for number, reason in enumerate(found) if not reason.text or _EXIT_CODE.fullmatch(reason.text)]
    if summary and len(silent) == 1:
        found[silent[0]] = found[silent[0]]._replace(text=summary)
    elif summary:
        found.append(Reason("", summary))
    found += _tests(event)
    whole = _said(event.reason)
    if whole and (event.event == "cancelled" or not found):
        found.insert(0, Reason("", whole[0].upper() + whole[1:]))
    excerpts = [number for number, reason in enumerate(found) if reason.excerpt][:1]
    kept = [reason if number in excerpts else reason._replace(excerpt=()) for number, reason in enumerate(found[:REASONS_MAX])]
    return kept, len(found) - len(kept)


def _of_failures(event: Event) -> Iterator[Reason]:
    """One for all jobs that failed at one step for one reason, in the order of the first of each."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    known = {(text or "").casefold() for text in (event.pipeline, event.app, event.environment)}
    for failure in event.failures:
        groups.setdefault((failure.step or "", _said(failure.reason)), []).append(failure)
    for (step, text), group in groups.items():
        where = joined(" / ", _jobs([_job(failure, known) for failure in group]), clean(step, NAME_MAX_CHARS))
        excerpt = next((lines for failure in group if (lines := _excerpt(failure.excerpt, text))), ())
        if where or text or group[0].url:
            yield Reason(where or ("" if text else "Failed step"), text, safe_url(group[0].url), excerpt)


def _job(failure: Failure, known: Container[str]) -> str:
    """A failed job's name, but for one that only repeats what the headline has, beside its step."""
    name = clean(failure.job or "", NAME_MAX_CHARS)
    return "" if failure.step and name.casefold() in known else name


def _jobs(names: Sequence[str]) -> str:
    """Their names on a line: "test (3.10, 3.11)", "test (3.10 to 3.17, 8 jobs)", "build, lint and 2 more"."""
    names = list(dict.fromkeys(filter(None, names)))
    if len(names) < 2:
        return "".join(names)
    legs = [_LEG.fullmatch(name) for name in names]
    bases = {(leg["job"] or leg["gitlab_job"]).strip() if leg else "" for leg in legs}
    if len(bases) == 1 and (base := bases.pop()):
        values = [leg["leg"] or (leg["gitlab_leg"] or "").strip("[]") for leg in legs if leg]
        some = ", ".join(values) if len(values) <= LEGS_MAX else f"{values[0]} to {values[-1]}, {len(values)} jobs"
        return clean(f"{base} ({some})", NAME_MAX_CHARS)
    more = len(names) - LEGS_MAX
    listed = ", ".join(names[:LEGS_MAX]) if more > 0 else joined(" and ", ", ".join(names[:-1]), names[-1])
    return clean(f"{listed} and {more} more" if more > 0 else listed, NAME_MAX_CHARS * 2)


def _of_tests(event: Event) -> str:
    """How many tests failed, where no failed job has said it; "" for none."""
    summary = event.tests.summary
    return "" if any(summary in (failure.reason or "") for failure in event.failures) else summary


def _tests(event: Event) -> Iterator[Reason]:
    """The first failed tests by name, but for those that an excerpt names."""
    told = {line for failure in event.failures for line in (failure.excerpt or "").splitlines()}
    for test in event.tests.failures[:TESTS_MAX]:
        name = clean(test.name or "", NAME_MAX_CHARS)
        if name and not any(name in line for line in told):
            yield Reason(name, clean(test.message or "", TEXT_MAX_CHARS))


def _said(reason: str | None) -> str:
    """A reason that says more than that it failed, or ""."""
    text = clean(reason or "", TEXT_MAX_CHARS)
    return "" if text.casefold().rstrip(".!") in _SAYS_NOTHING else text


def _excerpt(text: str | None, reason: str) -> tuple[str, ...]:
    """The lines of an excerpt that say more than the reason beside them, within their bounds."""
    kept: list[str] = []
    left = EXCERPT_MAX_CHARS
    for line in (text or "").splitlines():
        said = clean(line, left)
        if said and said.removesuffix("…") not in reason and left > 1:
            indent = " " * min(4, len(line) - len(line.lstrip(" ")))
            kept.append((indent + said)[:left])
            left -= len(kept[-1]) + 1
        if len(kept) == EXCERPT_MAX_LINES:
            break
    return tuple(kept)
