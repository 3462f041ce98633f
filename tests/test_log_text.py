"""The lines of a log that say what went wrong: cases/logs/NAME.log, and NAME.expected with the excerpt, a rule, and the one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.log_text import EXCERPT_MAX_CHARS, EXCERPT_MAX_LINES, LINE_MAX_CHARS, error_line, excerpt
from tocsin.text import UNSAFE

LOGS = Path(__file__).parent / "cases" / "logs"
NAMES = sorted(path.stem for path in LOGS.glob("*.log"))
NOTHING = "(nothing)"
RULE = "\n--\n"

COMMAND = re.compile(r"\s*(?:::[\w-]|##\w*\[)")
PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\r",
            "\r\n",
            "\x1b[31m",
            "\x1b]8;;http://x\x07",
            "\x1b",
            "\x9b",
            "::error::",
            "::error file=a::",
            "::",
            "##[error]",
            "##vso[",
        ),
        *(
            "\u200b",
            "\u202e",
            "\x00",
            "\ufffd",
            "\ud800",
            "error: ",
            "FAILED ",
            "E   ",
            "Traceback (most recent call last):\n",
            "  File x\n",
        ),
        *(
            "2026-01-02T03:04:05.1234567Z ",
            "##[group]Run x\n",
            "##[endgroup]",
            "section_start:1:step_script\r",
            "x" * 400,
            "    ",
            "ValueError",
        ),
        *("Process completed with exit code 1", "npm ERR! ", "[ERROR] ", "#1 0.100 ", "│ ", "====", "a b", "<!here>"),
    ]
)


def log(name: str) -> str:
    return (LOGS / f"{name}.log").read_bytes().decode(errors="replace")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_tool_says(name: str):
    expected, _, line = (LOGS / f"{name}.expected").read_text("utf-8").removesuffix("\n").partition(RULE)
    assert (excerpt(log(name)) or NOTHING, error_line(log(name)) or NOTHING) == (expected, line)


@settings(max_examples=50)
@given(st.lists(PIECES | st.text(max_size=20), max_size=40))
def test_whatever_a_log_holds_what_comes_out_is_bounded_and_clean(parts: list[str]):
    text = "".join(parts)
    shown, line = excerpt(text), error_line(text)
    assert shown is None or (0 < len(shown) <= EXCERPT_MAX_CHARS and 0 < shown.count("\n") + 1 <= EXCERPT_MAX_LINES)
    assert line is None or 0 < len(line) <= LINE_MAX_CHARS
    for said in [*(shown or "").split("\n"), line or ""]:
        assert not UNSAFE.search(said)
        assert not COMMAND.match(said)
        assert "##[" not in said
        assert said.strip() or not shown


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 300_000,
        "error: a\n" * 60_000,
        "a:1" * 200_000,
        "::a::" * 100_000,
        "(1:" * 200_000 + "\nerror: last",
        "\x1b]" * 200_000,
        "\r" * 500_000,
        (" " * 999 + "x\n") * 300,
        ("E.Error" * 140 + "\n") * 300,
        "Traceback (most recent call last):\n" * 20_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_long_log_is_read_in_passing(text: str):
    """Each is done in a fraction of a second; what took the square of its length would not end."""
    excerpt(text)


def test_only_the_end_of_a_long_log_is_read():
    assert error_line("error: first\n" + "fine\n" * 6000) is None
    assert error_line("fine\n" * 6000 + "error: last") == "error: last"


def test_a_long_line_is_cut():
    shown = excerpt("error: " + "x" * 5000 + "\n" + "y" * 5000)
    assert shown == "error: " + "x" * (LINE_MAX_CHARS - 8) + "…\n" + "y" * (EXCERPT_MAX_CHARS - LINE_MAX_CHARS - 2) + "…"
