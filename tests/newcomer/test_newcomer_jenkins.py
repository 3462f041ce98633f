"""docs/jenkins.md's start, done by somebody who has a controller, a credential and an agent with Python and git."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from builds import World, messages
from guide import leads, section, source, written
from jvm import compiled, tools
from runners import require

FIRST = "A first message"


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    """Jenkins's engine."""
    return compiled(tmp_path_factory)


def library(clone: Path) -> Path:
    """Where the controller finds the library: in the repository, as the guide's configuration says."""
    [named] = yaml.safe_load(written("jenkins", FIRST)["jenkins.yaml"])["unclassified"]["globalLibraries"]["libraries"]
    scm = named["retriever"]["modernSCM"]
    assert (named["name"], scm["scm"]["git"]["remote"]) == ("tocsin", f"{source()}.git")
    return clone / scm["libraryPath"]


def variables() -> dict[str, str]:
    """The controller's variables, as the guide's configuration says."""
    [properties] = yaml.safe_load(written("jenkins", FIRST)["jenkins.yaml"])["jenkins"]["globalNodeProperties"]
    return {one["key"]: one["value"] for one in properties["envVars"]["env"]}


@pytest.mark.long
def test_from_nothing_to_messages(harness, clone, installs, slack, tmp_path):
    jenkinsfile, policy = written("jenkins", FIRST)["Jenkinsfile"], written("jenkins", "The policy")
    leads(tmp_path, clone)
    assert "`tocsinTest()`" in section("jenkins", "A test message")
    paths = tools(tmp_path)
    git = str(Path(require("git")).parent)
    paths["python"] = f"{paths['make']}:{paths['python']}:{git}:/usr/bin:/bin"
    world = World(tmp_path / "builds", {"slack": slack.url().rstrip("/"), "gone": "", "authority": ""}, paths)
    cases = [
        {"name": "success", "script": jenkinsfile, "files": {}},
        {"name": "failure", "script": jenkinsfile, "files": {}, "env": {"TEST": "1"}},
        {"name": "chosen success", "script": jenkinsfile, "files": policy},
        {"name": "chosen failure", "script": jenkinsfile, "files": policy, "env": {"TEST": "1"}},
        {"name": "test message", "script": "@Library('tocsin') _\nnode { tocsinTest() }", "files": policy},
    ]
    agent = {"": {"tools": "python", "env": {**installs, "HOME": str(tmp_path)}}}
    builds = [world.build({**case, "env": {**case.get("env", {}), **variables()}, "agents": agent}) for case in cases]
    ran, _ = harness._replace(library=library(clone)).run("plain", builds, tmp_path)
    found = {name: [line.partition(" · ")[0] for line in messages(slack.requests, name)[0]] for name in ran}
    assert found == {
        "success": ["✅ Success: payments on main"],
        "failure": ["❌ Failed: payments on main"],
        "chosen success": [],
        "chosen failure": ["❌ Failed: payments on main"],
        "test message": found["test message"],
    }, "\n".join(one.log for one in ran.values())
    [tested] = found["test message"]
    assert tested.startswith("🔔 Test: ")
    assert "→ team" in tested
