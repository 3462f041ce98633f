"""The start of a release from cold, as every job has it: a fresh checkout, in which no run has written bytecode yet.

    python benchmarks/release.py [TREE]       TREE is what `./dev release` builds (default: build/release)

Cold is the first run of a copy that nothing has run from. Warm is a run of a copy that has run before. The third is cold too, of a copy
without the bytecode that is shipped. Medians of rounds that take turns, for each Python at hand that the release is for.
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
from typing import NamedTuple

from run import Handler, Server, environment, measure, slack_policy

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "release"))

from layout import BYTECODE_OF_SES, TARGETS  # noqa: E402  found by the line above
from pythons import find_pythons  # noqa: E402

TARGET = 1.2  # cold over warm
START = "import sys; sys.path[:0] = sys.argv[1:3]; sys.argv[:3] = ['tocsin']; from tocsin.cli import entry; entry()"
LOADS = "import sys; sys.path[:0] = sys.argv[1:]; import pydantic_core"
SES = 'channels:\n  mail: {kind: ses, region: eu-west-1, from: ci@example.com, endpoint_url: "${SES_URL}", '
SES += 'access_key_id: "${ID}", secret_access_key: "${SECRET}"}\nnotifications:\n  - {on: failure, send_to: a@example.com}\n'


class Services(Handler):
    """Slack, and the SES API."""

    def do_POST(self) -> None:  # noqa: N802  the base class's name
        """Take a message."""
        if not self.path.startswith("/v2/email"):
            return super().do_POST()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "18")
        self.end_headers()
        self.wfile.write(b'{"MessageId": "1"}')
        return None


class Case(NamedTuple):
    """One message by one Python."""

    name: str
    python: str
    policy: str
    shipped: bool  # with all its bytecode, by release/layout.py

    def command(self, tree: Path) -> list[str]:
        """The command line."""
        start = [self.python, "-I", "-X", "utf8", "-c", START, str(tree / "src"), str(tree / "vendor")]
        return [*start, "send", "completion", "--status", "failure", "--strict", "--policy", self.policy]


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description="Cold against warm starts of a release.")
    words.add_argument("tree", nargs="?", type=Path, default=ROOT / "build" / "release")
    words.add_argument("--rounds", type=int, default=9)
    asked = words.parse_args()
    server = Server(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), server.server_address[1]
        env = {**environment(port), "SES_URL": f"http://127.0.0.1:{port}", "ID": "AKIAEXAMPLE0000000", "SECRET": "secret-key"}
        print(f"{'whole process, median ms':<28} {'cold':>8} {'warm':>8} {'ratio':>6} {'no bytecode shipped':>20}")
        for case in cases(asked.tree, folder):
            cold, warm, bare = (
                statistics.median(times) * 1000 for times in zip(*rounds(case, asked.tree, folder, env, asked.rounds), strict=True)
            )
            missed = "" if cold / warm <= TARGET else f"   over {TARGET}" + ("" if case.shipped else ": its bytecode is not shipped")
            print(f"{case.name:<28} {cold:8.0f} {warm:8.0f} {cold / warm:6.2f} {bare:20.0f}{missed}")
    server.shutdown()


def cases(tree: Path, folder: Path) -> list[Case]:
    """Slack and SES by each Python that is at hand and that the release loads in."""
    policies = {"Slack": slack_policy(folder, "slack.yml", 1), "SES": str(folder / "ses.yml")}
    (folder / "ses.yml").write_text(SES)
    wanted = {target.python for target in TARGETS}
    pythons = {version: python for version, python in find_pythons().items() if version in wanted and _loads(python, tree)}
    return [
        Case(f"{kind}, Python {version}", python, policy, kind != "SES" or version in BYTECODE_OF_SES)
        for kind, policy in policies.items()
        for version, python in pythons.items()
    ]


def _loads(python: str, tree: Path) -> bool:
    command = [python, "-I", "-B", "-c", LOADS, str(tree / "src"), str(tree / "vendor")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def rounds(case: Case, tree: Path, folder: Path, env: dict[str, str], count: int) -> list[tuple[float, float, float]]:
    """The seconds of each round: cold, warm, and cold without the bytecode that is shipped."""
    warm = Path(shutil.copytree(tree, folder / "warm"))
    measure(case.command(warm), env)
    taken = []
    for _ in range(count):
        cold, bare = Path(shutil.copytree(tree, folder / "cold")), folder / "bare"
        shutil.copytree(tree, bare, ignore=shutil.ignore_patterns("__pycache__"))
        first, again, last = (measure(case.command(where), env).wall for where in (cold, warm, bare))
        taken.append((first, again, last))
        shutil.rmtree(cold)
        shutil.rmtree(bare)
    shutil.rmtree(warm)
    return taken


if __name__ == "__main__":
    main()
