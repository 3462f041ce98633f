"""What a guide in the docs tells a newcomer to write: the fenced blocks of a section, by the files that the text before them names.

written("github", "A first message") == {".github/workflows/ci.yml": "name: CI\n…"}
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^ *```\w+\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`((?:[\w.-]+/)*(?:\.?[\w-]+\.ya?ml|Jenkinsfile))`")


def written(page: str, heading: str) -> dict[str, str]:
    """The files of a section. The block that no file is named for has the name of nothing."""
    found, before = {}, 0
    text = section(page, heading)
    for fence in FENCE.finditer(text):
        names = FILE.findall(text[before : fence.start()])
        found[names[-1] if names else ""] = textwrap.dedent(fence["text"])
        before = fence.end()
    assert found, f"docs/{page}.md tells nobody to write anything under {heading!r}"
    return found


def source() -> str:
    """The address that the guides install from. Skips where they name a release, which says itself what it installs."""
    found = re.search(r"git\+(https://\S+/tocsin)@", (ROOT / "examples/gitlab/remote.yml").read_text(encoding="utf-8"))
    return found[1] if found else pytest.skip("the guides name a release, and the tests of a release install it")


def leads(home: Path, clone: Path) -> None:
    """Let git, for the user of a home folder, find the clone at that address."""
    with (home / ".gitconfig").open("a", encoding="utf-8") as settings:
        settings.write(f'[url "{clone}"]\n\tinsteadOf = {source()}\n')


def section(page: str, heading: str) -> str:
    """The text under a heading, up to the next one."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^##)", text, re.DOTALL | re.MULTILINE)
    assert found, f"docs/{page}.md has no section {heading!r}"
    return found[1]
