"""docs/outage.md, walked: each question's commands print the text below them.

`python tests/test_outage.py` writes the texts of the page anew; read the difference before you keep it.
"""

from __future__ import annotations

import re
import shlex
import tempfile
from pathlib import Path

import pytest
from inprocess import CASES, run

PAGE = Path(__file__).resolve().parent.parent / "docs" / "outage.md"
REPORTS = CASES / "outage"
POLICY = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<text>.*?)^```\n)?", re.DOTALL | re.MULTILINE)
COMMIT = "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113"


def clone(folder: Path) -> Path:
    """A clone of the page's repository, and a folder of it to stand in."""
    heads = folder / ".git" / "refs" / "heads"
    heads.mkdir(parents=True)
    (heads / "main").write_text(f"{COMMIT}\n")
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "config").write_text('[remote "origin"]\n\turl = git@github.com:acme/payments.git\n')
    policy = POLICY.search(PAGE.read_text(encoding="utf-8"))
    assert policy
    (folder / ".tocsin.yml").write_text(policy[1])
    for report in REPORTS.glob("*.json"):
        (folder / report.name).write_bytes(report.read_bytes())
    return folder


def questions() -> dict[str, str]:
    """Each question's part of the page, by its number."""
    parts = re.split(r"^(?=## \d+\. )", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("## ")[2].partition(".")[0]: part for part in parts}


def answered(commands: str, folder: Path) -> str:
    """What the commands print: notices first, as a terminal shows them."""
    texts = []
    for line in commands.splitlines():
        program, *words = shlex.split(line)
        assert program == "tocsin"
        answer = run(*words, folder=folder)
        assert answer.code == 0, answer
        texts.append(answer.err + answer.out)
    return "\n".join(texts)


def test_there_are_twelve():
    assert list(questions()) == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize("number", list(questions()))
def test_the_answer_is_the_text_below_the_question(tmp_path: Path, number: str):
    blocks = list(BLOCK.finditer(questions()[number]))
    assert blocks
    for block in blocks:
        assert answered(block["commands"], clone(tmp_path)) == block["text"]


def write() -> None:
    """Write the texts anew."""

    def anew(block: re.Match[str]) -> str:
        with tempfile.TemporaryDirectory() as folder:
            return f"```sh\n{block['commands']}```\n\n```text\n{answered(block['commands'], clone(Path(folder)))}```\n"

    PAGE.write_text(BLOCK.sub(anew, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
