"""The results as JUnit XML, in the form that GitLab, Jenkins and most viewers read.

https://docs.gitlab.com/ci/testing/unit_test_reports/, https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.text import UNSAFE

if TYPE_CHECKING:
    from tocsin.policy_tests.coverage import Coverage
    from tocsin.policy_tests.running import CaseResult

_NO_CHARACTERS = re.compile("[\ufffe\uffff]")  # of no XML: https://www.w3.org/TR/xml/#charsets; what else is none is in UNSAFE


def junit(results: Sequence[tuple[CaseResult, Sequence[str]]], coverage: Coverage) -> str:
    """The report of results, each with its differences in lines: a suite a test file."""
    from xml.etree import ElementTree as ET

    files: dict[str, list[tuple[CaseResult, Sequence[str]]]] = {}
    for row in results:
        files.setdefault(row[0].case.file, []).append(row)
    root = ET.Element("testsuites", _counts(results))
    for file, rows in files.items():
        suite = ET.SubElement(root, "testsuite", {"name": _text(file), **_counts(rows)})
        properties = ET.SubElement(suite, "properties")
        ET.SubElement(properties, "property", {"name": "coverage", "value": f"{coverage.percent:g}"})
        for result, lines in rows:
            case = result.case
            known = {"name": _text(case.name), "classname": _text(file), "file": _text(file), "line": str(case.place[0])}
            element = ET.SubElement(suite, "testcase", known)
            if not result.passed:
                failure = ET.SubElement(element, "failure", {"message": _text("; ".join(_headlines(lines)))})
                failure.text = "\n".join(map(_text, [f"{file}:{case.place[0]}:{case.place[1]}", *lines]))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _headlines(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.startswith(" ")]


def _counts(rows: Sequence[tuple[CaseResult, Sequence[str]]]) -> dict[str, str]:
    return {"tests": str(len(rows)), "failures": str(sum(not result.passed for result, _ in rows)), "errors": "0", "skipped": "0"}


def _text(text: str) -> str:
    return _NO_CHARACTERS.sub(" ", UNSAFE.sub(" ", text))
