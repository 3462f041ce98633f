"""What a JUnit XML report says: how many tests there were, how many failed, and what those said.

The format has no standard; https://github.com/testmoapp/junitxml collects what tools write, and
https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd is the best known of its schemas. The tests are
counted, since totals are attributes that not every tool writes, or writes right. A failure that a rerun mended (`flakyFailure`) is none.

A report may be a stranger's. No tree is made of it, and whatever is a document type or an entity ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tocsin.text import clean

NAME_MAX_CHARS = 200  # ours: package, class and test of most languages
MESSAGE_MAX_CHARS = 200  # ours: as the line of a log
FAILURES_MAX = 5  # ours: a message names no more
_CHUNK_BYTES = 1 << 20
_TEXT_MAX_CHARS = 4000  # ours: of a failure's text, for its first line
_ROOTS = ("testsuites", "testsuite")
_FAILED = ("failure", "error")
_NOT_RUN = ("notrun", "skipped", "suppressed", "disabled")  # googletest's words for `status` and `result`
_COLOURS = re.compile(r"(?:\x1b|#x1B|\\u001[bB])?\[\d{1,3}(?:;\d{1,3}){0,4}m")  # as tools write them that may not write an escape


class UnreadableReportError(Exception):
    """A report that cannot be read; the text says why."""


class FailedTest(NamedTuple):
    """A test that failed: "class.name", and the first line of what it said."""

    name: str
    message: str | None


class Report(NamedTuple):
    """What the tests of one report, or of several, came to; `failures` are the first of them."""

    total: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[FailedTest, ...] = ()

    def __add__(self, other: object) -> Report:
        """Both together."""
        if not isinstance(other, Report):
            return NotImplemented
        failures = (*self.failures, *other.failures)[:FAILURES_MAX]
        return Report(self.total + other.total, self.failed + other.failed, self.skipped + other.skipped, failures)


def read_report(data: bytes, in_time: Callable[[], bool]) -> Report:
    """What a report says. Raises UnreadableReportError, also where `in_time` says no before the end."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    counted = _Counted()
    parser = DefusedXMLParser(target=counted, forbid_dtd=True)
    try:
        for at in range(0, len(data), _CHUNK_BYTES):
            if not in_time():
                raise UnreadableReportError("the time for look-ups is used up")
            parser.feed(data[at : at + _CHUNK_BYTES])
        parser.close()
    except DefusedXmlException:
        raise UnreadableReportError("it declares a document type or an entity, as no report needs to") from None
    except ParseError as error:
        raise UnreadableReportError(f"it is no well-formed XML (line {error.position[0]})") from None
    except (ValueError, LookupError):
        raise UnreadableReportError("its encoding is unknown") from None
    return Report(counted.total, counted.failed, counted.skipped, tuple(counted.failures))


class _Counted:
    """Takes the parser's elements one by one; the methods' names are those that it calls."""

    def __init__(self) -> None:
        self.total = self.failed = self.skipped = 0
        self.failures: list[FailedTest] = []
        self._depth = 0
        self._case: Mapping[str, str] | None = None  # the attributes of the test that is being read
        self._case_depth = 0
        self._outcome = ""
        self._message = ""
        self._text: list[str] | None = None  # of the failure that is being read, where it is wanted
        self._text_chars = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins. Raises UnreadableReportError where the first one is no report's."""
        name = tag.rpartition("}")[2]
        if not self._depth and name not in _ROOTS:
            raise UnreadableReportError("it is no JUnit report: it does not begin with testsuites or testsuite")
        self._depth += 1
        if name == "testcase" and self._case is None:
            self._case, self._case_depth, self._outcome = attributes, self._depth, ""
        elif self._case is not None and self._depth == self._case_depth + 1:
            self._part(name, attributes)

    def _part(self, name: str, attributes: Mapping[str, str]) -> None:
        """A part of a test: the first failure decides."""
        if name in _FAILED and self._outcome != "failed":
            self._outcome, self._message = "failed", attributes.get("message") or ""
            self._text, self._text_chars = [], 0
        elif name == "skipped" and not self._outcome:
            self._outcome = "skipped"

    def data(self, text: str) -> None:
        """Text within an element."""
        if self._text is not None and self._text_chars < _TEXT_MAX_CHARS:
            self._text.append(text[:_TEXT_MAX_CHARS])
            self._text_chars += len(text)

    def end(self, _tag: str) -> None:
        """An element ends."""
        if self._case is not None and self._depth == self._case_depth:
            self._count(self._case)
            self._case = None
        elif self._text is not None and self._depth == self._case_depth + 1:
            self._message = _first_line(self._message) or _first_line("".join(self._text))
            self._text = None
        self._depth -= 1

    def close(self) -> None:
        """The document has ended."""

    def _count(self, case: Mapping[str, str]) -> None:
        self.total += 1
        if self._outcome == "failed":
            self.failed += 1
            if len(self.failures) < FAILURES_MAX:
                self.failures.append(FailedTest(_name(case), self._message or None))
        elif self._outcome == "skipped" or {case.get("status"), case.get("result")} & {*_NOT_RUN}:
            self.skipped += 1


def _name(case: Mapping[str, str]) -> str:
    """A test's name with its class, where it does not begin with that by itself."""
    name, group = (clean(case.get(key) or "", NAME_MAX_CHARS) for key in ("name", "classname"))
    if not name or not group or name.startswith(group):
        return name or group or "a test without a name"
    return clean(f"{group}.{name}", NAME_MAX_CHARS)


def _first_line(text: str) -> str:
    """The first line that says something."""
    lines = (clean(_COLOURS.sub("", line[:_TEXT_MAX_CHARS]), MESSAGE_MAX_CHARS) for line in text[:_TEXT_MAX_CHARS].splitlines())
    return next(filter(None, lines), "")
