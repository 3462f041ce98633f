"""Every kind of problem that `tocsin check` finds, with its example in tests/cases/checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from tables import table

from tocsin.checks import Check

EXAMPLES = Path(__file__).resolve().parent.parent / "tests" / "cases" / "checks"

Node = dict[str, Any]


def checks_list(_: str) -> str:
    """A section for each kind of problem, whose heading is its id. The tests load every example."""
    return "\n\n".join(map(check_section, Check))


def check_section(check: Check) -> str:
    """What a kind of problem is, why it matters, and its example with the mended one. Raises FileNotFoundError where it has none."""
    case = check_example(check)
    saved = f", saved as {case['encoding'].upper()}" if "encoding" in case else ""
    alone = "yaml" if isinstance(case["right"], str) else "yml"  # by `yaml` the tests know what is valid by itself
    wrong, right = shown_files(case["wrong"], "yml"), shown_files(case["right"], alone)
    meaning = f"{check.meaning} A warning." if case.get("severity") else check.meaning
    return "\n\n".join((f"## {check.value}", meaning, case["why"].strip(), f"Wrong{saved}:", *wrong, "Right:", *right))


def check_example(check: Check) -> Node:
    """The example of a kind of problem. Raises FileNotFoundError where it has none."""
    example: Node = yaml.safe_load((EXAMPLES / f"{check.value}.yml").read_text(encoding="utf-8"))
    return example


def shown_files(policy: str | dict[str, str], language: str) -> Iterator[str]:
    """A policy, or files with their names above them."""
    for name, text in (policy if isinstance(policy, dict) else {"": policy}).items():
        fence = f"```{'json' if name.endswith('.json') else language}\n{text}```"
        yield f"`{name}`:\n\n{fence}" if name else fence


def checks_table(_: str) -> str:
    """Every kind of problem, with a link to its section."""
    rows = ((f"[{check.value}](#{check.value})", check_example(check).get("severity", "error"), check.meaning) for check in Check)
    return table(("id", "is", "finds"), *rows)
