"""`tocsin context`: the event of recorded runs, and which source wins for each field.

`python tests/test_context.py` writes the golden files in tests/cases/contexts anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from inprocess import CASES, run

from tocsin.ci import CIS
from tocsin.derive.building import build
from tocsin.event import LISTS, Event, Person, as_dict, dotted

CONTEXTS = CASES / "contexts"
POLICY = (CONTEXTS / "policy.yml").read_bytes()
RUNS = sorted(folder for folder in (CASES / "ci").iterdir() if folder.is_dir())
GOLDEN = (
    "circleci-branch-pull-request", "circleci-fork", "generic", "github-deployment-status-success", "github-enterprise-attempt-2", "github-pull-request-fork", "github-push", "github-push-tag",
    "github-workflow-run-fork", "gitlab-after-script", "gitlab-branch", "gitlab-merge-request-fork-in-parent", "gitlab-schedule-environment",
    "gitlab-tag", "jenkins-freestyle-git", "jenkins-multibranch-branch", "jenkins-multibranch-pull-request-fork",
)  # fmt: skip
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NUMBERS = {"run.number", "run.attempt", "pull_request.number"}
SHAPE = as_dict(build({}))
NO_START = {run.name: "no_start" in json.loads((run / "expected.json").read_text(encoding="utf-8")) for run in RUNS}


def record(folder: Path) -> dict[str, Any]:
    """What `context --json` prints of a recorded run that failed; without the time of day."""
    env = json.loads((folder / "env.json").read_text(encoding="utf-8"))
    event = run("context", "completion", "--status", "failure", "--json", "--policy", "-", env=env, folder=folder, stdin=POLICY).json()
    if event["sources"].get("run.finished_at") == "clock":
        assert INSTANT.fullmatch(event["run"]["finished_at"])
        event["run"]["finished_at"] = "now"
    return event


@pytest.mark.parametrize("name", GOLDEN)
def test_the_event_is_as_recorded(name: str):
    assert record(CASES / "ci" / name) == json.loads((CONTEXTS / f"{name}.json").read_text(encoding="utf-8"))


def shape(value: Any) -> Any:
    """The keys of a record, and of the records in it."""
    return {key: shape(item) for key, item in value.items()} if isinstance(value, dict) else None


def flat(event: dict[str, Any]) -> dict[str, Any]:
    """Scalars by their dotted name."""
    found = {}
    for key, value in event.items():
        if isinstance(value, dict) and key != "sources":
            found |= {f"{key}.{name}": inner for name, inner in flat(value).items()}
        elif key not in (*LISTS, "sources"):
            found[key] = value
    return found


@pytest.mark.parametrize("policy", [b"", POLICY], ids=["no policy", "policy"])
@pytest.mark.parametrize("status", [None, "success", "failed", "ABORTED", "UNSTABLE", "skipped"])
def test_every_recorded_run_makes_a_whole_event(policy: bytes, status: str | None):
    for folder in RUNS:
        env = json.loads((folder / "env.json").read_text(encoding="utf-8"))
        words = (*(("--status", status) if status else ("trigger",)), "--json", *(("--policy", "-") if policy else ()))
        event = run("context", *words, env=env, folder=folder, stdin=policy).json()
        assert_whole(event, folder.name)


def assert_whole(event: dict[str, Any], name: str) -> None:
    """What holds for every event."""
    values = flat(event)
    assert shape({**event, "sources": None, "failures": None, "changes": None}) == shape({**SHAPE, "sources": None})
    for key, value in values.items():
        assert value != "", (name, key)
        expected = int if key in NUMBERS else bool if key == "pull_request.fork" else str
        assert value is None or type(value) is expected, (name, key, value)
    known = {key for key, value in values.items() if value is not None}
    items = {key: reduce(dict.__getitem__, key.split("."), event) for key in LISTS}
    lists = {key for key in LISTS if items[key]}
    assert set(event["sources"]) == known | lists, name
    assert event["ci"] == name.partition("-")[0]
    none = NO_START[name] if event["hook"] == "trigger" else event["status"] == "skipped"
    waits = event["status"] == "waiting"
    assert event["event"] == ("waiting" if waits else None if none else "trigger" if event["hook"] == "trigger" else event["status"])
    assert waits or (event["status"] is None) == (event["hook"] == "trigger")
    assert (event["kind"] == "cd") == (event["environment"] is not None)
    assert (event["tier"] is None) == (event["environment"] is None)
    ref, commit = event["ref"], event["commit"]
    assert (ref["branch"] is not None) == (ref["type"] == "branch")
    assert (ref["tag"] is not None) == (ref["type"] == "tag")
    assert commit["short_sha"] == (commit["sha"] and commit["sha"][:8])
    for moment in (event["run"]["started_at"], event["run"]["finished_at"]):
        assert moment is None or INSTANT.fullmatch(moment)
    url = event["repository"]["url"] or "https://none"
    assert url.startswith(("https://", "http://"))
    assert "@" not in url
    assert not url.endswith(".git")
    for key, record_type in LISTS.items():
        for item in items[key]:
            assert list(item) == list(record_type._fields)
            assert "author" not in item or list(item["author"]) == list(Person._fields)


def test_the_table_shows_the_fields_that_are_known(tmp_path: Path):
    answer = run("context", env=GITLAB, folder=tmp_path)
    rows = [line.split() for line in answer.out.splitlines()]
    assert rows[0] == ["FIELD", "VALUE", "FROM"]
    assert ["app", "payments", "CI_PROJECT_NAME"] in rows
    assert ["ref.branch", "main", "CI_COMMIT_BRANCH"] in rows
    assert all(len(row) >= 3 for row in rows)
    assert "image.tag" not in answer.out


def test_a_value_with_line_breaks_stays_on_its_line(tmp_path: Path):
    answer = run("context", env={**GITLAB, "CI_COMMIT_MESSAGE": "one\n::error::two\r##[error]three\x1b[31m"}, folder=tmp_path)
    [line] = [line for line in answer.out.splitlines() if line.startswith("commit.message")]
    assert line.endswith("CI_COMMIT_MESSAGE")
    assert "one ::error::two" in line


# Which source wins. Each ladder begins at the top: (source, value), and the source says where to put the value.

GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_NAME": "payments",
    "CI_PROJECT_NAMESPACE": "acme",
    "CI_COMMIT_BRANCH": "main",
    "CI_COMMIT_SHA": "a" * 40,
    "CI_PIPELINE_ID": "1",
}
POLICY_SOURCE = "policy .tocsin.yml:2"
LADDERS: dict[str, list[tuple[str, Any]]] = {
    "app": [("flag --app", "1"), ("env TOCSIN_APP", "2"), ("facts", "3"), (POLICY_SOURCE, "4"), ("CI_PROJECT_NAME", "5")],
    "project": [("flag --project", "1"), ("env TOCSIN_PROJECT", "2"), ("facts", "3"), (POLICY_SOURCE, "4"), ("CI_PROJECT_NAMESPACE", "5")],
    "environment": [
        ("flag --environment", "1"), ("env TOCSIN_ENVIRONMENT", "2"), ("CI_ENVIRONMENT_NAME", "3"), ("facts", "4"), (POLICY_SOURCE, "5"),
    ],
    "tier": [
        ("flag --tier", "staging"), ("env TOCSIN_TIER", "testing"), ("CI_ENVIRONMENT_TIER", "development"), ("facts", "other"),
        (POLICY_SOURCE, "production"),
    ],
    "cluster": [("flag --cluster", "1"), ("env TOCSIN_CLUSTER", "2"), ("KUBE_CONTEXT", "3"), ("facts", "4"), (POLICY_SOURCE, "5")],
    "kind": [("flag --kind", "cd"), ("env TOCSIN_KIND", "ci"), ("facts", "cd"), (POLICY_SOURCE, "ci")],
    "pipeline": [("flag --pipeline", "1"), ("env TOCSIN_PIPELINE", "2"), ("CI_PIPELINE_NAME", "3"), ("facts", "4"), (POLICY_SOURCE, "5")],
    "environment_url": [("CI_ENVIRONMENT_URL", "https://a"), ("facts", "https://b"), (POLICY_SOURCE, "https://c")],
    "image.repository": [("flag --image", "1"), ("env TOCSIN_IMAGE", "2"), ("facts", "3"), (POLICY_SOURCE, "4")],
    "triggered_by.login": [
        ("flag --triggered-by", "1"), ("env TOCSIN_TRIGGERED_BY", "2"), ("GITLAB_USER_LOGIN", "3"), ("facts", "4"), (POLICY_SOURCE, "5"),
    ],
    "run.id": [("env TOCSIN_RUN_ID", "2"), ("CI_PIPELINE_ID", "3"), ("facts", "4")],
    "run.url": [("env TOCSIN_RUN_URL", "https://a"), ("CI_PIPELINE_URL", "https://b"), ("facts", "https://c")],
    "ref.branch": [("env TOCSIN_BRANCH", "2"), ("CI_COMMIT_BRANCH", "3"), ("facts", "4")],
    "ref.tag": [("env TOCSIN_TAG", "2"), ("CI_COMMIT_TAG", "3"), ("facts", "4")],
    "commit.sha": [("env TOCSIN_COMMIT", "2" * 40), ("CI_COMMIT_SHA", "3" * 40), ("facts", "4" * 40)],
    "commit.message": [("env TOCSIN_COMMIT_MESSAGE", "2"), ("CI_COMMIT_MESSAGE", "3"), ("facts", "4")],
    "status": [("flag --status", "failure"), ("env TOCSIN_STATUS", "success"), ("CI_JOB_STATUS", "cancelled"), ("facts", "unstable")],
}  # fmt: skip


def place(folder: Path, field: str, rungs: list[tuple[str, Any]]) -> tuple[list[str], dict[str, str]]:
    """The words and the variables that say the same field by each of these sources; the policy and the facts are written."""
    words, env, facts, policy = [], {}, {}, "context: {}\n"
    for source, value in rungs:
        kind, _, name = source.rpartition(" ")
        if kind == "flag":
            words.append(f"{name}={value}")
        elif source == POLICY_SOURCE:
            policy = f'context:\n  {field.partition(".")[0]}: "{value}"\n'
        elif source == "facts":
            head, _, rest = field.partition(".")
            facts = {head: {rest: value} if rest else value}
        else:
            env[name] = value
    (folder / ".tocsin.yml").write_text(policy + "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n")
    (folder / "facts.json").write_text(json.dumps(facts))
    return words, env


@pytest.mark.parametrize("field", LADDERS)
def test_the_nearer_source_wins_and_is_named(tmp_path: Path, field: str):
    ladder = LADDERS[field]
    base = {"GITLAB_CI": "true"} if field == "commit.sha" else {"GITLAB_CI": "true", "CI_COMMIT_SHA": "a" * 40}
    for top in range(len(ladder)):
        words, env = place(tmp_path, field, ladder[top:])
        status = () if field == "status" else ("--status", "failure")
        event = run(
            "context", "completion", *status, *words, "--facts", "facts.json", "--json", env={**base, **env}, folder=tmp_path
        ).json()
        source, value = ladder[top]
        assert (flat(event)[field], event["sources"][field]) == (value, source)


def test_an_empty_or_blank_value_is_none(tmp_path: Path):
    for field, ladder in LADDERS.items():
        for blank in ("", "  \n"):
            words, env = place(tmp_path, field, [(source, blank) for source, _ in ladder if source not in (POLICY_SOURCE, "facts")])
            words += [] if field == "status" else ["--status", "failure"]
            event = run("context", *words, "--json", env={"GITLAB_CI": "true", **env}, folder=tmp_path).json()
            assert flat(event)[field] in (None, "ci", "failure"), field


def context(folder: Path, *words: str, env: dict[str, str] = GITLAB, facts: Any = None, policy: str = "") -> dict[str, Any]:
    """The event as `context --json` prints it."""
    if facts is not None:
        (folder / "facts.json").write_text(json.dumps(facts))
        words = (*words, "--facts", "facts.json")
    stdin = policy + "\nchannels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"
    return run("context", *words, "--json", "--policy", "-", env=env, folder=folder, stdin=stdin.encode()).json()


@pytest.mark.parametrize(
    ("environment", "tier"),
    [
        ("production", "production"), ("prod-eu", "production"), ("PRD", "production"), ("live", "production"),
        ("staging", "staging"), ("stg/3", "staging"), ("pre-prod", "staging"), ("demo", "staging"), ("non-prod", "staging"), ("model", "staging"),
        ("qa", "testing"), ("test-1", "testing"), ("integration", "testing"), ("acceptance", "testing"), ("QC", "testing"),
        ("dev", "development"), ("review/branch", "development"), ("trunk", "development"),
        ("blue", "other"), ("生産", "other"),
    ],
)  # fmt: skip
def test_the_tier_is_guessed_from_the_environment_s_name(tmp_path: Path, environment: str, tier: str):
    event = context(tmp_path, "--environment", environment)
    assert (event["tier"], event["sources"]["tier"], event["kind"]) == (tier, "the environment's name", "cd")


def test_the_policy_s_environments_give_tier_and_cluster(tmp_path: Path):
    policy = "environments:\n  blue: {tier: production, cluster: eks-1}\n  green:\n    cluster: eks-2\n"
    event = context(tmp_path, "--environment", "blue", policy=policy)
    assert [event["tier"], event["cluster"], event["sources"]["tier"]] == ["production", "eks-1", "policy <stdin>:2"]
    event = context(tmp_path, "--environment", "green", policy=policy)
    assert [event["tier"], event["cluster"], event["sources"]["cluster"]] == ["other", "eks-2", "policy <stdin>:4"]
    event = context(tmp_path, "--environment", "blue", "--cluster", "mine", "--tier", "other", policy=policy)
    assert [event["tier"], event["cluster"]] == ["other", "mine"]
    assert context(tmp_path, policy=policy)["cluster"] is None


def test_the_environment_that_a_rule_sets_brings_its_tier_cluster_and_kind(tmp_path: Path):
    policy = (
        "context:\n  rules:\n    - {when: {branch: main}, set: {environment: blue}}\n    - {when: {branch: main}, set: {environment: green}}\n"
        "environments: {green: {cluster: eks-2}}"
    )
    event = context(tmp_path, policy=policy)
    assert [event["environment"], event["cluster"], event["kind"]] == ["green", "eks-2", "cd"]
    assert event["sources"]["environment"] == "policy <stdin>:4"
    event = context(tmp_path, "--kind", "ci", policy=policy)
    assert [event["environment"], event["kind"], event["sources"]["kind"]] == ["green", "ci", "flag --kind"]


def test_a_rule_sees_what_the_ci_and_the_constants_say_and_never_what_set_set(tmp_path: Path):
    policy = (
        'context:\n  app: "shop-{{ repository.name }}"\n  rules:\n    - {when: {app: shop-payments}, set: {environment: blue}}\n'
        "    - {when: {environment: blue}, set: {cluster: never}}"
    )
    event = context(tmp_path, policy=policy, env={**GITLAB, "CI_PROJECT_URL": "https://gitlab.com/acme/payments"})
    assert [event["app"], event["environment"], event["cluster"]] == ["shop-payments", "blue", None]


def test_kind_can_be_said_without_an_environment(tmp_path: Path):
    event = context(tmp_path, policy="context: {kind: cd}")
    assert [event["kind"], event["environment"], event["tier"]] == ["cd", None, None]
    assert context(tmp_path)["sources"]["kind"] == "no environment is known"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("success", "passed", "SUCCESS"), "success"),
        (("failure", "failed", "error", "FAILURE", "timed_out", "startup_failure"), "failure"),
        (("cancelled", "canceled", "ABORTED", "superseded"), "cancelled"),
        (("unstable", "UNSTABLE"), "unstable"),
        (("skipped", "neutral", "NOT_BUILT", "action_required"), "skipped"),
    ],
)
def test_one_table_of_status_words(tmp_path: Path, words: tuple[str, ...], status: str):
    for word in words:
        for event in (context(tmp_path, "--status", word), context(tmp_path, env={**GITLAB, "TOCSIN_STATUS": word})):
            assert [event["status"], event["event"], event["hook"]] == [status, None if status == "skipped" else status, "completion"]


def test_an_unknown_status_is_told_with_those_that_are(tmp_path: Path):
    answer = run("context", "--status", "fine", env=GITLAB, folder=tmp_path)
    assert answer.code == 4
    assert "fine" in answer.err
    assert "timed_out" in answer.err


def test_the_status_at_the_trigger_is_ignored(tmp_path: Path):
    for word in ("failure", "nonsense"):
        env = {**GITLAB, "TOCSIN_STATUS": word, "CI_JOB_STATUS": "failed"}
        event = context(tmp_path, "trigger", "--status", word, env=env, facts={"status": word, "transition": "fixed"})
        assert [event["status"], event["event"], event["transition"], event["run"]["finished_at"]] == [None, "trigger", None, None]


@pytest.mark.parametrize(
    ("previous", "status", "transition"),
    [
        ("failure", "success", "fixed"), ("FAILURE", "success", "fixed"), ("unstable", "success", "fixed"),
        ("success", "failure", "broken"), ("unstable", "failure", "broken"),
        ("failure", "failure", "still_failing"), ("failed", "failure", "still_failing"),
        ("success", "success", None), ("cancelled", "success", None), ("cancelled", "failure", None), ("skipped", "failure", None),
        ("failure", "cancelled", None), ("failure", "unstable", None), ("success", "unstable", None), ("failure", "skipped", None),
        ("nonsense", "failure", None), (None, "failure", None),
    ],
)  # fmt: skip
def test_the_transition_follows_from_the_previous_run(tmp_path: Path, previous: str | None, status: str, transition: str | None):
    event = context(tmp_path, "--status", status, facts={"run": {"previous_status": previous}})
    assert event["transition"] == transition


@pytest.mark.parametrize(
    ("told", "status", "transition"),
    [("fixed", "success", "fixed"), ("still_failing", "failure", "still_failing"), ("fixed", "failure", None)],
)
def test_a_transition_that_a_plug_in_tells_must_fit_the_status(tmp_path: Path, told: str, status: str, transition: str | None):
    assert context(tmp_path, "--status", status, facts={"transition": told})["transition"] == transition


def test_another_commit_takes_the_first_one_s_message_with_it(tmp_path: Path):
    env = {**GITLAB, "CI_COMMIT_MESSAGE": "Mine", "CI_COMMIT_TITLE": "Mine"}
    assert context(tmp_path, env={**env, "TOCSIN_COMMIT": "b" * 40})["commit"]["message"] is None
    event = context(tmp_path, env={**env, "TOCSIN_COMMIT": "b" * 40, "TOCSIN_COMMIT_MESSAGE": "\nOther\n\nBody\n"})
    assert [event["commit"][key] for key in ("short_sha", "title")] == ["bbbbbbbb", "Other"]
    assert context(tmp_path, facts={"commit": {"sha": "c" * 40, "message": "Third"}})["commit"]["message"] is None
    assert context(tmp_path, facts={"commit": {"sha": "a" * 40, "message": "Same"}})["commit"]["message"] == "Same"


def test_another_person_takes_the_first_one_s_name_with_them(tmp_path: Path):
    env = {**GITLAB, "GITLAB_USER_LOGIN": "grace", "GITLAB_USER_NAME": "Grace", "GITLAB_USER_EMAIL": "grace@example.com"}
    ada = {"login": None, "name": None, "email": "ada@example.com"}
    assert context(tmp_path, "--triggered-by", "ada@example.com", env=env)["triggered_by"] == ada
    assert context(tmp_path, env={**env, "TOCSIN_TRIGGERED_BY": "ada@example.com"})["triggered_by"] == ada
    assert context(tmp_path, env=env, policy="context: {triggered_by: ada@example.com}")["triggered_by"]["login"] == "grace"
    same = {"triggered_by": {"login": "grace", "name": "Grace Hopper"}}
    assert context(tmp_path, env={**GITLAB, "GITLAB_USER_LOGIN": "grace"}, facts=same)["triggered_by"]["name"] == "Grace Hopper"
    assert context(tmp_path, env={**GITLAB, "GITLAB_USER_LOGIN": "ada"}, facts=same)["triggered_by"]["name"] is None


@pytest.mark.parametrize(
    ("image", "repository", "tag"),
    [
        ("payments", "payments", None),
        ("payments:1.2", "payments", "1.2"),
        ("registry.example.com:5000/acme/payments", "registry.example.com:5000/acme/payments", None),
        ("registry.example.com:5000/acme/payments:1.2", "registry.example.com:5000/acme/payments", "1.2"),
        ("acme/payments:1.2@sha256:abc", "acme/payments", "1.2"),
        ("acme/payments@sha256:abc", "acme/payments", None),
    ],
)
def test_an_image_is_a_repository_and_a_tag(tmp_path: Path, image: str, repository: str, tag: str | None):
    env = {**GITLAB, "TOCSIN_IMAGE": "other:9"}
    assert context(tmp_path, "--image", image, env=env)["image"] == {"repository": repository, "tag": tag}


def test_a_tag_that_is_said_makes_it_a_tag_s_run(tmp_path: Path):
    ref = {"type": "tag", "name": "v1", "branch": None, "tag": "v1"}
    assert context(tmp_path, env={**GITLAB, "TOCSIN_TAG": "v1"})["ref"] == ref
    assert context(tmp_path, env={**GITLAB, "TOCSIN_BRANCH": "v1", "TOCSIN_TAG": "v1"})["ref"] == ref
    assert context(tmp_path, env={**GITLAB, "TOCSIN_BRANCH": "dev"})["ref"]["branch"] == "dev"


def test_a_machine_without_a_ci_has_what_its_variables_say(tmp_path: Path):
    env = {"CI": "true", "TOCSIN_APP": "a", "TOCSIN_COMMIT": "f" * 40, "TOCSIN_RUN_ID": "7", "TOCSIN_RUN_URL": "https://ci.example.com/7"}
    event = context(tmp_path, env=env)
    assert {key: value for key, value in flat(event).items() if value is not None} == {
        "ci": "generic", "hook": "trigger", "event": "trigger", "scope": "job", "kind": "ci", "app": "a",
        "commit.sha": "f" * 40, "commit.short_sha": "ffffffff", "run.id": "7", "run.url": "https://ci.example.com/7",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), [("--ci=generic", "generic"), ("--ci=jenkins", "jenkins"), ("--ci=", "gitlab")])
def test_the_ci_can_be_said(tmp_path: Path, name: str, expected: str):
    assert context(tmp_path, name)["ci"] == expected
    assert context(tmp_path, env={**GITLAB, "TOCSIN_CI": name.partition("=")[2]})["ci"] == expected


def test_a_ci_that_is_none_is_usage(tmp_path: Path):
    answer = run("context", env={"TOCSIN_CI": "circle\n::error::x"}, folder=tmp_path)
    assert answer.code == 2
    assert ", ".join(CIS) in answer.err


def test_every_field_of_the_event_is_in_the_table_of_sources():
    assert {name.partition(".")[0] for name, _ in dotted(Event())} | {name.partition(".")[0] for name in LISTS} | {"sources"} == set(SHAPE)


def write() -> None:
    """Write the golden files."""
    for name in GOLDEN:
        text = json.dumps(record(CASES / "ci" / name), indent=1, ensure_ascii=False)
        (CONTEXTS / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
