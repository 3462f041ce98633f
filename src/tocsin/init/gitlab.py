"""GitLab CI: an include of the template.

https://docs.gitlab.com/ci/yaml/#include
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import indent

import yaml

from tocsin.init.change import ENVIRONMENT, INCLUDE, Change
from tocsin.init.repository import CiFile
from tocsin.init.yaml_text import YamlText, end_line, entries, insert, read_yaml, word

CI = "gitlab"
FILE = ".gitlab-ci.yml"
_HAS_IT = re.compile(r"^[^#\n]*\btocsin\b", re.MULTILINE)


def environments(files: Sequence[CiFile]) -> dict[str, str]:
    """The environments that jobs deploy to, where no variable names them, and the file of each."""
    found: dict[str, str] = {}
    for file in files:
        known = read_yaml(file.text or "")
        for job in entries(known.root).values() if known else ():
            node = entries(job).get("environment")
            if word(entries(node).get("action")) in ("", "start"):
                found.setdefault(word(node) or word(entries(node).get("name")), file.path)
    return {name: path for name, path in found.items() if ENVIRONMENT.fullmatch(name)}


def new() -> Change:
    """The lines for a file that is not there yet. Masked variables reach every job by themselves."""
    return Change(CI, FILE, "beside your jobs", _lines())


def _lines() -> str:
    return "include:\n" + indent(INCLUDE, "  ")


def changes(files: Sequence[CiFile]) -> list[Change]:
    """The include, where there is none yet."""
    return [_change(file) for file in files if not _HAS_IT.search(file.text or "")]


def _change(file: CiFile) -> Change:
    known = read_yaml(file.text or "")
    there = entries(known.root).get("include") if known else None
    if known is None:
        return Change(CI, file.path, "at the top", _lines(), None, "it is not one YAML document that can be read with certainty")
    if there is None:
        return Change(CI, file.path, "at the top", _lines(), insert(known, _top(known), _lines(), known.root, gap_below=True))
    text = insert(known, end_line(known, there), INCLUDE, there) if isinstance(there, yaml.SequenceNode) else None
    return Change(CI, file.path, "in its include", INCLUDE, text, "" if text else "its include is not a list with a line for each entry")


def _top(file: YamlText) -> int:
    """The line of the first key, or that of the comment right above it, but not of the one that begins the file."""
    whole = file.text.splitlines()
    first = line = file.root.start_mark.line
    while line and whole[line - 1].lstrip().startswith("#"):
        line -= 1
    return line or first
