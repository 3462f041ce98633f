"""The figures that the claims on speed rest on: whole processes, warm bytecode, medians of interleaved rounds.

Every figure comes with what it is measured against, from the same run on the same machine.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from rules import write_policy, write_tests

HERE = Path(__file__).parent
FLOOR = "import yaml, requests, pydantic\nclass Model(pydantic.BaseModel):\n    name: str\n"
YAML_LOAD = "import sys, yaml\nwith open(sys.argv[1], 'rb') as file: yaml.load(file, Loader=yaml.CSafeLoader)"
SLOW_SECONDS = 0.3
POSTED = b'{"ok": true, "channel": "C0123ABCD", "ts": "1785542400.000001", "message": {"text": "", "type": "message"}}'
TARGETS = {
    "one Slack message / floor": 1.2,
    "three Slack messages / one": 1.1,
    "twenty slow webhooks / one": 1.5,
    "check of 10,000 rules / bare YAML load": 1.5,
    "1,000 tests of 10,000 rules / check": 3.0,
    "rules list / check": 3.0,
    "rules modify of one / check": 3.0,
    "rules modify of a thousand / check": 3.0,
    "diff of 10,000 rules, a tenth of them changed / check": 3.0,
}


class Server(ThreadingHTTPServer):
    """Answers as Slack's webhooks and below /api as its web API does: /slow after 300 ms, everything else at once."""

    request_queue_size = 128
    daemon_threads = True


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a message."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/slow"):
            time.sleep(SLOW_SECONDS)
        said = POSTED if self.path.startswith("/api") else b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Cost(NamedTuple):
    """What a whole process took: seconds of wall time, seconds of user and system time, and its peak memory in MiB."""

    wall: float
    cpu: float
    memory: float


def measure(command: list[str], env: dict[str, str]) -> Cost:
    """Run one process to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}: {said.decode(errors='replace')}")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def rounds(cases: dict[str, list[str]], env: dict[str, str], count: int) -> list[dict[str, Cost]]:
    """The cost of each case, round by round, after one that does not count: the machine's moods meet all alike."""
    return [{name: measure(command, env) for name, command in cases.items()} for _ in range(count + 1)][1:]


def medians(cases: dict[str, list[str]], env: dict[str, str], count: int) -> dict[str, tuple[float, float]]:
    """The median seconds and MiB of each case."""
    taken = rounds(cases, env, count)
    return {
        name: (statistics.median(row[name].wall for row in taken), statistics.median(row[name].memory for row in taken)) for name in cases
    }


def slack_policy(folder: Path, name: str, count: int) -> str:
    """A policy of so many Slack channels that all hear of failures."""
    channels = "".join(f'  c{number}: {{kind: slack, url: "${{SLACK_WEBHOOK_URL}}"}}\n' for number in range(count))
    names = ", ".join(f"c{number}" for number in range(count))
    return _write(folder, name, f"channels:\n{channels}notifications:\n  - {{on: failure, send_to: [{names}]}}\n")


def token_policy(folder: Path, name: str) -> str:
    """A policy of one Slack channel, by a bot's token."""
    channel = '{kind: slack, token: "${SLACK_BOT_TOKEN}", channel: "#builds", api_url: "${SLACK_API_URL}"}'
    return _write(folder, name, f"channels:\n  c0: {channel}\nnotifications:\n  - {{on: failure, send_to: [c0]}}\n")


def webhook_policy(folder: Path, name: str, count: int) -> str:
    """A policy of so many slow webhooks that all hear of failures."""
    channels = "".join(f'  c{number}: {{kind: webhook, url: "${{SLOW_URL}}"}}\n' for number in range(count))
    names = ", ".join(f"c{number}" for number in range(count))
    return _write(folder, name, f"channels:\n{channels}notifications:\n  - {{on: failure, send_to: [{names}]}}\n")


def _write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def environment(port: int) -> dict[str, str]:
    """A GitHub run, without proxies and with nothing else in it."""
    return {
        "PATH": os.environ["PATH"],
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/payments",
        "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_NUMBER": "7",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_WORKFLOW": "CI",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REF_NAME": "main",
        "GITHUB_SHA": "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113",
        "GITHUB_ACTOR": "ada",
        "SLACK_WEBHOOK_URL": f"http://127.0.0.1:{port}/slack",
        "SLACK_BOT_TOKEN": "xoxb-1234567890-abcdefghijklmn",
        "SLACK_API_URL": f"http://127.0.0.1:{port}/api",
        "SLOW_URL": f"http://127.0.0.1:{port}/slow",
    }


