"""What a CI says of a run: variables, event files and `--facts`, all spoiled."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from example import ELSEWHERE, SMTP_PORT, Example, latin, variable
from hypothesis import strategies as st
from mutations import deep_values, scalars, spoiled_json, spoiled_text, texts, values
from policy_inputs import CASES, CI, HOOKS, REPORT
from wired import WIRED, channel_lines, secrets

from tocsin.event import LISTS, Event, dotted

POLICY = f"../{ELSEWHERE}/policy.yml"  # outside of the workspace: it holds on every run
RULE = "\nnotifications:\n  - on: [trigger, success, failure, cancelled, unstable, waiting, fixed, broken, still_failing]\n    send_to: ["
DELIVERY = "]\ndelivery: {timeout: 1, budget: 3, attempts: 2}\n"
STATUSES = st.sampled_from(
    ["success", "failure", "cancelled", "canceled", "unstable", "waiting", "skipped", "passed", "ABORTED", "timed_out"]
)
MAIL = f"  smtp: {{kind: smtp, host: 127.0.0.1, port: {SMTP_PORT}, security: none, from: ci@example.com, default: true}}\n"
wired_channels = st.lists(st.sampled_from(sorted(WIRED)), min_size=1, max_size=3, unique=True)


def policy_of(names: Iterable[str], *, mail: bool = False) -> str:
    """A policy with these channels of WIRED, and one for mail."""
    told = [*names, *(["dev@example.com"] if mail else [])]
    return "channels:\n" + channel_lines(names) + (MAIL if mail else "") + RULE + ", ".join(told) + DELIVERY


def good_answers(names: Iterable[str]) -> dict[str, list[tuple[int, Mapping[str, str], str, str]]]:
    """What each service answers when it has taken a message."""
    said = [answer for name in names for answer in WIRED[name].taken.items()]
    return {path: [(200, {"Content-Type": "application/json"}, body, "answer")] for path, body in said}


@cache
def environments() -> list[dict[str, str]]:
    """The recorded runs of every CI."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(CASES.glob("ci/*/env.json"))]


@cache
def event_files() -> list[Any]:
    """The recorded event files."""
    found = []
    for path in sorted(CASES.glob("ci/*/event.json")):
        try:
            found.append(json.loads(path.read_text("utf-8")))
        except (ValueError, RecursionError):
            continue
    return found


@cache
def facts_files() -> list[Any]:
    """The recorded facts, right and wrong."""
    found = []
    for path in sorted(CASES.glob("facts/*/*.json")):
        try:
            found.append(json.loads(path.read_text("utf-8")))
        except (ValueError, RecursionError):
            continue
    return found


@st.composite
def environment(draw: st.DrawFn) -> dict[str, str]:
    """The variables of a recorded run, with odd values in some, some missing, and some of another CI."""
    env = dict(draw(st.sampled_from(environments())))
    for name in draw(st.lists(st.sampled_from(sorted(env)), max_size=5)):
        env[name] = variable(draw(texts | st.sampled_from(sorted(env.values()))))
    for name in draw(st.lists(st.sampled_from(sorted(env)), max_size=2)):
        env.pop(name, None)
    if draw(st.integers(0, 5)) == 5:
        env |= draw(st.sampled_from(environments()))
    spoken = draw(
        st.lists(
            st.sampled_from(["APP", "BRANCH", "TAG", "IMAGE", "RUN_URL", "STATUS", "COMMIT", "COMMIT_MESSAGE", "TIER", "CI"]), max_size=2
        )
    )
    env |= {f"TOCSIN_{name}": variable(draw(texts)) for name in spoken}
    return {name: value for name, value in env.items() if not name.endswith(("_API_URL", "_API_V4_URL", "GRAPHQL_URL"))}


@st.composite
def json_text(draw: st.DrawFn, value: Any) -> str:
    """JSON as a file may hold it, well or badly."""
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 7)) == 7:
        text = draw(spoiled_text([text[:20_000]]))
    return latin(draw(st.sampled_from(["", "", "", "", "\ufeff"])) + text)


