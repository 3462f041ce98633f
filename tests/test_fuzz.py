"""The fuzzers: each target finds nothing in a few steady examples; and what is broken on purpose is found, whatever way it breaks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource")  # memory is measured by it: it is Unix's

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
TARGETS = re.findall(r'^    "([a-z-]+)": Target\(', (FUZZ / "targets.py").read_text(encoding="utf-8"), re.MULTILINE)
EXAMPLES = 5  # of each target

# A table of targets that break in the ways that a program can.
BROKEN = """
import ctypes, json
from example import Example
from hypothesis import strategies as st
from targets import Target
from checks import fail

def inputs():
    return st.lists(st.integers(), max_size=20).map(lambda numbers: Example([], {"NUMBERS": json.dumps(numbers)}))

def broken(deed):
    def run(tried):
        numbers = json.loads(tried.env["NUMBERS"])
        if len(numbers) > 2:
            deed(numbers)
        return True
    return Target(inputs, run)

kept = []

def large(numbers):
    kept.append(bytes(b"x" * (320 * 1024 * 1024)))

TARGETS = {
    "promise": broken(lambda numbers: fail("a promise", f"of {len(numbers)} numbers")),
    "crash": broken(lambda numbers: ctypes.string_at(0)),
    "hang": broken(lambda numbers: 7 ** (10 ** 9)),
    "memory": broken(large),
    "sound": broken(lambda numbers: None),
}
"""


def fuzz(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FUZZ / "fuzz.py"), "--folder", str(folder / "found"), "--seed", "1", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_there_are_targets_for_all_that_comes_from_strangers():
    assert {
        "policy",
        "policy-without-libyaml",
        "events",
        "facts",
        "templates",
        "answers",
        "conversations",
        "addresses",
        "mail-answers",
        "api",
    } == set(TARGETS)


@pytest.mark.long
def test_each_target_runs_and_finds_nothing(tmp_path: Path):
    done = fuzz(tmp_path, "--examples", str(EXAMPLES))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [row.split() for row in done.stdout.splitlines()[1:]]
    assert {name for name, *_ in rows} == set(TARGETS)
    for name, examples, valid, findings, *_ in rows:
        assert findings == "0", name
        assert int(examples) >= EXAMPLES, name
        assert int(valid) > 0, name


@pytest.mark.parametrize(
    "told",
    [
        {
            "promise": r"promise: a promise",
            "crash": r"crash: the process died of SIGSEGV",
            "memory": r"memory: more than 300 MiB",
            "sound": None,
        },
        {"hang": r"hang: a hang of more than 1 s"},
    ],
    ids=" ".join,
)
def test_what_is_broken_on_purpose_is_found_and_can_be_repeated(told: dict[str, str | None], tmp_path: Path):
    table = tmp_path / "broken.py"
    table.write_text(BROKEN, encoding="utf-8")
    done = fuzz(tmp_path, "--table", str(table), "--examples", "50", *(["--patience", "1"] if "hang" in told else []), *told)
    assert done.returncode == 1, done.stdout + done.stderr
    for target, words in told.items():
        places = list((tmp_path / "found").glob(f"{target}-????????"))
        if words is None:
            assert (places, re.search(rf"^{target} +50 +\d+ +0 ", done.stdout, re.MULTILINE) is None) == ([], False), done.stdout
            continue
        assert re.search(words, done.stdout)
        [place] = places
        assert (place / "input.json").stat().st_size
        assert f"--repeat {place}" in (place / "what.txt").read_text(encoding="utf-8")
        if target == "promise":
            assert '"[0, 0, 0]"' in (place / "input.json").read_text(encoding="utf-8")
            again = fuzz(tmp_path, "--table", str(table), "--repeat", str(place))
            assert again.returncode == 1
            assert "of 3 numbers" in again.stdout


def test_what_is_sound_passes(tmp_path: Path):
    table = tmp_path / "broken.py"
    table.write_text(BROKEN, encoding="utf-8")
    done = fuzz(tmp_path, "--table", str(table), "--examples", "50", "sound")
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "found").glob("sound-*")) == []
