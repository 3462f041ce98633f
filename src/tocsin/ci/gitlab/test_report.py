"""The test report of a GitLab pipeline, which its jobs made by `artifacts: reports: junit`.

https://docs.gitlab.com/api/pipelines/#get-a-test-report-summary-for-a-pipeline
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tocsin.ci.common import Source, document, first_line, text_of
from tocsin.ci.gitlab.rest import TESTS
from tocsin.ci.rest import Api
from tocsin.event import TestFailure, TestResults
from tocsin.log_text import LINE_MAX_CHARS, error_line
from tocsin.text import clean

NAMED_MAX = 5  # ours: so many failed tests are named
LISTED_MAX = 5000  # ours: GitLab's whole report of more tests is too large to be asked for
NAME_MAX_CHARS = 200  # ours


class Summary(NamedTuple):
    """What a pipeline's tests came to, and of each job whose tests failed how many did, in words for the reader."""

    results: TestResults
    reasons: dict[str, str]  # by the id of a job


def summary(api: Api, project: str, pipeline: str) -> Summary | None:
    """The summary of the pipeline's test report; None where there is none, or it cannot be had."""
    answer = api.get(f"/projects/{project}/pipelines/{pipeline}/test_report_summary", TESTS)
    if answer is None:
        return None
    said = document(answer)
    total = _counts(said, "total.count", ("total.failed", "total.error"), "total.skipped")
    suites = said.raw("test_suites")
    if not total or not isinstance(suites, list):
        api.odd(TESTS)
        return None
    return Summary(total, _reasons(total, map(document, suites))) if total.total else None


def failed_tests(api: Api, project: str, pipeline: str) -> tuple[TestFailure, ...]:
    """The first tests that failed."""
    answer = api.get(f"/projects/{project}/pipelines/{pipeline}/test_report", TESTS)
    if answer is None:
        return ()
    suites = document(answer).raw("test_suites")
    if not isinstance(suites, list):
        api.odd(TESTS)
        return ()
    found: list[TestFailure] = []
    for case in _cases(suites):
        if len(found) < NAMED_MAX and text_of(case, "status") in ("failed", "error"):
            found.append(_failure(case))
    return tuple(found)


def _counts(source: Source, total: str, failed: tuple[str, str], skipped: str) -> TestResults | None:
    """The counts of a summary; None where they cannot be right."""
    numbers = [source.number(name) for name in (total, *failed, skipped)]
    found = [fact.value for fact in numbers if fact]
    if len(found) < len(numbers) or sum(found[1:]) > found[0]:
        return None
    return TestResults(found[0], found[1] + found[2], found[3])


def _reasons(total: TestResults, suites: Iterator[Source]) -> dict[str, str]:
    """A suite is what one job, or the jobs of one `parallel`, reported. Where only one has failed, the numbers are the pipeline's."""
    failed: list[tuple[TestResults, list[object]]] = []
    for suite in suites:
        counts = _counts(suite, "total_count", ("failed_count", "error_count"), "skipped_count")
        builds = suite.raw("build_ids")
        if counts and counts.failed and isinstance(builds, list):
            failed.append((counts, builds))
    return {str(build): (total if len(failed) == 1 else counts).summary for counts, builds in failed for build in builds}


def _cases(suites: list[object]) -> Iterator[Source]:
    for suite in map(document, suites):
        cases = suite.raw("test_cases")
        yield from map(document, cases if isinstance(cases, list) else ())


def _failure(case: Source) -> TestFailure:
    output = text_of(case, "system_output") or text_of(case, "stack_trace") or ""
    message = error_line(output) or clean(first_line(output) or "", LINE_MAX_CHARS)
    group, name = text_of(case, "classname"), text_of(case, "name")
    full = name if not group or (name or "").startswith(group) else f"{group}.{name or ''}"
    return TestFailure(clean(full or "", NAME_MAX_CHARS) or None, message or None)
