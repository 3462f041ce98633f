"""Break the code in small ways, one at a time, and show which breakages no test notices.

    python .ci/mutate.py [PATH …]        source files or folders; without one, all that the table names

mutmut makes the breakages and runs the tests that call the broken function, in forks of one process. pyproject.toml says under
tool.tocsin.mutation which tests hold which file: only such as wait for nothing and start no process. Each file is broken in a folder
of build/mutation, so nothing here changes. Module constants, decorated functions and class bodies are not broken (mutmut 3 does not).
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutation"
MUTMUT = Path(sysconfig.get_path("scripts")) / "mutmut"
# A test that hangs, ends in a fault or runs out of its time has noticed something.
NOTICED = ("killed", "timeout", "segfault")
# Words for people: their text is held by golden files and by the tests of whole commands, not by a file's unit tests.
PROSE = re.compile(r'"[^"]*\w [^"]*"|"[^"]* \w[^"]*"')
SETTINGS = """\
[mutmut]
source_paths=src
only_mutate={file}
also_copy=
    {others}
timeout_multiplier=5
timeout_constant=2
pytest_add_cli_args=
    -q
    -p
    no:cacheprovider
pytest_add_cli_args_test_selection=
    {tests}
"""


class Target(NamedTuple):
    """What is broken: a source file, or `functions` of it; and the tests that should notice."""

    file: Path
    functions: tuple[str, ...]
    tests: tuple[str, ...]


class Result(NamedTuple):
    """How many breakages there were, and each one that no test noticed: a line of the source, and its change."""

    broken: int
    survivors: list[tuple[int, str]]
    seconds: float


def main(paths: list[str]) -> int:
    """Break what is asked for. 1 where more survives than the table allows, 2 where a path is not in the table."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["tocsin"]["mutation"]
    wanted = [Path(path).resolve().relative_to(ROOT) for path in paths]
    targets = [each for each in targets_of(table["tests"]) if not wanted or any(path in (each.file, *each.file.parents) for path in wanted)]
    if not targets:
        print("no such file in the table: see tool.tocsin.mutation in pyproject.toml", file=sys.stderr)
        return 2
    weak = 0
    for target in targets:
        if not target.tests:
            sys.exit(f"no test in the table holds {target.file}: see tool.tocsin.mutation in pyproject.toml")
        result = broken(target)
        for line, change in sorted(result.survivors):
            print(f"{target.file}:{line}: {change}")
        killed = result.broken - len(result.survivors)
        percent = 100 * killed / (result.broken or 1)
        weak += percent < table["min_percent"]
        print(f"{target.file}: {percent:.1f} % of {result.broken} breakages noticed, in {result.seconds:.0f} s", flush=True)
    return 1 if weak else 0


def targets_of(tests: dict[str, list[str]]) -> Iterator[Target]:
    """The rows of the table, `PATTERN` or `PATTERN::FUNCTION,FUNCTION`, one target a file. The tests of a row are patterns too."""
    for row, held_by in tests.items():
        pattern, _, names = row.partition("::")
        found = tuple(path.relative_to(ROOT).as_posix() for each in held_by for path in sorted(ROOT.glob(each)))
        for path in sorted(ROOT.glob(pattern)):
            functions = tuple(name for name in names.split(",") if f"\ndef {name}(" in path.read_text("utf-8"))
            if functions or not names:
                yield Target(path.relative_to(ROOT), functions, found)


def broken(target: Target) -> Result:
    """Run mutmut over one target in a folder of its own."""
    begun = time.monotonic()
    folder = WORK / (".".join((*target.file.with_suffix("").parts[2:], *target.functions)))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    others = [path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in ("build", "dist")]
    for name in others:
        (folder / name).symlink_to(ROOT / name)
    (folder / "setup.cfg").write_text(SETTINGS.format(file=target.file, others=lines(others), tests=lines(target.tests)), "utf-8")
    names = [f"*.x_{function}__mutmut_*" for function in target.functions]
    mutmut(folder, "run", "--max-children", str(os.cpu_count() or 1), *names)
    every = dict(re.findall(r"^ +(\S+): (.+)$", mutmut(folder, "results", "--all", "true"), re.MULTILINE))
    tried = {name: status for name, status in every.items() if status != "not checked"}
    survived = {name: status for name, status in tried.items() if status not in NOTICED}
    places = [survivor(target.file, name, change, survived[name]) for name, change in changes(folder, list(survived)).items()]
    survivors = [place for place in places if place]
    return Result(len(tried) - len(places) + len(survivors), survivors, time.monotonic() - begun)


def lines(values: Iterable[str]) -> str:
    """A list as setup.cfg has it."""
    return "\n    ".join(values)


def changes(folder: Path, names: list[str]) -> dict[str, str]:
    """What breakages change, as `mutmut show` prints it, which takes most of a second for each."""
    from mutmut.configuration import reset_config
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    reset_config()
    os.chdir(folder)  # where it looks for its files
    try:
        return {name: get_diff_for_mutant(name) for name in names}
    finally:
        os.chdir(ROOT)


def survivor(file: Path, name: str, shown: str, status: str) -> tuple[int, str] | None:
    """Where a breakage is, and what it changes; None where it changes nothing but words for people."""
    changed = [line for line in shown.splitlines() if line[:1] in "-+" and line[:3] not in ("---", "+++")]
    old, new = (" ".join(line[1:].strip() for line in changed if line[0] == sign) for sign in "-+")
    if PROSE.search(old) and PROSE.sub('""', old) == PROSE.sub('""', new):
        return None
    source = (ROOT / file).read_text("utf-8").splitlines()
    first = next((line[1:].strip() for line in changed), "")
    begin = beginning("\n".join(source), re.sub(r"^.*?x(?=[_ǁ])|__mutmut_\d+$", "", name.rpartition(".")[2]).strip("_ǁ"))
    line = next((number for number, text in enumerate(source, 1) if number >= begin and first and text.strip() == first), begin)
    return line, f"{old}  →  {new}{'  (no test calls it)' if status == 'no tests' else ''}"


def beginning(source: str, name: str) -> int:
    """The line at which a function begins, or a method, as mutmut calls them: `Class`, a sign, and its name."""
    owner, _, function = name.rpartition("ǁ")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef if owner else ast.Module) and (not owner or getattr(node, "name", "") == owner):
            for child in ast.walk(node):
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and child.name.strip("_") == function.strip("_"):
                    return child.lineno
    return 1


def mutmut(folder: Path, *words: str) -> str:
    """Run mutmut and give what it prints; end the program with its words where it fails."""
    done = subprocess.run([MUTMUT, *words], cwd=folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if done.returncode:
        sys.exit(f"mutmut {words[0]} failed in {folder}:\n{done.stdout[-4000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
