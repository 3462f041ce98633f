"""The cookbook's recipes: a policy in examples/cookbook, whose first comment is the heading and the words."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "examples" / "cookbook"


def recipe(name: str) -> str:
    """A recipe as a section of docs/cookbook.md: the words, the policy, and the picture that the gallery has of its message."""
    lines = (FOLDER / f"{name}.yml").read_text(encoding="utf-8").splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    title, *words = (line.removeprefix("#").strip() for line in lines[:end])
    text = " ".join(filter(None, words))
    policy = "\n".join(lines[end:])
    return f"### {title}\n\n{text} [Its tests](../examples/cookbook/{name}.test.yml).\n\n```yaml\n{policy}\n```{_picture(name)}\n"


def _picture(name: str) -> str:
    path = f"gallery/cookbook-{name}"
    if not (ROOT / "docs" / f"{path}.webp").exists():
        return ""
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{path}-dark.webp">'
    return f'\n\n<picture>{dark}<img src="{path}.webp" width="360" alt="The first message of this policy"></picture>'
