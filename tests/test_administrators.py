"""docs/administrators.md: its snippets are what GitHub, GitLab and Jenkins take, and its policy says what the page says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from inprocess import run

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "administrators.md").read_text(encoding="utf-8")
TEXTS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
POLICY, CONTROLLER, REUSABLE, CALLER, STEP, SHARED, _ = map(yaml.safe_load, TEXTS)


def test_the_reusable_workflow_writes_the_page_s_policy(tmp_path):
    *_, write, notify = REUSABLE["jobs"]["notify"]["steps"]
    subprocess.run(["sh", "-ec", write["run"]], env={"RUNNER_TEMP": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True, timeout=20)
    assert yaml.safe_load((tmp_path / "policy.yml").read_text()) == POLICY
    assert notify["env"]["TOCSIN_DEFAULT_POLICY"] == "${{ runner.temp }}/policy.yml"
    needed = set(re.findall(r"\$\{(\w+)\}", str(POLICY)))
    assert needed == set(notify["env"]) - {"TOCSIN_DEFAULT_POLICY"}
    assert CALLER["permissions"] == REUSABLE["permissions"]


def test_the_step_s_default_is_an_input_of_the_action():
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert set(STEP[0]["with"]) <= set(inputs)


OWN = "channels: {team: {kind: slack}}\nnotifications: [{name: our own rule, on: failure, send_to: team}]\n"
DEFAULT_RULE, OWN_RULE = POLICY["notifications"][1]["name"], "our own rule"


@pytest.mark.parametrize(
    ("variable", "own", "holds"),
    [("TOCSIN_DEFAULT_POLICY", "", DEFAULT_RULE), ("TOCSIN_DEFAULT_POLICY", OWN, OWN_RULE), ("TOCSIN_POLICY", OWN, DEFAULT_RULE)],
)
def test_whose_policy_holds(tmp_path, variable, own, holds):
    policy, repository = tmp_path / "policy.yml", tmp_path / "payments"
    policy.write_text(TEXTS[0])
    (repository / ".git").mkdir(parents=True)
    if own:
        (repository / ".tocsin.yml").write_text(own)
    answer = run("explain", "--event", "failure", "--app", "payments", env={variable: str(policy)}, folder=repository)
    assert [rule for rule in (DEFAULT_RULE, OWN_RULE) if rule in answer.out] == [holds]


def test_the_shared_file_gives_inputs_that_the_template_has():
    template = next(yaml.safe_load_all((ROOT / "plugins/gitlab/templates/notify.yml").read_text(encoding="utf-8")))
    assert set(SHARED["include"][0]["inputs"]) <= set(template["spec"]["inputs"])


def test_the_controller_is_the_guide_s_with_what_the_page_changes():
    guide = yaml.safe_load((ROOT / "examples/jenkins/controller.yml").read_text(encoding="utf-8"))
    [there], [here] = (of["unclassified"]["globalLibraries"]["libraries"] for of in (guide, CONTROLLER))
    assert {key: value for key, value in here.items() if there.get(key) != value} == {"implicit": True, "allowVersionOverride": False}
