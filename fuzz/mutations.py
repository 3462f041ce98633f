"""Strategies that spoil what is good: texts, numbers and JSON that nobody expects, and changes to a text or a JSON value at any place."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

TOKENS = re.compile(r"\w+|\s+|.", re.DOTALL)
HUGE = 70_000  # characters
TEXT_MAX_CHARS = 400_000  # more than that costs time and shows nothing else

HOSTILE = (
    *(
        "",
        " ",
        "\t",
        "\r",
        "\r\n",
        "\n\n",
        "\0",
        "\x1b[31m",
        "\x85",
        "\u2028",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\udcff",
        "\U0010ffff",
    ),
    *("::error::x", "\n::set-output name=x::y", "::stop-commands::x", "##[group]x", "##vso[task.setvariable]", "%0A::warning::x"),
    *(
        "${",
        "${X",
        "$${",
        "${{ secrets.X }}",
        "${GITHUB_TOKEN}",
        "${SLACK_WEBHOOK_URL}",
        "${A}",
        "{{",
        "}}",
        "{%",
        "{% raw %}",
        "{#",
        "{{#a}}",
    ),
    *(
        "null",
        "~",
        "true",
        "no",
        "on",
        ".inf",
        "-.nan",
        "NaN",
        "Infinity",
        "1e400",
        "-0",
        "0x1f",
        "0o17",
        "1_000",
        "12:30:45",
        "2026-01-01",
    ),
    *("9" * 30, "9" * 5000, "-1", "0", "1.10", "1e-400", "4294967296", "18446744073709551616"),
    *(
        "&a",
        "*a",
        "<<",
        "<<: *a",
        "!!python/object:os.system",
        "!!binary",
        "!x",
        "|",
        ">-",
        "? ",
        "- ",
        ": ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        '"',
    ),
    *("%YAML 1.2", "%YAML 1.99999999999999999999", "%TAG ! x", "---", "...", "#", "@", "`", "\\", '"\\U00110000"', '"\\ud800"', "\\x00"),
    *("<!channel>", "@everyone", "<script>", "](http://x)", "http://[::1", "http://a\\@b", "http://x/%zz", "javascript:alert(1)", "//x"),
    *("../../etc/passwd", "/dev/null", "refs/heads/main", "refs/tags/", "refs/pull/1/merge", "a" * 40, "0" * 40, "success", "failure"),
    *(
        "ß" * 300,
        "🙂" * 100,
        "\u0627" * 50,
        "e\u0301" * 50,
        "a" * HUGE,
        "x-",
        "*",
        "!*",
        "**",
        "[a-",
        "a@b",
        "A <b@c>",
        "@",
        "a@b@c",
        "a b@c d",
    ),
)

texts: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join),
    st.text(st.characters(max_codepoint=127), max_size=40),
)
numbers: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 30), st.integers(), st.floats(), st.sampled_from([10**30, -(10**400), 1e308, -0.0, 2**31, 2**63, 10**19, 0.1])
)
scalars: st.SearchStrategy[Any] = st.one_of(texts, numbers, st.none(), st.booleans())
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=8
)


def _deep(shape: tuple[Any, int]) -> Any:
    value, levels = shape
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


deep_values: st.SearchStrategy[Any] = st.tuples(scalars, st.sampled_from([3, 40, 60, 200, 900])).map(_deep)


@st.composite
def spoiled_text(draw: st.DrawFn, originals: Sequence[str]) -> str:
    """One of the originals, changed at up to five places: by characters, tokens or lines."""
    text = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 5))):
        text = draw(st.sampled_from(_CHANGES))(draw, text)[:TEXT_MAX_CHARS]
    return text


def _tokens(draw: st.DrawFn, text: str) -> str:
    parts = TOKENS.findall(text) or [""]
    at = draw(st.integers(0, len(parts) - 1))
    parts[at] = draw(texts | st.sampled_from(parts))
    return "".join(parts)


def _lines(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    what = draw(st.sampled_from(["drop", "double", "swap", "indent", "insert", "many"]))
    if what == "drop":
        del lines[at]
    elif what == "double":
        lines.insert(other, lines[at])
    elif what == "swap":
        lines[at], lines[other] = lines[other], lines[at]
    elif what == "indent":
        lines[at] = " " * draw(st.integers(1, 8)) + lines[at]
    elif what == "insert":
        lines.insert(at, draw(texts) + "\n")
    else:
        lines.insert(at, lines[at] * draw(st.sampled_from([10, 100, 2000])))
    return "".join(lines)


def _characters(draw: st.DrawFn, text: str) -> str:
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 10, 1000])))
    return text[:start] + draw(texts) + text[end:]


def _repeated(draw: st.DrawFn, text: str) -> str:
    start = draw(st.integers(0, len(text)))
    piece = text[start : start + draw(st.sampled_from([1, 2, 5, 30, 200]))]
    return text[:start] + piece * draw(st.sampled_from([2, 50, 1000])) + text[start:]


_CHANGES: tuple[Callable[[st.DrawFn, str], str], ...] = (_tokens, _tokens, _lines, _lines, _characters, _repeated)


@st.composite
def spoiled_json(draw: st.DrawFn, originals: Sequence[Any]) -> Any:
    """One of the originals, with other values, missing and further keys, and doubled items at up to five places."""
    whole = {"": copy.deepcopy(draw(st.sampled_from(originals)))}
    for _ in range(draw(st.integers(0, 5))):
        holder: Any = whole
        key: Any = ""
        while isinstance(holder[key], (dict, list)) and holder[key] and draw(st.integers(0, 4)):
            holder = holder[key]
            key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        what = draw(st.sampled_from(["value", "value", "value", "wrap", "drop", "more", "deep"]))
        if what == "value":
            holder[key] = draw(values)
        elif what == "deep":
            holder[key] = draw(deep_values)
        elif what == "wrap":
            holder[key] = draw(st.sampled_from([[holder[key]], {"name": holder[key]}, str(holder[key])]))
        elif what == "more" and isinstance(holder[key], list) and len(holder[key]) < 1000:
            holder[key] = holder[key] * draw(st.sampled_from([2, 30, 400]))
        elif what == "more" and isinstance(holder[key], dict):
            holder[key][draw(texts)] = draw(values)
        elif what != "more" and key != "":
            del holder[key]
    return whole[""]
