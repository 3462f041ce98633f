"""`./dev fuzz --minutes N [TARGET …]`: feed the program what nobody expects, and keep what breaks it.

A process a target, two at a time. This one watches them without their help: a crash, a hang and too much memory are findings as much as
a broken promise. Findings go to build/fuzz/TARGET-HASH/; `./dev fuzz --repeat FOLDER` runs one again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from child import TOO_MUCH, write_finding
from targets import TARGETS

PATIENCE_SECONDS = 20.0  # of computing, for one example; its own budgets are 3 s
WALL_FACTOR = 3  # so many times as long by the wall clock: the machine may be busy
LAST_WORDS_SECONDS = 2.0  # for a hanging process to write where it hangs
FINDINGS_MAX = 20  # of one target: with more, what matters is known


class Watch:
    """The process of one target, started again after each end that is not its own wish."""

    def __init__(self, name: str, words: argparse.Namespace) -> None:
        self.name, self._words, self.folder = name, words, words.folder
        self.end = time.monotonic() + words.minutes * 60
        self.totals = {"examples": 0, "valid": 0, "peak": 0}
        self.found: list[Path] = []
        self._seed = words.seed if words.seed is not None else random.randrange(2**31)
        for left in self.folder.glob(f"{name}-????????"):
            if (left / "input.json").is_file():
                (left / "input.json").unlink()
                (left / "what.txt").unlink(missing_ok=True)
        self._start()

    def _start(self) -> None:
        beat = self.folder / f"{self.name}.beat"
        beat.unlink(missing_ok=True)
        command = [sys.executable, str(HERE / "child.py"), self.name, "--folder", str(self.folder), "--seed", str(self._seed)]
        command += (
            ["--examples", str(self._words.examples)] if self._words.examples else ["--seconds", f"{self.end - time.monotonic():.0f}"]
        )
        command += ["--table", self._words.table] if self._words.table else []
        command += [f"--known={kind}" for kind in self._kinds()]
        with (self.folder / f"{self.name}.err").open("wb") as err:
            env = {**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"}
            self.process = subprocess.Popen(command, stdout=err, stderr=err, env=env)
        self._seen, self._since, self._cpu = "", time.monotonic(), 0.0

    def _kinds(self) -> list[str]:
        return [text.partition("\n")[0].partition(": ")[2] for text in (self._what(place) for place in self._folders())]

    def _folders(self) -> list[Path]:
        return sorted(path.parent for path in self.folder.glob(f"{self.name}-????????/what.txt"))

    def _what(self, place: Path) -> str:
        return (place / "what.txt").read_text(encoding="utf-8")

    def poll(self) -> bool:
        """Look after it; whether it goes on."""
        beat = self._beat_text()
        if beat != self._seen:
            self._seen, self._since, self._cpu = beat, time.monotonic(), cpu_seconds(self.process.pid)
        code = self.process.poll()
        if code is None and self._hangs():
            self._kill()
            code = None
        elif code is None:
            return True
        self._take_over(code)
        if code == 0 or len(self._folders()) >= FINDINGS_MAX or self._words.examples or self.end - time.monotonic() < 2:
            return False
        self._seed += 1000
        self._start()
        return True

    def _hangs(self) -> bool:
        """One example takes too long, or, with more patience, what is between examples."""
        patience = self._words.patience if '"running": true' in self._seen else 10 * PATIENCE_SECONDS
        return cpu_seconds(self.process.pid) - self._cpu > patience or time.monotonic() - self._since > WALL_FACTOR * patience

    def _kill(self) -> None:
        self.process.send_signal(signal.SIGABRT)  # faulthandler writes where every thread is, without the interpreter's help
        try:
            self.process.wait(LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _take_over(self, code: int | None) -> None:
        """Add up what the process has told, and write the finding that its end is."""
        beat: dict[str, Any] = json.loads(self._beat_text() or "{}")
        for name in ("examples", "valid"):
            self.totals[name] += beat.get(name, 0)
        self.totals["peak"] = max(self.totals["peak"], beat.get("peak", 0))
        if code in (0, TOO_MUCH):
            return
        told = (self.folder / f"{self.name}.err").read_text(encoding="utf-8", errors="replace")[-20_000:]
        if code is None:
            kind = f"a hang of more than {self._words.patience:g} s at {_place(told)}"
        elif code < 0:
            kind = f"the process died of {signal.Signals(-code).name} at {_place(told)}"
        else:
            kind = f"the fuzzer itself failed, exit code {code}"
        data = (self.folder / f"{self.name}.input").read_bytes() if (self.folder / f"{self.name}.input").is_file() else b""
        write_finding(self.folder, self.name, kind, told, data)

    def _beat_text(self) -> str:
        path = self.folder / f"{self.name}.beat"
        return path.read_text(encoding="ascii") if path.is_file() else ""

    def row(self) -> str:
        """What is printed of the target."""
        found = len(self._folders())
        return f"{self.name:24} {self.totals['examples']:>9,} {self.totals['valid']:>9,} {found:>9} {self.totals['peak']:>9} MiB"

    def summaries(self) -> list[str]:
        """A line a finding: what, and where it is kept."""
        return [f"{self._what(place).partition(chr(10))[0]}\n    {place}" for place in self._folders()]


def cpu_seconds(pid: int) -> float:
    """Seconds that a process has computed; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime: proc_pid_stat(5)


def _place(told: str) -> str:
    """The innermost line of the program, as faulthandler tells it of the thread that was at work."""
    lines = re.findall(r'File "[^"]*/src/(tocsin/[^"]+)", line (\d+)', told)
    return ":".join(lines[0]) if lines else "an unknown place"


def main() -> int:
    """Run the targets, print a row for each, and fail where something was found."""
    words = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that no child is left behind
    if words.repeat:
        name = Path(words.repeat).resolve().name.rpartition("-")[0]
        table = ["--table", words.table] if words.table else []
        return subprocess.run([sys.executable, str(HERE / "child.py"), name, "--repeat", words.repeat, *table], check=False).returncode
    words.folder.mkdir(parents=True, exist_ok=True)
    waiting = deque(words.targets or TARGETS)
    running: list[Watch] = []
    ended: list[Watch] = []
    print(f"{'target':24} {'examples':>9} {'valid':>9} {'findings':>9} {'memory':>13}", flush=True)
    try:
        while waiting or running:
            while waiting and len(running) < words.at_once:
                running.append(Watch(waiting.popleft(), words))
            time.sleep(0.2)
            for watch in list(running):
                if not watch.poll():
                    running.remove(watch)
                    ended.append(watch)
                    print(watch.row(), flush=True)
    finally:
        for watch in running:
            watch.process.kill()
    findings = [line for watch in ended for line in watch.summaries()]
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="Feed the program what nobody expects.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)} (default: all)")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each target (default: 10)")
    parser.add_argument("--repeat", metavar="FOLDER", help="run the input of a finding again")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="processes at a time (default: 2)")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="where findings go (default: build/fuzz)")
    parser.add_argument("--examples", type=int, help="so many instead of minutes")
    parser.add_argument("--seed", type=int, help="where the rounds begin (default: anew each time)")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE_SECONDS, metavar="SECONDS", help="seconds of computing for one example (default: 20)"
    )
    parser.add_argument("--table", help="a file with other targets")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
