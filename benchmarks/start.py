"""One Slack message from a cold start, beside the fastest peer that does the same: what slackapi/slack-github-action is made of.

    python benchmarks/start.py          builds the peer once in .dev/peer, by npm

The peer is a bundle (ncc) of @actions/core and @slack/webhook, run by node 24. Both take turns, round by round, and each round gives a
ratio: the median of the ratios holds on a machine that others use too.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from run import Handler, Server, environment, rounds, slack_policy, token_policy

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / ".dev" / "peer"
TARGETS = {("tocsin", "peer"): 0.8, ("tocsin by token", "tocsin"): 1.1}  # the first over the second, CPU and wall time
UNITS = ("cpu", "wall")  # of run.Cost


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
    """Print the table; exit 0 whether or not a target is met."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=25)
    count = words.parse_args().rounds
    cases = {"bare Python": [sys.executable, "-I", "-c", ""], "peer": peer()}
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        env = environment(server.server_address[1])
        send = [sys.executable, "-I", "-X", "utf8", "-m", "tocsin", "send", "completion"]  # as the plug-ins do
        send += ["--status", "failure", "--strict", "--policy"]
        cases["tocsin"] = [*send, slack_policy(Path(name), "one.yml", 1)]
        cases["tocsin by token"] = [*send, token_policy(Path(name), "token.yml")]
        taken = rounds(cases, env, count)
    server.shutdown()
    print(f"{'one Slack message, whole process':<34}{'CPU ms: median':>15}{'least':>8}{'wall ms: median':>17}{'least':>8}")
    for case in cases:
        cpu, wall = ([getattr(row[case], unit) * 1000 for row in taken] for unit in UNITS)
        print(f"{case:<34}{statistics.median(cpu):15.1f}{min(cpu):8.1f}{statistics.median(wall):17.1f}{min(wall):8.1f}")
    for (ours, beside), target in TARGETS.items():
        for unit in UNITS:
            ratio = statistics.median(getattr(row[ours], unit) / getattr(row[beside], unit) for row in taken)
            print(f"{ours} / {beside}, {unit}: {ratio:.2f} (target {target}{'' if ratio <= target else ', MISSED'})")


if __name__ == "__main__":
    main()
