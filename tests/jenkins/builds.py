"""The cases of cases.yml, made into builds that the harness can run, and held against what they expect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from conversing import ROWS
from jvm import HERE, ROOT, Ran

from tocsin.init.jenkins import changes
from tocsin.init.repository import CiFile

POLICY = """\
channels:
  team: {kind: slack}
  audit: {kind: webhook, url: "${AUDIT_URL}"}
notifications:
  - {name: all, on: [trigger, success, failure, cancelled, unstable], send_to: [team, audit]}
"""
CREDENTIALS = "string:slack-url:SLACK_WEBHOOK_URL, string:audit-url:AUDIT_URL"
VARIABLES = {
    "JENKINS_HOME": "/var/jenkins_home",
    "JOB_NAME": "shop/payments/main",
    "BRANCH_NAME": "main",
    "BUILD_NUMBER": "7",
    "BUILD_TAG": "jenkins-shop-payments-main-7",
    "BUILD_URL": "https://jenkins.example.com/job/shop/job/payments/job/main/7/",
    "JOB_URL": "https://jenkins.example.com/job/shop/job/payments/job/main/",
    "TOCSIN_CREDENTIALS": CREDENTIALS,
    "MARK": "<folder>/mark",
}
PASSED = (
    *("script", "previous", "causes", "changes", "tests", "trusted", "windows", "absent", "lost", "breaks", "forgets", "old"),
    *("batch_status", "abort"),
)


def load(engine: str) -> list[dict[str, Any]]:
    """The cases that run under an engine."""
    cases = yaml.safe_load((HERE / "cases.yml").read_text(encoding="utf-8"))
    return [case for case in cases if (case.get("plain") if engine == "plain" else case.get("only", engine) == engine)]


class World:
    """What all builds of one JVM share: the addresses, the tools, a folder for each."""

    def __init__(self, folder: Path, values: Mapping[str, str], paths: Mapping[str, str]) -> None:
        self.folder, self.values, self.paths = folder, values, paths

    def build(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """A case as the harness takes it, with its workspaces made."""
        folder = self.folder / case["name"].replace(" ", "-")
        values = {**self.values, "folder": str(folder), "name": folder.name}
        agents = case.get("agents", {"": {}})
        said = {
            **{key: case[key] for key in PASSED if key in case},
            "name": case["name"],
            "script": script(case),
            "env": {name: value for name, value in {**VARIABLES, **case.get("env", {})}.items() if value is not None},
            "started": 1795707600000,
            "agents": {label: self.agent(label, filled(agent, values), folder) for label, agent in agents.items()},
            "credentials": case.get("credentials", CREDENTIAL_STORE),
        }
        said["previous"] = [build for one in case.get("previous", []) for build in repeated(one)]
        for name, text in case.get("files", {".tocsin.yml": POLICY}).items():
            write(folder / "workspace" / name, filled(text, values))
        if said.pop("abort", False):
            said["abort_when"] = "<folder>/mark"
        return filled(said, values)

    def agent(self, label: str, said: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """An agent with its workspace; the files in it are those of an earlier build."""
        workspace = folder / ("workspace" if not label else f"workspace-{label}")
        for name, text in said.get("files", {}).items():
            write(workspace / name, text)
        workspace.mkdir(parents=True, exist_ok=True)
        home = {"PATH": self.paths[said.get("tools", "tocsin")], "HOME": str(folder), "LANG": "C.UTF-8"}
        return {"workspace": str(workspace), "env": {**home, **said.get("env", {})}}


def repeated(build: Any) -> list[Any]:
    """An earlier build, or `times` of it."""
    return [build["result"]] * build["times"] if isinstance(build, dict) and "times" in build else [build]


CREDENTIAL_STORE = {
    "slack-url": {"type": "string", "secret": "<slack>/<name>/s3cr3t"},
    "audit-url": {"type": "string", "secret": "<slack>/<name>/audit/s3cr3t"},
    **{row.secret[0]: {"type": "string", "secret": f"<{row.secret[0]}>"} for row in ROWS.values()},
    "slack-deployments": {"type": "string", "secret": "<slack>/<name>/s3cr3t"},
    "gone-url": {"type": "string", "secret": "<gone>/<name>/s3cr3t"},
    "smtp": {"type": "usernamePassword", "username": "ci", "secret": "p4ss s3cr3t"},
    "ca": {"type": "file", "secret": "<authority>"},
}


def script(case: Mapping[str, Any]) -> str:
    """The Jenkinsfile: the case's own, an example as it stands, or one that `tocsin init` has changed."""
    if "before" in case:
        [change] = changes([CiFile("jenkins", "Jenkinsfile", case["before"])])
        assert change.text
        return change.text
    return (ROOT / "examples" / "jenkins" / case["example"]).read_text(encoding="utf-8") if "example" in case else case["script"]


def write(path: Path, text: str) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def filled(node: Any, values: Mapping[str, str]) -> Any:
    """A case with the values in its texts: `<folder>` and the like put in."""
    if isinstance(node, dict):
        return {key: filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, values) for value in node]
    if isinstance(node, str):
        for name, value in values.items():
            node = node.replace(f"<{name}>", value)
    return node


def wrong(case: Mapping[str, Any], ran: Ran, told: list[str], events: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    """What is not as the case expects it."""
    first_lines = [line.partition(" · ")[0] for line in told]
    for what, expected, found in (
        ("result", case.get("result", "SUCCESS"), ran.result),
        ("exception", case.get("thrown"), ran.thrown and ran.thrown.rpartition(".")[2]),
        ("messages", case.get("told", first_lines if "event" in case else []), first_lines),
    ):
        if expected != found:
            yield f"{what}: {found!r} and not {expected!r}"
    said, wanted = ran.said, case.get("says", [])
    if len(said) != len(wanted) or any(part not in line for part, line in zip(wanted, said, strict=True)):
        yield f"said {said!r} and not {wanted!r}"
    yield from (f"the log lacks {part!r}" for part in case.get("log", []) if part not in ran.log)
    yield from (f"the exception lacks {part!r}: {ran.message!r}" for part in case.get("message", []) if part not in (ran.message or ""))
    for path, value in case.get("event", {}).items():
        found = at(events[-1], path) if events else "no event"
        if found != value:
            yield f"{path}: {found!r} and not {value!r}"
    yield from never(ran, folder)


def never(ran: Ran, folder: Path) -> Iterator[str]:
    """What no build may show or leave."""
    for secret in ("s3cr3t", "BEGIN CERTIFICATE"):
        if secret in ran.log + str(ran.message):
            yield f"a secret is in the log: {secret}"
    for trace in ("wound up catching", "\tat ", "Traceback", ".groovy:", "Exception:"):
        if trace in ran.log:
            yield f"a trace is in the log: {trace!r}"
    for left in [*folder.rglob("tocsin-*"), *folder.rglob("PWNED")]:
        yield f"left behind: {left}"


def at(event: Any, path: str) -> Any:
    """A value of the event by its path: "run.number", "failures.0.step"."""
    for name in path.split("."):
        event = (event[int(name)] if int(name) < len(event) else None) if isinstance(event, list) else event and event[name]
    return event


def messages(requests: list[Any], name: str) -> tuple[list[str], list[dict[str, Any]]]:
    """The first lines of the messages that a build sent, and the events, in the order in which they came."""
    place = f"/{name.replace(' ', '-')}"
    mine = [request for request in requests if request.path.startswith(f"{place}/")]
    told = [json.loads(request.body)["text"].splitlines()[0] for request in mine if "/audit/" not in request.path]
    return told, [json.loads(request.body)["event"] for request in mine if "/audit/" in request.path]
