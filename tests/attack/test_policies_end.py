"""Whatever a stranger writes into 4 MiB of a policy: `check` ends in seconds and within 300 MiB, also without libyaml.

What a policy may cost is so much for each value and step, and so many of them: most run with a part of them, in that part of the time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from memory import PEAK_MIB

SECONDS = 60  # of CPU, on a busy machine: an idle one takes a tenth
MEMORY_MIB = 300
PROGRAM = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
if {plain}: sys.modules["yaml.cyaml"] = None
from tocsin import cli
from tocsin.policy import nodes, plain_yaml
nodes.LIBYAML_FROM_CHARS = 0
from tocsin.templates import budget
plain_yaml.TOKENS_MAX //= {part}
nodes.NODES_MAX //= {part}
os._exit = sys.exit
budget.together.__wrapped__.__defaults__ = (budget.TOGETHER_MAX // {part},)
for name in {files}:
    sys.argv = ["tocsin", "check", name]
    try:
        cli.entry()
    except SystemExit as ended:
        print("exit code", ended.code, flush=True)
print("MiB", peak_mib())
"""
OK = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"


def _webhook(payload: str) -> str:
    return (
        f'channels: {{w: {{kind: webhook, url: "https://x.example", payload: {payload}}}}}\nnotifications: [{{on: failure, send_to: w}}]\n'
    )


def _webhooks(payloads: list[str]) -> str:
    rows = (f'  w{number}: {{kind: webhook, url: "https://x.example", payload: {payload}}}\n' for number, payload in enumerate(payloads))
    return "channels:\n" + "".join(rows)


MANY = "or more problems from here on are not shown"
POLICIES: dict[str, tuple[str, str]] = {
    "scalars": (OK + "x-a: [" + "a," * 2_000_000, "at most 300,000 keys and values"),
    "lists": (OK + "x-a: [" + "[]," * 1_390_000, "at most 300,000 keys and values"),
    "aliases": (OK + "x-a: [&a b," + "*a," * 1_000_000 + "]", "at most 300,000 keys and values"),
    "lines": (OK + "x-a: |\n" + " b\n" * 1_390_000, "at most 200,000 lines"),
    "directives": ("%F\n" * 1_390_000, "at most 200,000 lines"),
    "words": (OK + "x-a: " + "a " * 2_090_000, "is valid"),
    "duplicate keys": (_webhook("{" + "a: b," * 8000 + "}"), MANY),
    "duplicate keys of JSON": (_webhook(json.dumps("{" + ",".join(['"a": 1'] * 8000) + "}")), "more is wrong from here on"),
    "a sender": ("channels: {m: {kind: smtp, host: h.example, from: " + json.dumps(" " * 200_000 + '"<') + "}}\n", "is not an email address"),
    "misspelt names": (
        "channels:\n" + "".join(f"  channel-number-{n}: {{kind: slack}}\n" for n in range(200)) + "notifications:\n"
        + "".join(f"  - {{on: failure, send_to: chanel-nunber-{n}}}\n" for n in range(2000)),
        MANY,
    ),
    "templates": (
        _webhooks(["[" + ",".join(json.dumps(f"{{{{ app ~ {c * 1000 + n} ~ app }}}}") for n in range(900)) + "]" for c in range(20)]),
        "too many steps together",
    ),
    "context": (
        "context:\n  rules:\n"
        + "".join(
            f"    - {{when: {{branch: a{n}}}, set: {{app: '{{% for i in range(1000) %}}{{% for j in range(90) %}}{{% endfor %}}{{% endfor %}}{n}'}}}}\n"
            for n in range(2000)
        )
        + OK,
        "too many steps together",
    ),
    "numbers of JSON": (_webhooks(['"[' + "1," * 90_000 + '1]"'] * 22), "too many values together"),
}  # fmt: skip


# Beside a part of each: what the two loaders do not share, and more templates than are kept.
LIBYAML = ("scalars", "lists", "aliases", "lines", "directives", "words")
SHORT = (
    "duplicate keys",
    "misspelt names",
    "templates",
    "context",
)  # a thirtieth of what they may cost leaves less than they need to begin
RUNS = [(name, True, 10 if name in SHORT else 30) for name in POLICIES] + [(name, False, 1) for name in LIBYAML] + [("templates", False, 3)]


def check(folder: Path, texts: list[str], *, plain: bool, part: int = 1) -> tuple[str, int]:
    """What `check` says of each text, and the MiB that it took."""
    files = [f"{number}.yml" for number in range(len(texts))]
    for name, text in zip(files, texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", PEAK_MIB + PROGRAM.format(seconds=max(SECONDS // part, 12), plain=plain, part=part, files=files)]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]
    said, memory = done.stdout.rsplit("MiB ", 1)
    return said, int(memory)


@pytest.mark.parametrize(("name", "plain", "part"), RUNS)
def test_check_ends(tmp_path: Path, name: str, plain: bool, part: int):
    text, words = POLICIES[name]
    said, memory = check(tmp_path, [text], plain=plain, part=part)
    # libyaml counts aliases afterwards, when they are written out
    assert words in said or (not plain and "the aliases come to more than" in said), said[:300]
    assert said.endswith(("exit code 0\n", "exit code 3\n"))
    assert memory < MEMORY_MIB


NO_YAML = ('x-a: "\\U00110000"', 'x-a: "\\UFFFFFFFF"', f"%YAML 1.{'9' * 5000}\n---\na: b", "%YAML 1.3\n---\na: b", 'x-a: "\\ud800"')


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "libyaml"])
def test_both_loaders_refuse_what_is_no_yaml(tmp_path: Path, plain: bool):
    said, _ = check(tmp_path, list(NO_YAML), plain=plain)
    answers = re.split(r"^exit code 3$", said, flags=re.MULTILINE)
    assert len(answers) == len(NO_YAML) + 1, said
    assert all("not valid YAML" in answer for answer in answers[:-1]), said
