"""What a schema says for an editor beside the descriptions of the models: an example for each key, and what each of a few words means."""

from __future__ import annotations

from typing import Any

from tocsin.channels import KINDS

Schema = dict[str, Any]

# By the key; by `Definition.key` where a key means another thing there.
EXAMPLES: dict[str, list[Any]] = {
    "extends": ["shared/notifications.yml", ["github:acme/policies/base.yml@3f786850e387550fdab836ed7e6dc881de23001b"]],
    "without": [{"notifications": "broken builds"}],
    "locked": [["channels.team", "notifications.*"]],
    "Without.channels": ["team"],
    "Without.environments": ["review"],
    "Without.notifications": ["broken builds"],
    "version": [1],
    "context": [{"app": "shop", "rules": [{"when": {"branch": "main", "pipeline": "deploy"}, "set": {"environment": "production"}}]}],
    "environments": [{"production": {"tier": "production", "cluster": "eks-prod-1"}}],
    "people": [{"ada": {"email": "ada@example.com", "login": "ada", "slack": "U012AB3CD"}}],
    "channels": [{"team": {"kind": "slack", "url": "${SLACK_WEBHOOK_URL}"}}],
    "notifications": [[{"on": "failure", "send_to": "team"}]],
    "delivery": [{"timeout": 8, "attempts": 3, "strict": True}],
    "mute": [[{"days": ["sat", "sun"], "zone": "Europe/Berlin"}, {"pipelines": {"branch": "wip/*"}}]],
    # Of a mute.
    "Mute.name": ["weekends"],
    "days": [["sat", "sun"]],
    "hours": ["22:00-06:00"],
    "Mute.from": ["2026-12-24", "2026-12-24 18:00"],
    "until": ["2027-01-01", "2027-01-01 08:00"],
    "zone": ["Europe/Berlin"],
    "Mute.channels": [["team"]],
    # Of a run.
    "project": ["payments", "{{ repository.owner }}"],
    "app": ["shop", "payments-*"],
    "environment": ["production", "review/*"],
    "environment_url": ["https://shop.example.com"],
    "tier": ["production"],
    "cluster": ["eks-prod-1"],
    "pipeline": ["deploy", "Build and test"],
    "image": ["registry.example.com/shop:1.4.2"],
    "triggered_by": ["ada", "ada@example.com"],
    "job": ["test", "test (3.*)"],
    "branch": ["main", "release/*", "!dependabot/*"],
    "tag": ["v*"],
    "ref_type": ["pull_request"],
    "source_branch": ["!dependabot/*"],
    "target_branch": ["main"],
    "source": ["push", "schedule"],
    "author": ["ada@example.com", "!*[bot]"],
    "selector.triggered_by": ["!*[bot]"],
    "reason": ["timed out"],
    "Context.kind": ["cd"],
    "Settings.kind": ["cd"],
    "selector.kind": ["cd"],
    "rules": [[{"when": {"branch": "main"}, "set": {"environment": "production"}}]],
    "when": [{"branch": "main", "pipeline": "deploy"}],
    "set": [{"environment": "production"}],
    # Of a rule.
    "name": ["production deployments"],
    "critical": [True],
    "runbook": ["https://wiki.example.com/runbooks/payments"],
    "on": ["failure", ["trigger", "success", "failure"]],
    "pipelines": [{"branch": "main"}, [{"kind": "ci", "branch": ["main", "release/*"]}, {"tier": "production"}]],
    "send_to": ["team", ["team", "dev@example.com"], {"email": "dev@example.com", "via": "mail"}],
    "channel": ["team"],
    "email": ["dev@example.com", ["dev@example.com", "ops@example.com"]],
    "via": ["mail"],
    "mention": ["author", ["triggered_by", "here"]],
    "conversation": ["thread"],
    "channel_ntfy.conversation": ["update"],
    # Of a person.
    "KnownPerson.email": ["ada@example.com", ["ada@example.com", "ada@home.example"]],
    "login": ["ada"],
    "KnownPerson.name": ["Ada Byron"],
    "slack": ["U012AB3CD", "S012AB3CD"],
    "discord": ["123456789012345678", "&123456789012345678"],
    "teams": ["ada@example.com"],
    "mattermost": ["ada"],
    "telegram": ["ada_b"],
    "mail": [True],
    # Of the delivery.
    "timeout": [8],
    "budget": [30, {"trigger": 10, "completion": 30}],
    "trigger": [10],
    "completion": [30],
    "attempts": [3],
    "strict": [True],
    "look_ups": [False],
    # Own words.
    "message": [{"title": "{{ app }} {{ status }}", "text": "Deployed by {{ triggered_by.login }}"}, "{{ app }} is {{ status }}"],
    "OwnWords.title": ["{{ app }} is {{ status }}"],
    "text": ["{{ commit.title }} took {{ run | duration }}"],
    "fields": [{"Version": "{{ image.tag }}", "Author": False}],
    "links": [{"Dashboard": "https://grafana.example.com/d/{{ app }}", "Compare": False}],
    "colour": ["#6f42c1", "teal"],
    # Of a channel.
    "fallback": ["ops", "dev@example.com"],
    "update": [True],
    "token": ["${SLACK_BOT_TOKEN}"],
    "channel_slack.channel": ["C0123456789", "#payments"],
    "channel_slack.api_url": ["https://slack.com/api"],
    "channel_mattermost.channel": ["4xp9fdt77pncbef59f4k1qe83o"],
    "channel_mattermost.api_url": ["https://mattermost.example.com"],
    "url": ["${SLACK_WEBHOOK_URL}"],
    "channel_teams.url": ["${TEAMS_WEBHOOK_URL}"],
    "channel_discord.url": ["${DISCORD_WEBHOOK_URL}"],
    "channel_ringcentral.url": ["${RINGCENTRAL_WEBHOOK_URL}"],
    "channel_google_chat.url": ["${GOOGLE_CHAT_WEBHOOK_URL}"],
    "channel_mattermost.url": ["${MATTERMOST_WEBHOOK_URL}"],
    "channel_ntfy.url": ["https://ntfy.example.com"],
    "channel_telegram.thread_id": ["7"],
    "channel_pagerduty.api_url": ["https://events.eu.pagerduty.com"],
    "channel_telegram.api_url": ["https://telegram.example.com"],
    "routing_key": ["${PAGERDUTY_ROUTING_KEY}"],
    "chat_id": ["-1001234567890", "@builds"],
    "topic": ["payments", "${NTFY_TOPIC}"],
    "channel_telegram.token": ["${TELEGRAM_BOT_TOKEN}"],
    "channel_ntfy.token": ["${NTFY_TOKEN}"],
    "channel_mattermost.token": ["${MATTERMOST_TOKEN}"],
    "channel_webhook.url": ["https://audit.example.com/ci", "${AUDIT_URL}"],
    "username": ["tocsin"],
    "channel_smtp.username": ["${SMTP_USER}"],
    "thread_id": ["1234567890123456789"],
    "from": ["CI <ci@example.com>"],
    "reply_to": ["dev@example.com"],
    "default": [True],
    "host": ["smtp.example.com"],
    "port": [587, 465],
    "security": ["starttls"],
    "hello": ["ci.example.com"],
    "password": ["${SMTP_PASSWORD}"],
    "auth": ["password"],
    "region": ["eu-west-1"],
    "access_key_id": ["${AWS_ACCESS_KEY_ID}"],
    "secret_access_key": ["${AWS_SECRET_ACCESS_KEY}"],
    "session_token": ["${AWS_SESSION_TOKEN}"],
    "configuration_set": ["ci-mails"],
    "endpoint_url": ["https://email.eu-west-1.amazonaws.com"],
    "method": ["POST"],
    "headers": [{"Authorization": "Bearer ${AUDIT_TOKEN}"}],
    "payload": [{"app": "{{ app }}", "event": "{{ event }}"}, '{"app": "{{ app }}"}'],
    "channel_slack.payload": [{"text": "{{ app }} is {{ status }}"}],
    "channel_teams.payload": [
        {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}]}
    ],
    "channel_discord.payload": [{"content": "{{ app }} is {{ status }}"}],
    "channel_ringcentral.payload": [{"text": "{{ app }} is {{ status }}"}],
    "channel_google_chat.payload": [{"text": "{{ app }} is {{ status }}"}],
    "channel_mattermost.payload": [{"text": "{{ app }} is {{ status }}"}],
    "channel_pagerduty.payload": [
        {"payload": {"summary": "{{ app }} is {{ status }}", "source": "{{ repository.name or 'ci' }}", "severity": "error"}}
    ],
    "channel_telegram.payload": [{"text": "{{ app }} is {{ status }}"}],
    "channel_ntfy.payload": [{"title": "{{ app }} is {{ status }}", "priority": 4}],
    "payload_file": ["ci/payload.json"],
    "sign": ["${SIGNING_SECRET}"],
    "signing_secret": ["${SIGNING_SECRET}"],
    "format": ["cloudevents"],
}

