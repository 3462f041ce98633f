"""Jenkins: the library's name at the top of a Jenkinsfile, and one step in `post`.

https://www.jenkins.io/doc/book/pipeline/syntax/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tocsin.init.change import Change
from tocsin.init.groovy_text import Block, blocks, masked
from tocsin.init.repository import CiFile

CI = "jenkins"
LIBRARY = "@Library('tocsin') _"
SCRIPTED = f"{LIBRARY}\n\nnode {{\n    checkout scm\n    withTocsin {{\n        // your stages\n    }}\n}}"
STEP = "tocsin()"
_HAS_IT = re.compile(r"\b(?:tocsin|withTocsin)\s*[({]")
_PIPELINE = re.compile(r"^pipeline\s*\{", re.MULTILINE)
_INDENT = "    "
_OPENS = re.compile(r"\{[ \t]*\r?$")  # a block whose first line is below it


class Insertion(NamedTuple):
    """Lines before the line of that number, from 0."""

    line: int
    lines: tuple[str, ...]


def changes(files: Sequence[CiFile]) -> list[Change]:
    """A change for each Jenkinsfile that does not report yet."""
    return [_change(file) for file in files if not _HAS_IT.search(masked(file.text or "") or file.text or "")]


def _change(file: CiFile) -> Change:
    code = masked(file.text or "")
    if code is not None and not _PIPELINE.search(code):
        why = "a scripted pipeline: the stages that are reported go into withTocsin"
        return Change(CI, file.path, "around your stages", SCRIPTED, None, why)
    lines = f"{LIBRARY}\n\n// in pipeline:\npost {{\n    always {{\n        {STEP}\n    }}\n}}"
    found = _insertions(file.text or "", code) if code else "its text cannot be read with certainty"
    where = "the library at the top, the step in post"
    if isinstance(found, str):
        return Change(CI, file.path, where, lines, None, found)
    return Change(CI, file.path, where, lines, _inserted(file.text or "", found))


def _insertions(text: str, code: str) -> list[Insertion] | str:
    """What goes where; a text where that is not certain, which says why."""
    top = [block for block in blocks(code, 0, len(code)) if block.name == "pipeline"]
    inside = {block.name: block for block in blocks(code, top[0].start, top[0].end)} if len(top) == 1 else {}
    if len(top) != 1 or "stages" not in inside:
        return "it is not one declarative pipeline with its stages"
    if not _has_agent(code[top[0].start : inside["stages"].start]):
        return "its post has no agent: name one there, tocsin(node: 'LABEL')"
    if re.search(r"^\s*(?:import\b|library\b|@Library\b)", code, re.MULTILINE):
        return "it loads other libraries or imports: put the library beside them"
    step = _step(text, code, top[0].end, inside)
    return [_library(text), step] if step else "its post is written on one line"


def _has_agent(head: str) -> bool:
    """Whether the pipeline as a whole has an agent, by what stands before its stages."""
    found = re.search(r"\bagent\b\s*(\w*)", head)
    return bool(found and found[1] != "none")


def _library(text: str) -> Insertion:
    return Insertion(1 if text.startswith("#!") else 0, (LIBRARY, ""))


def _step(text: str, code: str, end: int, inside: dict[str, Block]) -> Insertion | None:
    """The step: in `always`, where it comes first, since what follows may clean the workspace; else in a block of its own."""
    whole = code.split("\n")
    post = inside.get("post")
    if post is None:
        line = _line(text, end)
        alone = whole[line].strip() == "}"
        return Insertion(line, tuple(_nested("post", "always", margin=_INDENT))) if alone else None
    always = next((block for block in blocks(code, post.start, post.end) if block.name == "always"), None)
    line = _line(text, (always or post).start)
    margin = " " * (len(whole[line]) - len(whole[line].lstrip(" "))) + _INDENT
    if not _OPENS.search(whole[line]):
        return None
    return Insertion(line + 1, (f"{margin}{STEP}",) if always else tuple(_nested("always", margin=margin)))


def _nested(*names: str, margin: str) -> Iterator[str]:
    for depth, name in enumerate(names):
        yield f"{margin}{_INDENT * depth}{name} {{"
    yield f"{margin}{_INDENT * len(names)}{STEP}"
    for depth in reversed(range(len(names))):
        yield f"{margin}{_INDENT * depth}}}"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at)


def _inserted(text: str, insertions: Sequence[Insertion]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    whole = text.split("\n")
    for line, lines in sorted(insertions, reverse=True):
        whole[line:line] = [f"{added}{newline[:-1]}" for added in lines]
    return "\n".join(whole)
