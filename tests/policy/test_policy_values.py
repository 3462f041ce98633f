"""What values mean: scalars are their text, payloads are typed, one stands for many, defaults."""

from __future__ import annotations

from typing import Any

import pytest
from policies import CHANNELS, problems, read

from tocsin.policy.model import Policy


def selector(text: str) -> dict[str, list[str]]:
    """The one selector of a rule."""
    policy = read(f"{CHANNELS}notifications: [{{on: failure, pipelines: {text}, send_to: team}}]").policy
    return policy.notifications[0].pipelines[0]


@pytest.mark.parametrize(
    "text", ["1.10", "012", "no", "on", "2026-01-01", "null", "~", "1e3", "0x1F", "12:30:45", "1_000", "True", ".5", "=", "<<x"]
)
def test_a_scalar_is_its_text_as_written(text: str):
    assert selector(f"{{tag: {text}, branch: [{text}], app: '{text}'}}") == {"tag": [text], "branch": [text], "app": [text]}


def payload(text: str) -> Any:
    """The payload of a webhook."""
    policy = read(f"channels: {{hook: {{kind: webhook, url: https://example.com, payload: {text}}}}}").policy
    return policy.channels["hook"].payload


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-17", -17), ("+5", 5), ("012", 12), ("0o17", 15), ("0x1F", 31),
        ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("-1.E-2", -0.01), ("1.10", 1.1),
        ("true", True), ("False", False), ("TRUE", True),
        ("null", None), ("~", None), ("Null", None),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("2026-01-01", "2026-01-01"), ("1_000", "1_000"),
        ("12:30:45", "12:30:45"), ("0b1", "0b1"), ("1e", "1e"), ("'1'", "1"), ('"true"', "true"), ("''", ""),
    ],
)  # fmt: skip
def test_below_a_payload_yaml_types_the_values(text: str, value: object):
    found = payload(f"{{a: {text}, b: [{text}]}}")
    assert found == {"a": value, "b": [value]}
    assert type(found["a"]) is type(value)


def test_only_below_a_payload():
    policy = read("channels: {hook: {kind: webhook, url: https://example.com, headers: {X-Number: 1.10}, payload: {1: x, on: y}}}").policy
    assert policy.channels["hook"].headers == {"X-Number": "1.10"}
    assert policy.channels["hook"].payload == {"1": "x", "on": "y"}


def test_a_payload_may_be_merged_and_aliased():
    text = (
        "x-n: &n {n: 1, s: no}\nx-c: &c {kind: webhook, url: https://example.com, payload: {<<: *n, n: 2}}\nchannels: {a: *c, b: {<<: *c}}"
    )
    assert [options.payload for options in read(text).policy.channels.values()] == [{"n": 2, "s": "no"}] * 2


def test_a_payload_as_text_stays_text():
    assert payload("'{\"a\": 1}'") == '{"a": 1}'


def test_a_merge_loses_to_what_is_written_and_to_what_came_first():
    text = 'x-a: &a {kind: slack, url: "${A}"}\nx-b: &b {url: "${B}", project: b}\nchannels: {team: {<<: [*a, *b], project: c}}'
    team = read(text).policy.channels["team"]
    assert (team.kind, team.url, team.project) == ("slack", "${A}", "c")


def test_numbers_and_booleans_where_the_model_has_them():
    text = 'channels: {mail: {kind: smtp, host: h.example, port: "2525", from: ci@example.com, default: yes}}\n'
    policy = read(text + "delivery: {timeout: 2.5, attempts: '5', strict: true}").policy
    assert (policy.channels["mail"].port, policy.channels["mail"].default) == (2525, True)
    assert (policy.delivery.timeout, policy.delivery.attempts, policy.delivery.strict) == (2.5, 5, True)


@pytest.mark.parametrize(
    ("delivery", "trigger", "completion"),
    [
        ("", 10, 30),
        ("delivery: {budget: 7}", 7, 7),
        ("delivery: {budget: {trigger: 5}}", 5, 30),
        ("delivery: {budget: {completion: 60}}", 10, 60),
        ("delivery: {budget: {trigger: 1.5, completion: 2.5}}", 1.5, 2.5),
    ],
)
def test_the_budget_of_a_hook(delivery: str, trigger: float, completion: float):
    found = read(f"channels: {{}}\n{delivery}").policy.delivery
    assert (found.budget_for("trigger"), found.budget_for("completion")) == (trigger, completion)


def test_defaults():
    policy = read("channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]").policy
    rule = policy.notifications[0]
    assert policy.channels["team"].url == "${SLACK_WEBHOOK_URL}"
    assert (policy.version, rule.name, rule.on, rule.pipelines) == (1, None, ["failure"], [{}])
    assert (policy.delivery.timeout, policy.delivery.attempts, policy.delivery.strict) == (8, 3, False)
    assert Policy().delivery.budget_for("completion") == 30


@pytest.mark.parametrize("order", ["{}url, {}kind", "{}kind, {}url"])
def test_an_error_has_the_place_of_its_value(order: str):
    text = "channels:\n  team:\n    kind: slack\n    url: https://hooks.slack.com/services/x\n"
    del order
    assert problems(text)[-1].startswith(".tocsin.yml:4:10: error: ")


def test_a_place_inside_a_block_of_text():
    lines = [
        "channels:",
        "  hook:",
        "    kind: webhook",
        "    url: https://example.com",
        "    payload: |2-  # two spaces more than the key",
        "",
        "      {",
        '        "a": "{{ app }}",',
        '        "b": "{{ nope }}"',
        "      }",
        "notifications: []",
    ]
    assert ".tocsin.yml:9:18: error: " in "\n".join(problems("\n".join(lines)))


def test_a_place_inside_a_quoted_text():
    text = 'channels: {hook: {kind: webhook, url: https://example.com, payload: \'{"b": "{{ nope }}"}\'}}'
    found = next(line for line in problems(text) if "error" in line)
    assert found.startswith(f".tocsin.yml:1:{text.index('nope') + 1}: error: ")


def test_below_a_payload_nothing_is_null():
    assert payload("{a: , b: [~, ]}") == {"a": None, "b": [None]}