# What the words of an enum mean: https://code.visualstudio.com/docs/languages/json has enumDescriptions, and a validator ignores them.
MEANINGS = {
    "trigger": "The run has started.",
    "success": "The run has succeeded.",
    "failure": "The run has failed.",
    "cancelled": "Somebody or something has cancelled the run.",
    "unstable": "Jenkins's result between success and failure, such as failed tests.",
    "waiting": "The run waits for a person to approve or start it.",
    "always": "The run has ended, with any result.",
    "fixed": "The run has succeeded, and the one before it had failed.",
    "broken": "The run has failed, and the one before it had succeeded.",
    "still_failing": "The run has failed, as had the one before it.",
    "production": "What users use.",
    "staging": "The last step before production.",
    "testing": "For tests.",
    "development": "For developers.",
    "other": "None of these.",
    "mon": "Monday.",
    "tue": "Tuesday.",
    "wed": "Wednesday.",
    "thu": "Thursday.",
    "fri": "Friday.",
    "sat": "Saturday.",
    "sun": "Sunday.",
    "ci": "A build: the run deploys to no environment.",
    "cd": "A deployment.",
    "branch": "The run is about a branch.",
    "tag": "The run is about a tag.",
    "pull_request": "The run is about a pull or merge request.",
}


def add_words(policy: Schema, definitions: Schema) -> None:
    """Put the examples at every key, and the meanings at every list of words."""
    for name, node in (("Policy", policy), *definitions.items()):
        _add(name, node)


def _add(name: str, node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _add(name, item)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("enum"), list) and set(node["enum"]) <= MEANINGS.keys():
        node["enumDescriptions"] = [MEANINGS[word] for word in node["enum"]]
    keys = node.get("properties", {})
    inner = "selector" if {"branch", "tag"} <= keys.keys() else name
    for key, value in keys.items():
        if "const" in value and value["const"] in KINDS:
            value["description"] = "The kind of the channel."
        elif examples := EXAMPLES.get(f"{inner}.{key}", EXAMPLES.get(key)):
            value["examples"] = examples
    for key, value in node.items():
        if key not in ("enum", "const", "default", "examples"):
            _add(inner, list(value.values()) if key in ("properties", "patternProperties") else value)