def main() -> None:
    """Print the tables; exit 0 whether or not a target is met: a machine's mood is no defect."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=11)
    count = words.parse_args().rounds
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environment(server.server_address[1])
        ratios = sending(folder, env, count) | checking(folder, env, count) | managing(folder, env, count)
    print("\nratio                                        measured   target")
    for name, ratio in ratios.items():
        target = TARGETS.get(name)
        print(f"{name:<42} {ratio:10.2f} {target or '':>8} {'' if target is None or ratio <= target else 'MISSED'}")
    server.shutdown()


def sending(folder: Path, env: dict[str, str], count: int) -> dict[str, float]:
    """One process a send."""
    send = [sys.executable, "-m", "tocsin", "send", "completion", "--status", "failure", "--strict", "--policy"]
    figures = medians(
        {
            "floor": [sys.executable, "-c", FLOOR],
            "one Slack message": [*send, slack_policy(folder, "one.yml", 1)],
            "three Slack messages": [*send, slack_policy(folder, "three.yml", 3)],
            "one slow webhook": [*send, webhook_policy(folder, "slow1.yml", 1)],
            "twenty slow webhooks": [*send, webhook_policy(folder, "slow20.yml", 20)],
        },
        env,
        count,
    )
    _print(figures)
    second: Callable[[str], float] = lambda name: figures[name][0]  # noqa: E731
    return {
        "one Slack message / floor": second("one Slack message") / second("floor"),
        "three Slack messages / one": second("three Slack messages") / second("one Slack message"),
        "twenty slow webhooks / one": second("twenty slow webhooks") / second("one slow webhook"),
    }


def checking(folder: Path, env: dict[str, str], count: int) -> dict[str, float]:
    """One process a check; the policies are as long as a large organisation's would be."""
    cases, files = {}, {}
    for rules in (2_500, 5_000, 10_000):
        files[rules] = str(write_policy(folder / f"{rules}.yml", rules))
        cases[f"bare YAML load of {rules} rules"] = [sys.executable, "-c", YAML_LOAD, files[rules]]
        cases[f"check of {rules} rules"] = [sys.executable, "-m", "tocsin", "check", files[rules]]
    tests = write_tests(folder / "10000.test.yml", Path(files[10_000]), 10_000, 1_000)
    cases["1000 tests of 10000 rules"] = [sys.executable, "-m", "tocsin", "test", str(tests)]
    cases["diff of 10000 rules"] = [sys.executable, "-m", "tocsin", "diff", files[10_000], str(_changed(Path(files[10_000])))]
    figures = medians(cases, env, max(9, count - 2))
    _print(figures)
    matching = [float(_output([sys.executable, str(HERE / "matching.py"), files[10_000]], env)) for _ in range(max(9, count - 2))]
    print(f"matching one event against 10,000 rules, first match included: {statistics.median(matching):.1f} ms (target 50)")
    check = figures["check of 10000 rules"][0]
    beside = {
        "1,000 tests of 10,000 rules / check": figures["1000 tests of 10000 rules"][0] / check,
        "diff of 10,000 rules, a tenth of them changed / check": figures["diff of 10000 rules"][0] / check,
    }
    return beside | {
        f"check of {rules:,} rules / bare YAML load": figures[f"check of {rules} rules"][0] / figures[f"bare YAML load of {rules} rules"][0]
        for rules in (2_500, 5_000, 10_000)
    }


def managing(folder: Path, env: dict[str, str], count: int) -> dict[str, float]:
    """One process a command on the rules of a policy of 10,000, which each change finds as it was."""
    policy, changed = write_policy(folder / "rules.yml", 10_000), folder / "changed.yml"
    tocsin = [sys.executable, "-m", "tocsin"]
    modify = f"cp {policy} {changed} && exec {sys.executable} -m tocsin rules modify --policy {changed} --add-on unstable"
    cases = {
        "check": [*tocsin, "check", str(policy)],
        "rules list": [*tocsin, "rules", "list", "--policy", str(policy)],
        "rules modify of one": ["sh", "-c", f"{modify} 'rule 7777'"],
        "rules modify of a thousand": ["sh", "-c", f"{modify} --where send_to=team-3,team-4"],
    }
    figures = medians(cases, env, max(9, count - 2))
    _print(figures)
    return {f"{name} / check": figures[name][0] / figures["check"][0] for name in cases if name != "check"}


def _changed(policy: Path) -> Path:
    """The policy with another application in each rule whose number ends in 7."""
    changed = policy.with_name(f"changed-{policy.name}")
    changed.write_text(re.sub(r"(service|api)-(\d*7)\b", r"new-\1-\2", policy.read_text(encoding="utf-8")), encoding="utf-8")
    return changed


def _output(command: list[str], env: dict[str, str]) -> str:
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def _print(figures: dict[str, tuple[float, float]]) -> None:
    print(f"\n{'whole process, median':<42} {'ms':>10} {'MiB':>8}")
    for name, (seconds, mebibytes) in figures.items():
        print(f"{name:<42} {seconds * 1000:10.1f} {mebibytes:8.1f}")


if __name__ == "__main__":
    main()
