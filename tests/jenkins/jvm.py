"""Jenkins's own engine, as far as Maven Central has it: runs Jenkinsfiles with the shared library, for real but for the controller.

harness/ has the steps, in Java. A case says what a build is about, as cases.yml tells; `run` runs many in one JVM.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from runners import require
from workers import shared_folder

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
LIBRARY = ROOT / "plugins" / "jenkins"
CPS = {"cps": "1.31", "sandbox": "1.24", "plain": "1.31"}  # the sandbox's transformer is the last that groovy-sandbox 1.19 fits
JARS = ("groovy-all-2.4.21.jar", "groovy-sandbox-1.19.jar", "guava-11.0.1.jar")
OPENED = ("java.lang", "java.util", "java.io")
# A JVM lives for seconds here, so that it gains nothing by optimising much.
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED))


class Ran(NamedTuple):
    """What became of a build. `thrown` is the exception's class, `log` what a person reads."""

    name: str
    log: str
    result: str
    thrown: str | None
    message: str | None
    where: str
    batches: list[dict[str, Any]]
    steps: int
    frozen: int

    @property
    def said(self) -> list[str]:
        """The lines of the log that are tocsin's own talk."""
        return [line for line in self.log.splitlines() if line.startswith("tocsin: ")]


class Harness(NamedTuple):
    """The compiled harness, the folder of the jars, and the library that it runs."""

    classes: Path
    jars: Path
    library: Path = LIBRARY

    def run(self, engine: str, cases: Sequence[Mapping[str, Any]], folder: Path) -> tuple[dict[str, Ran], list[str]]:
        """What became of each case, by its name; and which signatures of the sandbox's list were not used."""
        (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
        path = [self.classes, *(self.jars / name for name in (f"groovy-cps-{CPS[engine]}.jar", *JARS))]
        words = ["harness.Main", engine, self.library, HERE / "harness" / "allowed.txt", folder / "cases.json", folder / "results.json"]
        command = [*JAVA, "-cp", os.pathsep.join(map(str, path)), *map(str, words)]
        env = {**os.environ, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, timeout=500, check=False)
        assert done.returncode == 0, done.stdout
        written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        return {result["name"]: Ran(**result) for result in written["results"]}, written["unused"]


def compiled(factory: pytest.TempPathFactory) -> Harness:
    """The harness, compiled once for all workers. Skips where Java or the jars are absent, and fails where TOCSIN_REQUIRE_RUNNERS=1."""
    for program in ("java", "javac"):
        require(program)
    jars = Path(os.environ.get("TOCSIN_JENKINS_JARS") or max((ROOT / ".dev" / "runners").glob("jenkins-*"), default=".dev/runners"))
    needed = [jars / name for name in (*JARS, *(f"groovy-cps-{version}.jar" for version in sorted(set(CPS.values()))))]
    missing = [path.name for path in needed if not path.is_file()]
    if missing:
        why = f"{jars} lacks {', '.join(missing)}: `./dev tests` fetches them by mvn; TOCSIN_JENKINS_JARS names another folder"
        (pytest.fail if os.environ.get("TOCSIN_REQUIRE_RUNNERS") == "1" else pytest.skip)(why)
    sources = [str(path) for path in sorted((HERE / "harness").rglob("*.java"))]
    path = os.pathsep.join(str(jar) for jar in needed if "1.31" not in jar.name)
    fast = ("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-proc:none", "-nowarn", "-XDsuppressNotes")
    classes = shared_folder(factory) / "jenkins-harness"
    if not classes.exists():
        made = factory.mktemp("harness")
        subprocess.run(["javac", *fast, "-d", str(made), "-cp", path, *sources], check=True)
        with contextlib.suppress(OSError):  # another worker was faster
            made.rename(classes)
    return Harness(classes, jars)


def wrapper(folder: Path, name: str, command: str) -> Path:
    """A program of that name in a folder."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    path.chmod(0o755)
    return folder


STARTED = f'"{sys.executable}" -I -m tocsin'


def tools(folder: Path, program: str = STARTED) -> dict[str, str]:
    """What PATH can be on an agent, where `program` is tocsin: with tocsin, with a Python or a make alone, with nothing, with a tocsin that shows its words, hangs or is ended."""
    python = f'exec "{sys.executable}" "$@"'
    make = wrapper(folder / "make", "make", "case $1 in test) exit ${TEST:-0};; deploy) exit ${DEPLOY:-0};; esac")
    return {
        "make": str(make),
        "tocsin": f"{make}:" + str(wrapper(folder / "tocsin", "tocsin", f'exec {program} "$@"')) + ":/usr/bin:/bin",
        "python": str(wrapper(folder / "python", "python3", python)),
        "nothing": str(folder / "nothing"),
        "shows": str(wrapper(folder / "shows", "tocsin", 'printf "[%s]" "$@"; printf "\\n%s\\n" "$TOCSIN_TESTS"')) + ":/usr/bin:/bin",
        "hangs": str(wrapper(folder / "hangs", "tocsin", ': >"$MARK"\nexec sleep 60')) + ":/usr/bin:/bin",
        "late": str(wrapper(folder / "late", "tocsin", "kill -ALRM $$")) + ":/usr/bin:/bin",
    }
