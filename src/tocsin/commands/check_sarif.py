"""The problems of policies as SARIF 2.1.0, as GitHub's code scanning takes it.

https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tocsin import __version__
from tocsin.checks import Check
from tocsin.commands.checked import fingerprints
from tocsin.errors import Problem
from tocsin.homepage import REPOSITORY, page_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"  # what GitHub calls the repository's root
_RULES = list(Check)

Data = dict[str, Any]


def sarif(problems: Sequence[Problem]) -> Data:
    """The log of one run; the files of `problems` are named from the repository's root on."""
    driver = {
        "name": "tocsin",
        "version": __version__,
        "informationUri": REPOSITORY,
        "rules": [_rule(check) for check in _RULES],
    }
    results = [_result(problem, known) for problem, known in zip(problems, fingerprints(problems), strict=True)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(check: Check) -> Data:
    page = page_of(check.value)
    return {
        "id": check.value,
        "name": check.title.title().replace(" ", ""),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.meaning},
        "help": {
            "text": f"{check.meaning} How to mend it, with an example: {page}",
            "markdown": f"{check.meaning} [How to mend it, with an example]({page})",
        },
        "helpUri": page,
    }


def _result(problem: Problem, fingerprint: str) -> Data:
    line, column = problem.end
    region = {"startLine": problem.line, "startColumn": problem.column, "endLine": line, "endColumn": column}
    return {
        "ruleId": problem.check.value,
        "ruleIndex": _RULES.index(problem.check),
        "level": problem.severity,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(problem.file), "region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    }


def _artifact(file: str) -> Data:
    if Path(file).is_absolute():
        return {"uri": f"file://{quote(file, errors='replace')}"}
    return {"uri": quote(Path(file).as_posix(), errors="replace"), "uriBaseId": _ROOT}
