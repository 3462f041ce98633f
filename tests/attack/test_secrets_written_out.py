"""A secret written into a policy, in any place and any form: `check` finds it, and nothing prints it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from inprocess import raw
from policies import found
from projects import GITHUB, Project

from tocsin.channels.literals import holds_literal, is_random, suspects, written_out
from tocsin.channels.teams import ENDED
from tocsin.checks import Check

KEY = "Zm9vYmFyYmF6cXV4cXV1"
LETTERS = "abcdefghijklmnopqrstuvwx"
ADDRESSES = [
    f"https://hooks.slack.com/services/T0/B0/{LETTERS}",
    f"https://hooks.slack.com./services/T0/B0/{LETTERS}",
    f"https://HOOKS.Slack.com:443/services/T0/B0/{LETTERS}",
    f"hooks.slack.com/services/T0/B0/{LETTERS}",
    f"//hooks.slack.com/services/T0/B0/{LETTERS}",
    f"https://hooks.slack.com/triggers/T0/1/{LETTERS}",
    f"https://hooks.slack-gov.com/services/T0/B0/{LETTERS}",
    f"https://discord.com/api/webhooks/1/{LETTERS}",
    f"https://discord.com/api/v10/webhooks/1/{LETTERS}",
    f"https://ptb.discord.com/api/webhooks/1/{LETTERS}",
    f"https://canary.discord.com/api/v9/webhooks/1/{LETTERS}/slack",
    f"https://discordapp.com/api/webhooks/1/{LETTERS}",
    f"https://canary.discordapp.com/api/webhooks/1/{LETTERS}",
    f"https://acme.webhook.office.com/webhookb2/{LETTERS}@x/IncomingWebhook/{KEY}/1",
    f"https://outlook.office.com/webhook/{LETTERS}",
    f"https://prod-01.westeurope.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?sig={LETTERS}",
    f"https://prod-01.usgovtexas.logic.azure.us:443/workflows/a/triggers/manual/paths/invoke?sig={LETTERS}",
    f"https://prod-01.chinaeast2.logic.azure.cn/workflows/a/triggers/manual/paths/invoke?sig={LETTERS}",
    f"https://default1.2.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/a/triggers/manual/paths/invoke?sig={LETTERS}",
    f"https://a.environment.api.gov.powerplatform.microsoft.us/powerautomate/workflows/a?sig={LETTERS}",
    f"https://hooks.ringcentral.com/webhook/v2/{LETTERS}",
    f"https://hooks.glip.com/webhook/{LETTERS}",
    f"https://chat.googleapis.com/v1/spaces/AAAA/messages?key={LETTERS}&token={LETTERS}",
    f"https://chat.example.com/hooks/{LETTERS}yz",
    f"https://api.telegram.org/bot123456:AA{LETTERS}/sendMessage",
    f"https://events.pagerduty.com/integration/{LETTERS}/enqueue",
    f"https://ci:{LETTERS}@hooks.example.com/x",
    f"https://hooks.example.com/x?access_token={LETTERS}",
    f"https://hooks.example.com/x?a=1&sig={KEY}",
]
TOKENS = [
    f"xoxb-1234567890-{KEY}", f"xoxp-1-2-{KEY}", f"xapp-1-A1-{KEY}", f"ghp_{KEY}{KEY}", f"ghs_{KEY}{KEY}", f"github_pat_{KEY}_{KEY}",
    f"glpat-{KEY}", f"gldt-{KEY}", "AKIAIOSFODNN7EXAMPLE", f"SG.{KEY}.{KEY}", f"sk_live_{KEY}", f"rk_test_{KEY}", f"sk-proj-{KEY}",
    f"AIza{KEY}{KEY}", f"whsec_{KEY}", f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{KEY}", f"123456789:AA{KEY}{KEY}", "tk_" + "a1b2c3d4" * 4,
    f"npm_{KEY}{KEY}", f"dop_v1_{'0a1b2c3d' * 8}", f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n{KEY}\n-----END RSA PRIVATE KEY-----",
]  # fmt: skip
NONE = [
    "release/*", "https://audit.example.com/ci", "https://ci.example.com/hooks/new", "https://github.com/acme/payments/issues?q=key",
    "https://discord.com/developers/docs", "https://slack.com/help", "ci@example.com", "CI <ci@example.com>", "production",
    "https://${USER}:${PASS}@h/x", "https://hooks.slack.com/services/${KEY}", "https://${HOST}/x?token=${T}", "https://h/x?key={{ app }}",
    "{{ repository.url }}/actions?token={{ run.id }}", "arn:aws:ses:eu-west-1:123456789012:identity/example.com", "glob-pattern-*",
    "https://discord.com/api/webhooks/123456789012345678/${TOKEN}", "sk-learn", "xox", "AKIA", "deploy eyJ", "task_0123456789",
    "https://prod-1.westeurope.logic.azure.com:443/workflows/${W}/triggers/manual/paths/invoke?api-version=2016-06-01&sv=1.0&sig=${SIG}",
]  # fmt: skip


@pytest.mark.parametrize("secret", [*ADDRESSES, *TOKENS])
def test_a_credential_is_known_alone_and_within_a_text(secret: str):
    assert written_out(secret)
    assert written_out(f'{{"a": "see ({secret}) …"}}')
    assert written_out(f"a,{secret}")
    assert written_out(json.dumps({"a": secret}).replace("/", "\\/"))


@pytest.mark.parametrize("text", NONE)
def test_what_is_none_is_not_taken_for_one(text: str):
    assert written_out(text) == []


@pytest.mark.parametrize(
    "text", ["production-deployments-of-payments", "Release-2024-Production-Deploy", "0" * 40, "refs/heads/feature/x", "a" * 60]
)
def test_words_are_not_random(text: str):
    assert not is_random(text)


@pytest.mark.parametrize("text", [KEY, LETTERS, "0123456789abcdef0123456789abcdef", "3f9c1d27b8a64e0f95a1c07d2be84f6a"])
def test_keys_are_random(text: str):
    assert is_random(text)
    assert suspects(f"x: {text}") == [text]


HELD = {
    "secret": ["${A}", "${A}${B}", "${A}:${B}", "Bearer ${A}", "whsec_${A}"],
    "address": [
        "${A}",
        "https://hooks.slack.com/services/${KEY}",
        "${BASE}/services/${KEY}",
        "https://acme.webhook.office.com/webhookb2/${K}",
    ],
    "header": ["${A}", "Bearer ${A}", 'Token token="${A}"', "session=${A}; path=/", "SharedAccessSignature sr=x&sig=${A}"],
}
REFUSED = {
    "secret": [
        "hunter2${CI}",
        "${CI}hunter2",
        "hunter2-${CI}",
        "a${CI}b",
        "$${A}",
        "hunter2/${CI}",
        "https://hunter2/${CI}",
        f"{KEY} ${{CI}}",
    ],
    "address": [f"https://hooks.slack.com/services/T0/B0/{KEY}?x=${{CI}}", f"${{CI}}/services/{KEY}", f"https://h/x?${{CI}}&sig={KEY}"],
    "header": ["hunter2${CI}", "Bearer hunter2${CI}", "hunter2 ${CI}", f"Basic {KEY}${{CI}}", "abc${CI}", "${CI}abc", f"{LETTERS} ${{CI}}"],
}


@pytest.mark.parametrize("form", ["secret", "address", "header"])
def test_a_reference_does_not_make_a_literal_secret_one_of_the_ci(form: Any):
    assert [text for text in HELD[form] if holds_literal(text, form)] == []
    assert [text for text in REFUSED[form] if not holds_literal(text, form)] == []


RULE = "notifications: [{on: failure, send_to: a}]\n"


@pytest.mark.parametrize(
    "channel",
    [
        "kind: smtp, host: h.example, username: u, password: 'hunter2${CI}', from: ci@example.com",
        "kind: slack, url: 'https://hooks.slack.com/services/T0/B0/Zm9vYmFyYmF6cXV4cXV1?${CI}'",
        "kind: webhook, url: 'https://hooks.slack.com/services/T0/B0/Zm9vYmFyYmF6cXV4cXV1?${CI}'",
        "kind: webhook, url: 'https://ci:hunter2@h.example/${CI}'",
        "kind: webhook, url: 'https://h.example/x', headers: {X-Api-Key: 'hunter2${CI}'}",
        "kind: webhook, url: 'https://h.example/x', headers: {X-Trace: 'xoxb-1234567890-Zm9vYmFyYmF6cXV4cXV1'}",
        "kind: webhook, url: 'https://h.example/x', payload: {routing_key: 'R0Zm9vYmFyYmF6cXV4cXV1aBcD123456'}",
        "kind: webhook, url: 'https://h.example/x', payload: '{\"t\": \"ghp_Zm9vYmFyYmF6cXV4cXV1Zm9vYmFyYmF6\"}'",
        "kind: discord, username: 'xoxb-1234567890-Zm9vYmFyYmF6cXV4cXV1'",
        "kind: ses, region: eu-west-1, from: ci@example.com, access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: '${S}'",
    ],
)
def test_a_credential_is_refused_wherever_it_stands(channel: str):
    problems = found(f"channels: {{a: {{{channel}}}}}\n{RULE}".encode())
    assert Check.CREDENTIAL_WRITTEN_OUT in [problem.check for problem in problems]
    for problem in problems:
        assert "hunter2" not in problem.message
        assert "Zm9vYmFy" not in problem.message


def test_a_credential_in_a_payload_s_file_is_refused_and_not_shown(project: Project):
    (project.folder / "body.json").write_text(json.dumps({"to": ADDRESSES[0], f"x{TOKENS[0]}": "{{ unknown }}"}))
    project.policy(f"channels: {{a: {{kind: webhook, url: 'https://h.example/x', payload_file: body.json}}}}\n{RULE}")
    result = project.run("check")
    assert result.code == 3
    assert "holds a credential" in result.out
    assert not shown_runs(ADDRESSES[0], result.out + result.err)


@pytest.mark.parametrize("host", ["acme.webhook.office.com", "ACME.webhook.office.com.", "outlook.office.com", "outlook.office365.com"])
def test_an_ended_connector_is_refused_by_check(host: str):
    problems = found(f"channels: {{a: {{kind: teams, url: 'https://{host}/webhookb2/${{KEY}}'}}}}\n{RULE}".encode())
    assert [problem.message for problem in problems] == [f"'url' in channel 'a' {ENDED}"]


@pytest.mark.parametrize(
    "text",
    ["a" * 400_000 + "//?", "a.a" * 130_000 + "/hooks/?//", "-eyJ" * 100_000, "xoxb-" * 80_000, "//hooks.slack.com" * 25_000, "0" * 400_000,
     "0a" * 200_000, "{{" * 200_000 + "//@", "${a" * 130_000 + "//@", "/hooks/" * 60_000 + ".//?", "-----BEGIN PRIVATE KEY-----" * 15_000, "SG." * 130_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_looking_for_credentials_is_linear(text: str):
    """Each of these takes minutes where the work grows with the square of the length; the test's own limit would end it."""
    assert isinstance(suspects(text), list)


