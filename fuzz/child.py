"""The process of one target: example after example until its time is over. `fuzz.py` starts it and watches it.

Before each example its input is kept in a file, so that whatever ends this process, the input is there.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import importlib.util
import json
import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import home

HERE = Path(__file__).resolve().parent
MIB = 1024 * 1024
GROWTH_MAX_MIB = 300  # what the program promises
ADDRESSES_MAX_BYTES = 4096 * MIB  # of address space, threads' stacks included: what takes more would take the machine
SHRINK_SECONDS = 20.0
ROUND = 300  # examples
TOO_MUCH = 5  # exit code: the promise on memory is broken, and the peak hides what comes after


class RoundOver(KeyboardInterrupt):
    """The time for a round, or for finding a shorter input, is over: the one exception that Hypothesis lets through."""


class Beat:
    """A file that says how far this process is: a line of JSON, always of the same length."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self.examples = self.valid = self.findings = self.peak = 0

    def tell(self, *, running: bool) -> None:
        """Write it down."""
        words = {"examples": self.examples, "valid": self.valid, "findings": self.findings, "peak": self.peak, "running": running}
        os.pwrite(self._file, json.dumps(words).ljust(200).encode(), 0)


class Explorer:
    """Runs the examples of a target and keeps what it finds, each kind of fault once with its shortest input."""

    def __init__(self, name: str, run: Any, beat: Beat, folder: Path) -> None:
        self.name, self._run, self._beat, self._folder = name, run, beat, folder
        self._input = os.open(folder / f"{name}.input", os.O_RDWR | os.O_CREAT, 0o644)
        self._memory = Memory()
        self.known: set[str] = set()
        self._found: tuple[str, str, bytes] | None = None
        self._shrink_until = 0.0

    def try_one(self, tried: Any) -> None:
        """Run one example; raise what is found, so that Hypothesis looks for a shorter one."""
        from checks import Finding

        if self._found and time.monotonic() > self._shrink_until:
            raise RoundOver
        data = tried.to_json()
        os.pwrite(self._input, data, 0)
        os.ftruncate(self._input, len(data))
        self._beat.examples += 1
        self._memory.reset()
        self._beat.tell(running=True)
        try:
            self._beat.valid += bool(self._run(tried))
        except Finding as finding:
            if finding.kind not in self.known:
                self._keep(finding.kind, finding.text, data)
                raise
        finally:
            self._beat.tell(running=False)
        self._beat.peak = max(self._beat.peak, self._memory.growth())
        if self._memory.growth() > GROWTH_MAX_MIB:
            self._write("more than 300 MiB", f"the memory grew by {self._memory.growth()} MiB", data)
            os._exit(TOO_MUCH)

    def _keep(self, kind: str, text: str, data: bytes) -> None:
        if not self._found:
            self._shrink_until = time.monotonic() + SHRINK_SECONDS
        if not self._found or (self._found[0] == kind and len(data) <= len(self._found[2])):
            self._found = kind, text, data

    def end_round(self) -> None:
        """Write what the round found."""
        if self._found:
            self._write(*self._found)
            self.known.add(self._found[0])
            self._found = None

    def _write(self, kind: str, text: str, data: bytes) -> None:
        self._beat.findings += 1
        self._beat.tell(running=False)
        write_finding(self._folder, self.name, kind, text, data)


def write_finding(folder: Path, name: str, kind: str, text: str, data: bytes) -> Path:
    """Keep a finding in a folder of its own, with words on how to repeat it."""
    place = folder / f"{name}-{hashlib.sha256(kind.encode()).hexdigest()[:8]}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "input.json").write_bytes(data)
    told = f"{name}: {kind}\n\n{text}\n\nRepeat it:  ./dev fuzz --repeat {place}\n"
    (place / "what.txt").write_text(told, encoding="utf-8", errors="backslashreplace")
    return place


class Memory:
    """How much more memory this process had at most than at `reset`, in MiB. Where the system cannot forget the peak, than at the start."""

    def __init__(self) -> None:
        self._start = self._peak()

    def reset(self) -> None:
        """Count from now."""
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # https://docs.kernel.org/filesystems/proc.html
            self._start = self._peak()

    def growth(self) -> int:
        """MiB since then."""
        return (self._peak() - self._start) // MIB

    def _peak(self) -> int:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024  # getrusage(2)


def explore(explorer: Explorer, inputs: Any, *, seconds: float | None, examples: int | None, first_seed: int) -> None:
    """Rounds of examples with fresh seeds, until the time is over or there were so many."""
    from checks import Finding
    from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
    from hypothesis.errors import HypothesisException

    end = time.monotonic() + seconds if seconds else None
    number = first_seed
    while end is None or time.monotonic() < end:

        def trial(tried: Any) -> None:
            if end and time.monotonic() > end:
                raise RoundOver
            explorer.try_one(tried)

        how = settings(
            max_examples=examples or ROUND,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
        )
        with suppress(HypothesisException, RoundOver, Finding):
            seed(number)(how(given(inputs)(trial)))()  # type: ignore[no-untyped-call]  # given() gives no types
        explorer.end_round()
        if examples:
            return
        number += 1


def main() -> int:
    """Explore a target, or repeat one example of it."""
    words = _arguments()
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES_MAX_BYTES, ADDRESSES_MAX_BYTES))
    home.stay_at_home()
    target = _table(words.table)[words.target]
    if not target.libyaml:
        sys.modules["yaml.cyaml"] = None  # type: ignore[assignment]  # what an import of it then fails by
    import targets

    from tocsin.policy import nodes

    nodes.LIBYAML_FROM_CHARS = 0  # what is tried is short
    run = target.run or targets.run
    if words.repeat:
        return _repeat(run, Path(words.repeat))
    explorer = Explorer(words.target, run, Beat(words.folder / f"{words.target}.beat"), words.folder)
    explorer.known |= set(words.known)
    explore(explorer, target.inputs(), seconds=words.seconds, examples=words.examples, first_seed=words.seed)
    return 0


def _repeat(run: Any, folder: Path) -> int:
    import example
    from checks import Finding

    tried, memory = example.from_json((folder / "input.json").read_bytes()), Memory()
    try:
        run(tried)
    except Finding as finding:
        print(finding.kind, finding.text, sep="\n\n")
        return 1
    print(f"Nothing is found. The memory grew by {memory.growth()} MiB.")
    return 0


def _table(path: str | None) -> Any:
    """The targets of a file, by its path; without one our own."""
    place = Path(path) if path else HERE / "targets.py"
    spec = importlib.util.spec_from_file_location("targets" if not path else "other_targets", place)
    if not spec or not spec.loader:
        raise SystemExit(f"{place} is no table of targets")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.TARGETS


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--examples", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table")
    parser.add_argument("--known", action="append", default=[])
    parser.add_argument("--repeat")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
