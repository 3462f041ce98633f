"""One Slack message from a cold start, beside the fastest peer that does the same: what slackapi/slack-github-action is made of.

    python benchmarks/start.py          builds the peer once in .dev/peer, by npm

The peer is a bundle (ncc) of @actions/core and @slack/webhook, run by node 24. Both take turns, round by round, and each round gives a
ratio: the median of the ratios holds on a machine that others use too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from run import Handler, Server, environment, slack_policy

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / ".dev" / "peer"
TARGET = 0.8  # ours over the peer's, CPU and wall time


class Cost(NamedTuple):
    """What a whole process took, in ms: user and system time, and wall time."""

    cpu: float
    wall: float


def cost(command: list[str], env: dict[str, str]) -> Cost:
    """Run one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}: {said.decode(errors='replace')}")
    return Cost((usage.ru_utime + usage.ru_stime) * 1000, wall * 1000)


def peer() -> list[str]:
    """The command that runs the peer; it is built where it is not there yet."""
    if not (BUILT / "bundle" / "index.mjs").exists():
        if not shutil.which("npm"):
            sys.exit("npm is not installed, so the peer cannot be built: nothing is measured")
        BUILT.mkdir(parents=True, exist_ok=True)
        for file in (HERE / "peer").iterdir():
            shutil.copy2(file, BUILT)
        quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        subprocess.run(["npm", "install", *quiet], cwd=BUILT, check=True)
        subprocess.run(["npx", "ncc", "build", "peer.mjs", "--minify", "--out", "bundle"], cwd=BUILT, check=True, stdout=subprocess.DEVNULL)
    return [str((BUILT / "node_modules" / ".bin" / "node").resolve()), str(BUILT / "bundle" / "index.mjs")]


def main() -> None:
    """Print the table; exit 0 whether or not the target is met."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=25)
    count = words.parse_args().rounds
    cases = {"bare Python": [sys.executable, "-I", "-c", ""], "peer": peer()}
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        env = environment(server.server_address[1])
        policy = slack_policy(Path(name), "one.yml", 1)
        start = [sys.executable, "-I", "-X", "utf8", "-m", "tocsin"]  # as the plug-ins do
        cases["tocsin"] = [*start, "send", "completion", "--status", "failure", "--strict", "--policy", policy]
        for command in cases.values():
            cost(command, env)
        taken = [{case: cost(command, env) for case, command in cases.items()} for _ in range(count)]
    server.shutdown()
    print(f"{'one Slack message, whole process':<34}{'CPU ms: median':>15}{'least':>8}{'wall ms: median':>17}{'least':>8}")
    for case in cases:
        cpu, wall = ([getattr(row[case], unit) for row in taken] for unit in Cost._fields)
        print(f"{case:<34}{statistics.median(cpu):15.1f}{min(cpu):8.1f}{statistics.median(wall):17.1f}{min(wall):8.1f}")
    for unit in Cost._fields:
        ratio = statistics.median(getattr(row["tocsin"], unit) / getattr(row["peer"], unit) for row in taken)
        print(f"tocsin / peer, {unit}: {ratio:.2f} (target {TARGET}{'' if ratio <= TARGET else ', MISSED'})")


if __name__ == "__main__":
    main()