def shown_runs(secret: str, text: str) -> list[str]:
    """The runs of eight characters of a secret that a text shows; those that `check` says by itself do not count."""
    runs = {line[at : at + 8] for line in secret.splitlines() for at in range(len(line) - 7)}
    return sorted(run for run in runs if run in text and run not in "https:// ")


POLICY: dict[str, Any] = {
    "version": 1,
    "context": {
        "project": "payments",
        "app": "{{ repository.name }}",
        "rules": [{"when": {"branch": "main"}, "set": {"environment": "production"}}],
    },
    "environments": {"production": {"tier": "production", "cluster": "eks"}},
    "channels": {
        "team": {"kind": "slack", "url": "${SLACK_WEBHOOK_URL}", "channel": "#payments", "project": "payments"},
        "ops": {"kind": "discord", "username": "bot", "thread_id": "5"},
        "mail": {"kind": "smtp", "host": "smtp.example.com", "port": 587, "username": "${U}", "password": "${P}", "from": "ci@example.com"},
        "aws": {"kind": "ses", "region": "eu-west-1", "from": "ci@example.com", "default": True, "reply_to": "a@example.com"},
        "audit": {
            "kind": "webhook",
            "url": "https://audit.example.com/ci",
            "method": "POST",
            "headers": {"X-Trace": "1", "Authorization": "Bearer ${T}"},
            "payload": {"text": "{{ title }}", "more": [{"a": "${B}"}]},
        },
    },
    "notifications": [
        {
            "name": "all",
            "on": ["trigger", "failure"],
            "pipelines": [{"kind": "cd", "branch": ["main", "!x"]}],
            "send_to": ["team", {"email": "dev@example.com", "via": "mail"}, {"channel": "ops"}, "audit"],
        }
    ],
    "delivery": {"timeout": 10, "budget": {"trigger": 10}, "attempts": 3, "strict": False},
}


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a policy: of each key, and of each value."""
    if path:
        yield (*path, "value")
    if isinstance(data, dict):
        for key in data:
            yield (*path, key, "key")
            yield from places(data[key], (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from places(value, (*path, index))


def planted(path: tuple[Any, ...], secret: str) -> dict[str, Any]:
    """The policy with a secret at one place."""
    policy = copy.deepcopy(POLICY)
    *way, last, what = path
    holder: Any = policy
    for part in way:
        holder = holder[part]
    if what == "value":
        holder[last] = secret
    else:
        renamed = {secret if key == last else key: value for key, value in holder.items()}
        holder.clear()
        holder.update(renamed)
    return policy


EVERYWHERE = [
    ADDRESSES[0],
    TOKENS[0],
    f"https://canary.discord.com/api/v9/webhooks/1/{LETTERS}",
    f"{{{{ {TOKENS[0]} }}}}",
    KEY,
    f"a@{KEY}",
    f"${{{KEY}",
]
QUOTED = (ADDRESSES[0], EVERYWHERE[3], EVERYWHERE[-1])  # JSON writes all of them alike: one of each form
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@pytest.mark.parametrize("path", list(places(POLICY)), ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("style", ["block", "json"])
def test_no_error_shows_a_secret_wherever_it_was_written(path: tuple[Any, ...], style: str):
    for secret in QUOTED if style == "json" else EVERYWHERE:
        policy = planted(path, secret)
        text = json.dumps(policy) if style == "json" else yaml.dump(policy, Dumper=DUMPER, sort_keys=False)
        problems = found(text.encode())
        said = "\n".join(map(str, problems))
        assert shown_runs(secret.strip("{} $a@"), said) == []
        if written_out(secret):
            assert Check.CREDENTIAL_WRITTEN_OUT in [problem.check for problem in problems] or any(p.severity == "error" for p in problems)


BROKEN = [
    "channels: {{'{0}': {0}\n",
    "{0}: [\n",
    "channels: !{0} x\n",
    "'{0}': 1\n'{0}': 2\n",
    "a: *{0}\n",
    "channels: {{a: {{kind: webhook, payload: '{{\"{0}\": {0}}}'}}}}\n",
]


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("secret", [ADDRESSES[0], TOKENS[0], KEY])
def test_a_file_that_is_no_policy_is_not_quoted(text: str, secret: str):
    problems = found(text.format(secret).encode())
    assert problems
    assert shown_runs(secret, "\n".join(map(str, problems))) == []


COMMANDS = [
    *(("check", "--format", style) for style in ("text", "json", "github", "gitlab")),
    ("explain", "completion", "--status", "failure"), ("channels", "list"), ("send", "completion", "--status", "failure"),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "path",
    [("channels", "team", "kind", "value"), ("channels", "team", "key"), ("notifications", 0, "send_to", 0, "value"), ("notifications", 0, "name", "value"),
     ("channels", "audit", "headers", "X-Trace", "key"), ("notifications", 0, "send_to", 1, "via", "value"), ("version", "key"),
     ("channels", "audit", "payload", "text", "key"), ("context", "project", "value"), ("notifications", 0, "on", 0, "value")],
)  # fmt: skip
def test_no_command_shows_a_secret(words: tuple[str, ...], path: tuple[Any, ...], tmp_path: Path):
    (tmp_path / ".git").mkdir()
    for secret in (ADDRESSES[0], TOKENS[0]):
        (tmp_path / ".tocsin.yml").write_text(json.dumps(planted(path, secret)))
        answer = raw(*words, env=GITHUB, folder=tmp_path)
        assert answer.code == 3
        assert shown_runs(secret, answer.out + answer.err) == []