@st.composite
def events(draw: st.DrawFn) -> Example:
    """A run by its variables and its event file, told to every kind of channel."""
    env = draw(environment())
    data = draw(spoiled_json(event_files()) | values)
    env["GITHUB_EVENT_PATH"] = f"../{ELSEWHERE}/event.json"
    hook = draw(st.sampled_from(HOOKS) | STATUSES.map(lambda status: ("completion", "--status", status)))
    kinds = tuple(draw(wired_channels))
    files = {f"{ELSEWHERE}/event.json": draw(json_text(data)), f"{ELSEWHERE}/policy.yml": policy_of(kinds, mail=True)}
    if draw(st.integers(0, 3)) == 3 and env.get("GITHUB_ACTIONS"):
        return _step(draw, env, files, kinds)
    commands = [["context", hook[0], *hook[1:], "--json"], ["context"], ["explain", *hook, "--policy", POLICY, "--json"]]
    return Example(
        commands=[*commands, ["explain", *hook, "--policy", POLICY], ["send", *hook, "--policy", POLICY, "--report", REPORT]],
        env={**env, **secrets(kinds)},
        files=files,
        answers=good_answers(kinds),
        mail={},
    )


def _step(draw: st.DrawFn, env: dict[str, str], files: dict[str, str], kinds: tuple[str, ...]) -> Example:
    """The same run, told by the action's step."""
    inputs = {"HOOK": draw(st.sampled_from(["auto", "trigger", "completion", "both"])), "STATUS": draw(STATUSES), "POLICY": POLICY}
    names = ("NEEDS", "MATRIX", "JOB-ID", "APP", "ENVIRONMENT", "STRICT", "REPORT")
    for name in draw(st.lists(st.sampled_from(names), max_size=3)):
        inputs[name] = variable(draw(texts | values.map(json.dumps)))
    written = {name: f"../{ELSEWHERE}/{name}" for name in ("GITHUB_STATE", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    given = {f"INPUT_{name}": value for name, value in inputs.items()}
    return Example(
        commands=[["action", "main"], ["action", "post"]],
        env={**env, **written, **given, **secrets(kinds), "RUNNER_TEMP": f"../{ELSEWHERE}", "GITHUB_WORKSPACE": ""},
        files={**files, **{f"{ELSEWHERE}/{name}": "" for name in written}},
        answers=good_answers(kinds),
        mail={},
    )


fields = st.sampled_from(sorted({name for name, _ in dotted(Event())} | set(LISTS)))
instants = st.sampled_from(["2026-01-02T03:04:05Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z"])
words = st.sampled_from(["success", "failure", "cd", "production", "tag", "branch", "pull_request", "fixed", "run", "https://x.example/a"])
fact = st.one_of(texts, words, instants, scalars, values)


@st.composite
def made_facts(draw: st.DrawFn) -> dict[str, Any]:
    """Some of the event's fields with anything in them."""
    facts: dict[str, Any] = {}
    for name in draw(st.lists(fields, max_size=8)):
        *path, last = name.split(".")
        holder = facts
        for part in path:
            holder = holder.setdefault(part, {})
        if name in LISTS:
            record = st.dictionaries(st.sampled_from(LISTS[name]._fields), fact, max_size=4)
            holder[last] = draw(st.lists(record, max_size=4)) * draw(st.sampled_from([1, 1, 1, 300]))
        else:
            holder[last] = draw(fact)
    return facts


@cache
def test_reports() -> list[str]:
    """The recorded test reports, right and wrong."""
    return [path.read_text("utf-8", "replace")[:20_000] for path in sorted(CASES.glob("test_reports/*/*.xml"))]


@st.composite
def facts(draw: st.DrawFn) -> Example:
    """Facts in a file and a test report, told to every kind of channel."""
    data = draw(made_facts() | made_facts() | spoiled_json(facts_files()) | spoiled_json([draw(made_facts())]) | values | deep_values)
    hook = draw(st.sampled_from(HOOKS))
    kinds = tuple(draw(wired_channels))
    given = ("--facts", f"../{ELSEWHERE}/facts.json", "--tests", "report.xml", "--policy", POLICY)
    return Example(
        commands=[
            ["context", hook[0], *hook[1:], *given, "--json"],
            ["explain", *hook, *given, "--json"],
            ["send", *hook, *given, "--report", REPORT],
        ],
        env={**(draw(st.sampled_from(environments())) if draw(st.booleans()) else CI), **secrets(kinds)},
        files={
            "report.xml": latin(draw(spoiled_text(test_reports()))),
            f"{ELSEWHERE}/facts.json": draw(json_text(data)),
            f"{ELSEWHERE}/policy.yml": policy_of(kinds, mail=True),
        },
        answers=good_answers(kinds),
        mail={},
    )
