"""Whatever Devtron's lists hold, the import ends with a policy that `check` accepts, or with words; and no secret comes out of it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import inprocess
from hypothesis import given, settings
from hypothesis import strategies as st

SECRET = "Hunter2Hunter2Hunter2"  # in each place that holds one

ODD = st.sampled_from(
    [
        "", " ", "payments", "a@example.com", "x" * 300, "\x00\x1b[31m", "\u202e", "=1+1", "::error::x", "##[error]x", "!x", "*", "a[b]", "\\",
        "<<", "on", "no", "null", "012", "- x", "{x: y}", "#x", "a: b", "${X}", "${{ x }}", "$${", "%X%", "{{ x }}", "\ud800", "\ufffe", "日本",
        "x-y", "y,z", "'", '"', "`x`", "https://hooks.slack.com/services/T0/B0/" + SECRET, "ghp_" + SECRET, "\n", "a\nb", "~", "@here",
    ]
)  # fmt: skip
TEXT = ODD | st.text(max_size=8)
IDS = st.integers(-3, 4)
NAMED = st.fixed_dictionaries({"id": IDS}, optional={"name": TEXT | st.none()})
FILTER = st.none() | st.lists(NAMED, max_size=3)
URL = TEXT.map(lambda text: f"https://{SECRET}.example.com/{text}") | st.just("") | st.just(f"not a url {SECRET}")
ADDRESS = TEXT | st.sampled_from(
    ["dev@example.com", "DEV@example.com", f"https://chat.example.com/{SECRET}", "a@b,c@d", "x <a@example.com>"]
)
PROVIDER = st.fixed_dictionaries(
    {"id": IDS}, optional={"dest": st.sampled_from(["slack", "webhook", "ses", "smtp", "", "x"]) | TEXT, "name": TEXT, "recipient": ADDRESS}
)
PIPELINE = st.none() | st.fixed_dictionaries(
    {"id": IDS}, optional={"name": TEXT, "environmentName": TEXT, "appName": TEXT, "branches": st.none() | st.lists(TEXT, max_size=2)}
)
SETTING = st.fixed_dictionaries(
    {
        "id": IDS,
        "eventTypes": st.none() | st.lists(st.integers(0, 10), max_size=4),
        "providerConfigs": st.none() | st.lists(PROVIDER, max_size=3),
        "pipelineType": st.sampled_from(["CI", "CD", "BASE", "", "ci"]),
    },
    optional={"team": FILTER, "app": FILTER, "environment": FILTER, "cluster": FILTER, "pipeline": PIPELINE},
)
LEAF = TEXT | st.sampled_from(
    ["{{devtronAppName}}", "{{{x}}}", "{{#ciMaterials}}{{branch}}{{/ciMaterials}}", "{{^x}}", "{% if x %}", "{#", f"xoxb-{SECRET}", "}}"]
)
JSON = st.recursive(LEAF | st.integers() | st.none() | st.booleans(), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2), max_leaves=4)  # fmt: skip
PAYLOAD = JSON.map(json.dumps) | TEXT | st.sampled_from(['{"id": {{devtronAppId}},}', '{"a": {{#ciMaterials}}1{{/ciMaterials}}}', None])
HEADERS = st.none() | st.dictionaries(
    TEXT | st.sampled_from(["Authorization", "host", "Content-Type", "X-A"]), st.just(SECRET) | st.just(7), max_size=2
)
COMMON = {"id": IDS, "configName": TEXT | st.none()}
CHANNELS = st.fixed_dictionaries(
    {
        "slackConfigs": st.none() | st.lists(st.fixed_dictionaries({**COMMON, "webhookUrl": URL, "teamId": IDS}), max_size=2),
        "webhookConfigs": st.none()
        | st.lists(st.fixed_dictionaries({**COMMON, "webhookUrl": URL, "header": HEADERS, "payload": PAYLOAD}), max_size=2),
        "sesConfigs": st.none()
        | st.lists(
            st.fixed_dictionaries(
                {**COMMON, "accessKey": st.sampled_from(["", SECRET]), "sessionToken": st.sampled_from(["", SECRET]), "region": TEXT, "fromEmail": TEXT, "default": st.booleans()}
            ),
            max_size=2,
        ),
        "smtpConfigs": st.none()
        | st.lists(
            st.fixed_dictionaries(
                {**COMMON, "host": TEXT, "port": TEXT | st.integers(-1, 70000), "authUser": TEXT, "fromEmail": TEXT, "default": st.booleans()}
            ),
            max_size=2,
        ),
    }
)  # fmt: skip


def imported(rules: Any, channels: Any, *words: str) -> inprocess.Answer:
    """The import of two results, as a file has them."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "list.json").write_text(json.dumps({"code": 200, "result": rules}))
        (folder / "channel.json").write_text(json.dumps({"code": 200, "result": channels}))
        return inprocess.run("import", "devtron", "--notifications", "list.json", "--channels", "channel.json", *words, folder=folder)


@settings(deadline=None, max_examples=60)
@given(st.lists(SETTING, max_size=3), CHANNELS)
def test_any_lists_become_a_valid_policy_without_a_secret(rules: list[Any], channels: Any):
    answer = imported({"total": len(rules), "settings": rules}, channels, "--json")
    assert answer.code == 0, answer.err
    assert SECRET.lower() not in (answer.out + answer.err).lower()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["settings", "id", "team", "slackConfigs", "header"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(ANYTHING, ANYTHING)
def test_any_other_shape_is_a_clear_error(rules: Any, channels: Any):
    answer = imported(rules, channels)
    assert answer.code in (0, 3)
    assert "the imported policy" not in answer.err
