"""The step as the runner starts it, main and then post, by each Python named, on a machine whose only network is loopback.

    unshare --net python offline.py TREE FOLDER PYTHON...       prints as JSON what there was and what arrived

In a network namespace of its own loopback is down at first; this brings it up.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

UP, GET_FLAGS, SET_FLAGS = 0x1, 0x8913, 0x8914  # IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS of Linux
POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: [trigger, failure], send_to: team}]\n"


class Slack(HTTPServer):
    """Takes every message."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """One message."""

    def do_POST(self) -> None:
        """Keep its first line."""
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def raise_loopback() -> None:
    """Bring `lo` up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        name, flags = struct.unpack("16sh", fcntl.ioctl(held, GET_FLAGS, struct.pack("16sh", b"lo", 0)))
        if not flags & UP:
            fcntl.ioctl(held, SET_FLAGS, struct.pack("16sh", name, flags | UP))


def environment(folder: Path, python: str, url: str) -> dict[str, str]:
    """What the runner tells the step, and nothing of this machine's but the path. Nothing leads to a package index."""
    for name in ("GITHUB_STATE", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (folder / name).write_text("")
    (folder / "event.json").write_text("{}")
    (folder / ".tocsin.yml").write_text(POLICY)
    files = {name: str(folder / name) for name in ("GITHUB_STATE", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    return {
        **files,
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "RUNNER_TEMP": str(folder),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_REPOSITORY": "acme/payments",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_WORKFLOW": "CI",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REF_NAME": "main",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_SHA": "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113",
        "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_NUMBER": "7",
        "INPUT_PYTHON": python,
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_RETRIES": "0",
        "SLACK_WEBHOOK_URL": url,
    }


def state(folder: Path) -> dict[str, str]:
    """What main left for post, as the runner hands it over: `NAME=VALUE`, or `NAME<<MARK`, lines, `MARK`."""
    lines, found = iter((folder / "GITHUB_STATE").read_text().splitlines()), {}
    for line in lines:
        name, _, value = line.partition("=")
        if "<<" in name:
            name, _, mark = line.partition("<<")
            value = "\n".join(iter(lambda: next(lines), mark))
        found[f"STATE_{name}"] = value
    return found


def step(tree: Path, folder: Path, python: str, url: str) -> dict[str, object]:
    """Both parts of the step."""
    node = shutil.which("node") or "node"
    env = environment(folder, python, url)
    ends, said = [], []
    for part, status in (("main", "success"), ("post", "failure")):
        command = [node, str(tree / "plugins" / "github" / f"{part}.js")]
        done = subprocess.run(
            command, cwd=folder, env={**env, **state(folder), "INPUT_STATUS": status}, capture_output=True, text=True, check=False
        )
        ends.append(done.returncode)
        said.append(done.stdout + done.stderr)
    return {"codes": ends, "said": said}


def main() -> None:
    """Print what came of it."""
    tree, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    raise_loopback()
    answer: dict[str, object] = {"networks": sorted(name for _, name in socket.if_nameindex())}
    for number, python in enumerate(sys.argv[3:]):
        with Slack() as server:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            place = folder / str(number)
            place.mkdir()
            answer[python] = {**step(tree, place, python, f"http://127.0.0.1:{server.server_port}/"), "taken": server.taken}
            server.shutdown()
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
