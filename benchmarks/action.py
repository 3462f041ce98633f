"""The whole step under a runner, from its start of main to its end, beside a bare node action that posts the same message with fetch.

    python benchmarks/action.py                 this checkout, its packages installed once into the tool cache
    python benchmarks/action.py --tree DIR      a release tree

Both are steps of one job that `act` runs; they take turns at being first, and what is printed are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CARRIED = ("action.yml", "plugins/github", "src", "release", "pyproject.toml", "README.md", "LICENSE")
BARE = {
    "action.yml": "name: bare\ndescription: post a message\nruns: {using: node24, main: main.js}\n",
    "main.js": """\
const body = require("node:fs").readFileSync(`${__dirname}/message.json`);
fetch(process.env.SLACK_WEBHOOK_URL, { method: "POST", headers: { "content-type": "application/json" }, body }).then((answer) => {
  process.exitCode = answer.ok ? 0 : 1;
});
""",
    "message.json": '{"text": "warm up"}',
}
POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: trigger, send_to: team}]\n"


class Handler(BaseHTTPRequestHandler):
    """Slack, which takes everything and keeps the last message in `last`."""

    protocol_version = "HTTP/1.1"
    last = b""

    def do_POST(self) -> None:
        """Take a message."""
        Handler.last = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--tree", type=Path, help="a release tree (default: this checkout)")
    words.add_argument("--rounds", type=int, default=15)
    asked = words.parse_args()
    if not shutil.which("act"):
        sys.exit("act is not installed: ./dev bench brings it")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        repository = prepare(Path(folder), asked.tree)
        run = Runner(repository, Path(folder), f"http://127.0.0.1:{server.server_address[1]}/slack")
        run(["tocsin"])  # installs what a source checkout needs, and shows the message
        (repository / "bare" / "message.json").write_bytes(Handler.last)
        rounds = [run(["tocsin", "bare"] if number % 2 else ["bare", "tocsin"]) for number in range(asked.rounds + 1)][1:]
    server.shutdown()
    medians = {name: statistics.median(taken[name] for taken in rounds) for name in ("bare", "tocsin")}
    print(f"{'one Slack message, main of the step, median':<46} {'ms':>8}")
    print(f"{'a bare node action with fetch':<46} {medians['bare'] * 1000:8.0f}")
    print(f"{'tocsin, from ' + ('a release tree' if asked.tree else 'a checkout'):<46} {medians['tocsin'] * 1000:8.0f}")
    print(f"{'tocsin / bare':<46} {medians['tocsin'] / medians['bare']:8.2f}")


def prepare(folder: Path, tree: Path | None) -> Path:
    """A repository that holds both actions and a policy."""
    repository = folder / "payments"
    if tree:
        shutil.copytree(tree, repository / "tocsin")
    else:
        for name in CARRIED:
            target = repository / "tocsin" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, target)
    (repository / "bare").mkdir()
    for name, text in BARE.items():
        (repository / "bare" / name).write_text(text)
    (repository / ".tocsin.yml").write_text(POLICY)
    (repository / ".github" / "workflows").mkdir(parents=True)
    for words in (["init", "-q", "-b", "main"], ["remote", "add", "origin", "https://github.com/acme/payments"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    return repository


class Runner:
    """Runs a job with the actions as its steps, and gives the seconds of each one's main."""

    def __init__(self, repository: Path, folder: Path, url: str) -> None:
        self.repository, self.cache, self.url = repository, folder / "act", url
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # this Python is the first, as a hosted image's is
        self.env = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"}

    def __call__(self, actions: list[str]) -> dict[str, float]:
        """Run the actions in this order."""
        steps = "".join(f"      - uses: ./{name}\n        env: {{SLACK_WEBHOOK_URL: '{self.url}'}}\n" for name in actions)
        job = f"on: push\njobs:\n  time:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v7\n{steps}"
        (self.repository / ".github" / "workflows" / "time.yml").write_text(job)
        for words in (
            ["add", "-A"],
            ["-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-q", "--allow-empty", "-m", "time"],
        ):
            subprocess.run(["git", *words], cwd=self.repository, check=True)
        command = ["act", "push", "--json", "--rm", "--no-cache-server", "-P", "ubuntu-latest=-self-hosted", "--action-cache-path"]
        done = subprocess.run([*command, str(self.cache)], cwd=self.repository, env=self.env, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the job failed:\n{done.stdout}\n{done.stderr}")
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        mine = [line for line in lines if line.get("stage") == "Main" and "executionTime" in line]
        return {name: line["executionTime"] / 1e9 for name in actions for line in mine if line["step"] == f"./{name}"}


if __name__ == "__main__":
    main()
