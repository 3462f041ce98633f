"""A step of the action without a runner: its inputs and the runner's variables and files, in this process or through node.

step = Step(tmp_path)
step.policy("channels: …")
begun = step.main(hook="auto")
ended = step.post(status="failure")   # with the state that main left
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from act import REAL, ROOT
from projects import GITHUB
from runners import require

from tocsin import action, cli
from tocsin.console import Console
from tocsin.deliver import Stop

POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: [trigger, success, failure, cancelled], send_to: team}]\n"
RUN = {**GITHUB, "GITHUB_ACTION": "__acme_tocsin"}
_COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<at>[^:]*))?::(?P<text>.*)")


class Part(NamedTuple):
    """How one part of the step ended, and what it left."""

    code: int
    log: str
    state: dict[str, str]
    outputs: dict[str, str]
    summary: str

    def commands(self, *names: str) -> list[str]:
        """The texts of the log commands of these names."""
        return [found["text"] for line in self.log.splitlines() if (found := _COMMAND.fullmatch(line)) and found["name"] in names]

    @property
    def annotations(self) -> list[str]:
        """All that a person sees at the step."""
        return self.commands("notice", "warning", "error")

    @property
    def report(self) -> dict[str, Any]:
        """The report that the output names."""
        found: dict[str, Any] = json.loads(Path(self.outputs["report"]).read_text(encoding="utf-8"))
        return found


class Step:
    """A step in a workspace of its own. `env` is what its `env` and the job's say. With a tool cache it runs through node, by the Python of a folder."""

    def __init__(self, folder: Path, tool_cache: Path | None = None, python: Path = REAL) -> None:
        self.workspace, self.temp, self.files = folder / "payments", folder / "temp", folder / "files"
        for made in (self.workspace, self.temp, self.files):
            made.mkdir(parents=True)
        (self.workspace / ".git").mkdir()
        self.tool_cache, self.python = tool_cache, python
        self.env: dict[str, str] = {}
        self.left: dict[str, str] = {}

    def policy(self, text: str = POLICY, name: str = ".tocsin.yml") -> None:
        """Write the policy."""
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def event(self, name: str, payload: Mapping[str, Any]) -> None:
        """What started the run."""
        path = self.files / "event.json"
        path.write_text(json.dumps({"repository": {"full_name": "acme/payments"}, **payload}), encoding="utf-8")
        self.env |= {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path)}

    def main(self, env: Mapping[str, str] = {}, **inputs: str) -> Part:
        """The first part; what it leaves is the second's."""
        part = self._run("main", env, inputs)
        self.left = part.state
        return part

    def post(self, env: Mapping[str, str] = {}, **inputs: str) -> Part:
        """The second part."""
        return self._run("post", {**env, **{f"STATE_{name}": value for name, value in self.left.items()}}, inputs)

    def _run(self, part: str, env: Mapping[str, str], inputs: Mapping[str, str]) -> Part:
        files = {name: self.files / f"{part}-{name}" for name in ("GITHUB_STATE", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        given = {f"INPUT_{name.replace('_', '-').upper()}": value for name, value in {"status": "success", **inputs}.items()}
        variables = {
            **RUN,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            **{name: str(path) for name, path in files.items()},
            **given,
            **self.env,
            **env,
        }
        code, log = self._node(part, variables) if self.tool_cache else self._here(part, variables)
        state, outputs = (values(Path(variables[name])) for name in ("GITHUB_STATE", "GITHUB_OUTPUT"))
        return Part(code, log, state, outputs, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"))

    def _here(self, part: str, env: Mapping[str, str]) -> tuple[int, str]:
        """As the command line does it, but that the budget counts from now and not from this process's start."""
        out = io.StringIO()
        world = cli._world({"PATH": os.environ["PATH"], **env})._replace(started=time.monotonic())
        code = action.run(part, world, Console(out, None), Stop())
        return code, out.getvalue()

    def _node(self, part: str, env: Mapping[str, str]) -> tuple[int, str]:
        with self.start(part, env) as process:
            out, _ = process.communicate(timeout=60)
        assert "Traceback" not in out, out
        return process.returncode, out

    def start(self, part: str, env: Mapping[str, str]) -> subprocess.Popen[str]:
        """The part as the runner starts it."""
        machine = {
            "PATH": os.pathsep.join([str(self.python), os.environ["PATH"]]),
            "RUNNER_TOOL_CACHE": str(self.tool_cache),
        }
        command = [require("node"), str(ROOT / "plugins" / "github" / f"{part}.js")]
        return subprocess.Popen(
            command, env={**machine, **env}, cwd=self.temp, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )


def values(path: Path) -> dict[str, str]:
    """What a step wrote for the runner, as the runner reads it: `name=value` and `name<<DELIMITER`; the last of a name holds."""
    values: dict[str, str] = {}
    lines = iter(path.read_text(encoding="utf-8").split("\n")) if path.is_file() else iter(())
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and "<<" not in name:
            values[name] = value
        elif "<<" in line:
            name, _, delimiter = line.partition("<<")
            block = []
            while (inner := next(lines)) != delimiter:
                block.append(inner)
            values[name] = "\n".join(block)
    return values
