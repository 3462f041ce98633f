"""Each case of tests/cases/rules: a command, what it says, the policy before and after. `$` begins the command."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from inprocess import CASES, run

FILES = sorted((CASES / "rules").glob("*.case"))
BOM = b"\xef\xbb\xbf"


def read(path: Path) -> tuple[list[str], str, str, str]:
    """The words of the command, what is said, the policy before and after."""
    head, _, rest = path.read_text(encoding="utf-8").partition("=== before\n")
    command, _, said = head.partition("\n")
    before, _, after = rest.partition("=== after\n")
    return shlex.split(command.removeprefix("$ ")), said, before, after


@pytest.mark.parametrize("form", ["as it is", "CRLF", "BOM"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_file_says_it_and_keeps_the_rest(path: Path, form: str, tmp_path: Path) -> None:
    def formed(text: str) -> bytes:
        data = text.encode()
        return data.replace(b"\n", b"\r\n") if form == "CRLF" else BOM + data if form == "BOM" else data

    words, said, before, after = read(path)
    policy = tmp_path / ".tocsin.yml"
    policy.write_bytes(formed(before))
    answer = run(*words, "--diff", folder=tmp_path)
    assert (answer.code, policy.read_bytes()) == (0, formed(before))
    assert bool(answer.out) == (before != after)
    answer = run(*words, folder=tmp_path)
    assert (answer.code, answer.out, answer.err) == (0, said, "")
    assert policy.read_bytes().decode() == formed(after).decode()
