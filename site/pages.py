"""Hooks of mkdocs: the pages that stand beside docs/, and links that lead out of it.

https://www.mkdocs.org/user-guide/configuration/#hooks
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
BESIDE = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}  # page to its file
_LINK = re.compile(r"(?P<open>\]\(|(?:src|srcset|href)=\")(?P<to>(?![a-z]+:|#|/)[^)\s\"#]+)(?P<anchor>#[^)\s\"]*)?")
_FENCED = re.compile(r"^( *)(```+).*?^\1\2$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand beside docs/."""
    for page, name in BESIDE.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make each link of a page lead to where its file is on the site, else in the repository."""
    name = page.file.src_uri
    folder = PurePosixPath("docs") if name not in BESIDE else PurePosixPath()
    pages = {source: page for page, source in BESIDE.items()}

    def target(found: re.Match[str]) -> str:
        path = normpath(str(folder / found["to"]))
        inside = pages.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
        there = inside if inside and files.get_file_from_path(inside) else f"{config.repo_url}/blob/main/{path}"
        return f"{found['open']}{there}{found['anchor'] or ''}"

    parts, end = [], 0
    for fence in _FENCED.finditer(markdown):
        parts += [_LINK.sub(target, markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(target, markdown[end:])])
