"""The problems of policies as a JUnit XML report: a suite for each file, a failed test for each problem, a passed one for a file without.

The attributes are those that https://github.com/testmoapp/junitxml collects from the tools that read such reports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET  # it writes alone: there is nothing to defuse

from tocsin.commands.checked import Checked
from tocsin.errors import Problem
from tocsin.text import clean

_COUNTS = ("tests", "failures", "errors", "skipped")
_TEXT_MAX_CHARS = 2000  # ours: as a line of the console
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # https://www.w3.org/TR/xml/#charsets


def junit(checked: Checked) -> str:
    """The report, in ASCII alone, so that any stream takes it."""
    root = ET.Element("testsuites", name="tocsin check")
    found = list(dict.fromkeys((*checked.files, *(problem.file for problem in checked.problems))))
    for file in found:
        root.append(_suite(file, [problem for problem in checked.problems if problem.file == file], checked))
    for count in _COUNTS:
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ET.indent(root)
    text: str = ET.tostring(root, encoding="us-ascii", xml_declaration=True).decode("ascii")
    return text.replace("##[", "#&#35;[")  # a log command, where the report goes to a log


def _suite(file: str, problems: Sequence[Problem], checked: Checked) -> ET.Element:
    failures = sum(map(checked.fails, problems))
    counts = dict(zip(_COUNTS, map(str, (len(problems) or 1, failures, 0, 0)), strict=True))
    suite = ET.Element("testsuite", {"name": _fit(file), **counts})
    for problem in problems:
        _case(suite, problem, fails=checked.fails(problem))
    if not problems:
        ET.SubElement(suite, "testcase", name="valid", classname=_fit(file), file=_fit(file))
    return suite


def _case(suite: ET.Element, problem: Problem, *, fails: bool) -> None:
    file, place = _fit(problem.file), f"{problem.line}:{problem.column}"
    name = f"{problem.check.value} at {place}"
    case = ET.SubElement(suite, "testcase", name=name, classname=file, file=file, line=str(problem.line))
    if fails:
        failure = ET.SubElement(case, "failure", type=problem.check.value, message=_fit(problem.message))
        failure.text = _fit(str(problem))
    else:
        ET.SubElement(case, "system-out").text = _fit(str(problem))


def _fit(text: str) -> str:
    return _NOT_XML.sub(" ", clean(text, _TEXT_MAX_CHARS))
