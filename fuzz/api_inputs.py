"""Answers of GitHub's and GitLab's APIs: the recorded ones with other types, statuses and headers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from checks import CORES
from example import ELSEWHERE, SERVER, Example, latin
from hypothesis import strategies as st
from mutations import deep_values, spoiled_json, spoiled_text, values
from policy_inputs import CASES, REPORT
from run_inputs import POLICY, good_answers, policy_of
from wired import secrets


@cache
def api_cases() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The recorded conversations with an API: whose, the case, and its answers as values."""
    named = {path.name: json.loads(path.read_bytes()) for path in (CASES / "github_api" / "answers").glob("*.json")}
    found = []
    for ci in ("github", "gitlab"):
        for path in sorted(CASES.glob(f"{ci}_api/*.json")):
            case = json.loads(path.read_text("utf-8"))
            answers = {where: named.get(answer, answer) if isinstance(answer, str) else answer for where, answer in case["answers"].items()}
            found.append((ci, case, answers))
    return found


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": f"{SERVER}/api/v3",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_EVENT_PATH": f"../{ELSEWHERE}/event.json",
    "GITHUB_JOB": "build",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_RUN_ID": "9120456781",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW_REF": "acme/payments/.github/workflows/ci.yml@refs/heads/main",
    "INPUT_TOKEN": CORES["INPUT_TOKEN"],
    "INPUT_HOOK": "both",
    "INPUT_POLICY": POLICY,
    "INPUT_JOB-ID": "52010",
    "RUNNER_TEMP": f"../{ELSEWHERE}",
    "GITHUB_STATE": f"../{ELSEWHERE}/GITHUB_STATE",
    "GITHUB_OUTPUT": f"../{ELSEWHERE}/GITHUB_OUTPUT",
    "GITHUB_STEP_SUMMARY": f"../{ELSEWHERE}/summary",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": f"{SERVER}/api/v4",
    "CI_COMMIT_BRANCH": "main",
    "CI_COMMIT_REF_NAME": "main",
    "CI_JOB_NAME": "tocsin-failure",
    "CI_PIPELINE_ID": "1700399976",
    "CI_PIPELINE_SOURCE": "push",
    "CI_PROJECT_ID": "62099837",
    "CI_PROJECT_NAME": "payments",
    "TOCSIN_GITLAB_TOKEN": CORES["TOCSIN_GITLAB_TOKEN"],
}
STRANGERS = {  # a recorded run of a stranger's code, and where the API has the policy
    "github": ("github-pull-request-target", "/api/v3/repos/{0[GITHUB_REPOSITORY]}/contents/.tocsin.yml"),
    "gitlab": ("gitlab-merge-request-fork-in-parent", "/api/v4/projects/{0[CI_MERGE_REQUEST_PROJECT_ID]}/repository/files/.tocsin.yml"),
}
PREFIXES = {"github": "/api/v3", "gitlab": "/api/v4"}
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Content-Type", "Location", "Link", "X-Next-Page", "Content-Encoding"]
    ),
    st.sampled_from(
        ["0", "1", "-1", "9" * 400, "1e400", "nan", "Mon, 01 Jan 0001 00:00:00 GMT", "gzip", "utf-16", "x" * 300, "http://127.0.0.1:1/"]
    ),
    max_size=3,
)


@st.composite
def answer(draw: st.DrawFn, value: Any) -> tuple[int, Mapping[str, str], str, str]:
    """An answer of an API, well or badly."""
    if isinstance(value, dict) and "body" in value:
        return value.get("status", 200), value.get("headers", {}), value["body"], "answer"
    body = json.dumps(
        draw(st.one_of(st.just(value), spoiled_json([value]), spoiled_json([value]), spoiled_json([value]), values, deep_values))
    )
    status = draw(st.sampled_from([200] * 8 + [204, 302, 401, 403, 404, 429, 500, 503]))
    return status, draw(HEADERS), latin(body), draw(st.sampled_from(["answer"] * 12 + ["close", "truncated", "malformed"]))


@st.composite
def api(draw: st.DrawFn) -> Example:
    """A run of GitHub or GitLab whose API answers what it should not."""
    ci, case, recorded = draw(st.sampled_from(api_cases()))
    others = [value for whose, _, answers in api_cases() if whose == ci for value in answers.values()]
    answers = {f"{PREFIXES[ci]}{path.partition('?')[0]}": [draw(answer(value))] for path, value in recorded.items()}
    answers["*"] = [draw(answer(draw(st.sampled_from(others))))] if draw(st.booleans()) else [(404, {}, "{}", "answer")]
    kinds = ("slack", "webhook")
    status = case["status"] or "failure"
    files = {f"{ELSEWHERE}/policy.yml": policy_of(kinds), f"{ELSEWHERE}/event.json": json.dumps(case.get("event_file", {}))}
    own = {**(GITHUB if ci == "github" else GITLAB)}
    env = {**own, **case["env"], **secrets(kinds), "INPUT_STATUS": status}
    if draw(st.integers(0, 3)) == 3:  # a stranger's code: the policy comes from the trusted commit
        name, place = STRANGERS[ci]
        env |= {**json.loads((CASES / "ci" / name / "env.json").read_text("utf-8")), "INPUT_POLICY": ""}
        env |= {variable: own[variable] for variable in ("GITHUB_API_URL", "GITHUB_EVENT_PATH", "CI_API_V4_URL") if variable in own}
        event = CASES / "ci" / name / "event.json"
        files = {f"{ELSEWHERE}/event.json": event.read_text("utf-8") if event.is_file() else "{}"}
        policy = draw(spoiled_text([policy_of(kinds)]) | st.just(policy_of(kinds)))
        content = base64.b64encode(policy.encode("utf-8", "replace")).decode()
        file = {"type": "file", "encoding": "base64", "content": content}
        answers[place.format(env)] = [draw(answer(file) | st.just((200, {}, json.dumps(file), "answer")))]
    hook = ("trigger",) if case["hook"] == "trigger" else ("completion", "--status", status)
    send = ["send", *hook, *(["--policy", POLICY] if f"{ELSEWHERE}/policy.yml" in files else []), "--report", REPORT]
    return Example([["action", "main"], ["action", "post"]] if ci == "github" else [send], env, files, {**answers, **good_answers(kinds)})
