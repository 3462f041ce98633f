"""What GitLab's API adds to an event, where a token was made for it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from gitlab_server import ENV, TOKEN, GitLab, event_of
from projects import Project
from runners import git
from servers import ScriptedServer

from tocsin.ci import load
from tocsin.ci.gitlab.rest import PIPELINES
from tocsin.ci.remote_file import read_remote_file
from tocsin.clock import Clock
from tocsin.event import Fact, as_dict, dotted, lists
from tocsin.network import Network
from tocsin.request import Request

CASES = Path(__file__).parents[1] / "cases" / "gitlab_api"
FORK = json.loads((CASES.parent / "ci" / "gitlab-merge-request-fork-in-parent" / "env.json").read_text(encoding="utf-8"))
IN_FORK = json.loads((CASES.parent / "ci" / "gitlab-merge-request-fork-in-fork" / "env.json").read_text(encoding="utf-8"))
POLICY = b"channels: {team: {kind: slack}}\nnotifications: [{on: [success, failure], send_to: team}]\n"
FILES = "/projects/62099837/repository/files/"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_the_api_adds_what_it_knows(gitlab: GitLab, path: Path):
    case = json.loads(path.read_text(encoding="utf-8"))
    gitlab.route(case["answers"])
    env, api = {**ENV, **case["env"]}, gitlab.api()
    request = Request(case["hook"], case["status"])
    api.look_ups = case.get("look_ups", True)
    event = event_of(env, request, api)
    learned = {name: as_dict(value) for name, value in (*dotted(event), *lists(event)) if event.sources.get(name) == "GitLab API"}
    assert learned == case["learned"]
    assert api.notes == case["notes"]
    assert gitlab.asked() == case["asked"]
    assert all(request.headers["private-token"] == TOKEN for request in gitlab.requests)


def test_a_long_list_is_read_page_by_page(gitlab: GitLab):
    jobs = [{"name": f"job {number}", "status": "failed"} for number in range(100)]
    path = "/projects/62099837/pipelines/1700399976/jobs?scope%5B%5D=failed&per_page=100&page="
    gitlab.route({f"{path}1": jobs, f"{path}2": jobs[:7], "*": []})
    assert len(event_of(ENV, Request("completion", "failure"), gitlab.api()).failures) == 107


def test_results_of_the_workspace_are_nearer(gitlab: GitLab):
    case = json.loads((CASES / "tests-failed.json").read_text(encoding="utf-8"))
    gitlab.route(case["answers"])
    event = event_of(
        ENV,
        Request("completion", "failure", facts={"tests.total": Fact(3, "flag --tests"), "tests.failed": Fact(1, "flag --tests")}),
        gitlab.api(),
    )
    assert (event.tests.total, event.tests.failures) == (3, ())
    assert not [path for path in gitlab.asked() if "test_report" in path]


def test_without_a_token_of_its_own_nothing_is_asked():
    env = {"CI_API_V4_URL": "https://gitlab.example.com/api/v4", "CI_JOB_TOKEN": TOKEN, "GITLAB_TOKEN": TOKEN}
    gitlab = load("gitlab")
    assert gitlab.open_api(env, Network(), Clock(), 0) is None
    assert gitlab.open_api({**env, "TOCSIN_GITLAB_TOKEN": " "}, Network(), Clock(), 0) is None
    assert gitlab.open_api({**env, "TOCSIN_GITLAB_TOKEN": TOKEN}, Network(), Clock(), 0)


# At the command line


def run(project: Project, slack: ScriptedServer, env: dict[str, str], ci: dict[str, str]):
    return project.send("failure", ci=ci, env={"SLACK_WEBHOOK_URL": slack.url("/hook"), **env})


def file(data: bytes) -> dict[str, Any]:
    return {"body": json.dumps({"file_name": ".tocsin.yml", "encoding": "base64", "content": base64.b64encode(data).decode()})}


def test_a_failure_names_its_jobs(project: Project, gitlab: GitLab, slack: ScriptedServer):
    project.policy(POLICY.decode())
    case = json.loads((CASES / "broken.json").read_text(encoding="utf-8"))
    gitlab.route(case["answers"])
    done = run(project, slack, gitlab.env(), ENV)
    assert done.code == 0
    assert done.report
    assert [failure["job"] for failure in done.report["event"]["failures"]] == ["unit tests", "lint 1/2", "deploy"]
    assert "Broken: payments on main" in slack.requests[0].json()["text"]
    assert TOKEN not in done.out + done.err + json.dumps(done.report)


def test_verbose_names_each_look_up_and_what_came_of_it(project: Project, gitlab: GitLab, slack: ScriptedServer):
    project.policy(POLICY.decode())
    case = json.loads((CASES / "broken.json").read_text(encoding="utf-8"))
    gitlab.route(case["answers"])
    env = {"SLACK_WEBHOOK_URL": slack.url("/hook"), **gitlab.env()}
    done = project.run("send", "completion", "--status", "failure", "--verbose", ci=ENV, env=env)
    asked = [line.removeprefix("tocsin: debug: asked ") for line in done.err.splitlines() if line.startswith("tocsin: debug: asked ")]
    assert [line.partition(": ")[0] for line in asked] == [f"127.0.0.1 {path}" for path in gitlab.asked()]
    assert {line.partition(": ")[2] for line in asked} == {"HTTP 200"}
    assert TOKEN not in done.out + done.err


def test_a_token_that_is_refused_is_said_once_and_the_message_goes_out(project: Project, gitlab: GitLab, slack: ScriptedServer):
    project.policy(POLICY.decode())
    gitlab.route({"*": {"status": 401, "body": "{}"}})
    done = run(project, slack, gitlab.env(), ENV)
    assert done.err.count("GitLab refuses the token") == 1
    assert len(slack.requests) == 1
    assert TOKEN not in done.out + done.err


@pytest.mark.parametrize("ci", [FORK, IN_FORK], ids=["in the parent", "in the fork"])
def test_a_fork_s_merge_request_has_the_target_branch_s_policy(project: Project, gitlab: GitLab, slack: ScriptedServer, ci: dict[str, str]):
    project.policy(
        "channels: {theirs: {kind: webhook, url: 'https://attacker.example.com'}}\nnotifications: [{on: failure, send_to: theirs}]\n"
    )
    gitlab.route({f"{FILES}.tocsin.yml?ref=main": file(POLICY), f"{FILES}.gitlab%2Ftocsin.yml": {"status": 404, "body": "{}"}})
    done = run(project, slack, gitlab.env(), ci)
    assert done.rows() == {"team": ("delivered", None)}
    assert [path for path in gitlab.asked() if "files" in path] == [
        f"{FILES}.tocsin.yml?ref=main",
        f"{FILES}.github%2Ftocsin.yml?ref=main",
        f"{FILES}.gitlab%2Ftocsin.yml?ref=main",
    ]


@pytest.mark.parametrize(
    ("ci", "answer", "why"),
    [
        (FORK, None, "runs in the parent project, and the trusted commit shows no policy: give the project a masked variable TOCSIN_GITLAB_TOKEN"),
        (IN_FORK, None, "nothing is sent: this merge request's pipeline runs in the fork, where GitLab does not give the parent project's variables"),
        (IN_FORK, {"status": 404, "body": "{}"}, "runs in it, and the trusted commit shows no policy"),
        (FORK, {"status": 403, "body": "{}"}, "the token may not read the files of this repository (HTTP 403), so the target branch's policy stays unknown"),
        (FORK, {"status": 404, "body": "{}"}, "the trusted commit shows no policy"),
        (FORK, {"body": "[]"}, "is no file that GitLab's API hands out"),
    ],
    ids=["no token", "no token in the fork", "none there, seen from the fork", "refused", "none there", "odd"],
)  # fmt: skip
def test_without_it_nothing_is_sent_and_it_says_why(project: Project, gitlab: GitLab, slack: ScriptedServer, ci, answer, why):
    project.policy(POLICY.decode())
    gitlab.route({"*": answer} if answer else {})
    done = run(project, slack, gitlab.env() if answer else {}, ci)
    assert done.code == 0
    assert why in done.err
    assert slack.requests == []


def test_a_token_that_is_refused_is_used_for_nothing_else(gitlab: GitLab):
    gitlab.route({"*": {"status": 401, "body": "{}"}})
    api = gitlab.api()
    assert [read_remote_file("62099837", "main", path, api) for path in (".tocsin.yml", ".gitlab/tocsin.yml")] == [None, None]
    assert api.get("/projects/62099837/pipelines", PIPELINES) is None
    assert len(gitlab.requests) == 1


def test_an_organisation_s_policy_is_for_nobody_s_head_where_no_branch_is_trusted(
    project: Project, slack: ScriptedServer, tmp_path_factory
):
    default = tmp_path_factory.mktemp("org") / "default.yml"
    default.write_bytes(POLICY)
    jenkins = {
        "JENKINS_HOME": "/var/jenkins_home",
        "JOB_NAME": "payments/PR-7",
        "BRANCH_NAME": "PR-7",
        "CHANGE_ID": "7",
        "CHANGE_FORK": "eve",
    }
    done = run(project, slack, {"TOCSIN_DEFAULT_POLICY": str(default)}, jenkins)
    assert "nothing is sent: this pull request comes from a fork" in done.err
    assert slack.requests == []


def test_a_target_s_commit_that_is_at_hand_needs_no_token(project: Project, slack: ScriptedServer):
    (project.folder / ".git").rmdir()
    project.policy(POLICY.decode())
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "The target"]):
        git(project.folder, *words)
    target = git(project.folder, "rev-parse", "HEAD")
    project.policy(
        "channels: {theirs: {kind: webhook, url: 'https://attacker.example.com'}}\nnotifications: [{on: failure, send_to: theirs}]\n"
    )
    merged = {**FORK, "CI_MERGE_REQUEST_EVENT_TYPE": "merged_result", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": target}
    assert run(project, slack, {}, merged).rows() == {"team": ("delivered", None)}


def test_two_policies_on_the_target_branch_are_an_error(project: Project, gitlab: GitLab, slack: ScriptedServer):
    gitlab.route({"*": file(POLICY)})
    done = run(project, slack, gitlab.env(), FORK)
    assert done.code == 3
    assert "the trusted commit has 3 policies" in done.err
