"""Devtron's page, part by part, by commands on one file.

Configurations: SES, SMTP, Slack, webhook, each added, edited and deleted. Notifications: add, filter, events, recipients, delete, one and in bulk.
"""

from __future__ import annotations

from pathlib import Path

from inprocess import run

EMPTY = "# Who hears of what. Changed by tocsin rules.\nchannels: {}   # by hand\n\nnotifications:\n"
CONFIGURATIONS = {  # name: kind, and what Devtron's dialog asks for
    "aws": ("ses", "access_key_id=${AWS_KEY}", "secret_access_key=${AWS_SECRET}", "region=eu-west-1", "from=ci@example.com"),
    "office": (
        "smtp",
        "host=smtp.example.com",
        "port=587",
        "username=${SMTP_USER}",
        "password=${SMTP_PASSWORD}",
        "from=ci@example.com",
        "default=true",
    ),
    "payments": ("slack", "url=${SLACK_WEBHOOK_URL}", "channel=#payments", "project=payments"),
    "hook": ("webhook", "url=${HOOK_URL}", "headers.Content-Type=application/json", "payload.text={{ title }}"),
    "spare": ("slack", "url=${SPARE_URL}"),
}
FILTERS = {
    "application": ("app=checkout,ledger",),
    "project": ("project=payments",),
    "environment": ("environment=production",),
    "cluster": ("cluster=eks-prod-1",),
    "build": ("kind=ci", "project=payments"),
    "deployment": ("kind=cd", "environment=staging"),
    "prod": ("kind=cd", "tier=production"),
    "non-prod": ("kind=cd", "tier=!production"),
}


def test_the_page_section_by_section(tmp_path: Path) -> None:
    path = tmp_path / ".tocsin.yml"
    path.write_text(EMPTY, encoding="utf-8")

    def channels(*words: str) -> str:
        answer = run("channels", *words, folder=tmp_path)
        assert answer.code == 0, answer.err
        assert path.read_text(encoding="utf-8").startswith("# Who hears of what. Changed by tocsin rules.\nchannels:")
        assert path.read_text(encoding="utf-8").endswith("\n\nnotifications:\n")
        return answer.out

    # Configurations: add, list, edit, delete.
    for name, (kind, *values) in CONFIGURATIONS.items():
        channels("add", name, "--kind", kind, *(word for value in values for word in ("--set", value)))
    assert [row["channel"] for row in run("channels", "list", "--json", folder=tmp_path).json()] == list(CONFIGURATIONS)
    channels("modify", "payments", "--set", "url=${TEAM_URL}", "--unset", "project")
    channels("modify", "hook", "--set", "headers.Authorization=Bearer ${HOOK_TOKEN}")
    channels("delete", "spare", "--yes")
    whole = path.read_text(encoding="utf-8")

    def rules(*words: str) -> str:
        answer = run("rules", *words, folder=tmp_path)
        assert answer.code == 0, answer.err
        assert path.read_text(encoding="utf-8").startswith(whole.rstrip("\n"))
        return answer.out

    def listed(*words: str) -> list[str]:
        return [rule["name"] for rule in run("rules", "list", *words, "--json", folder=tmp_path).json()]

    # Add Notifications: send to, select pipelines, events.
    for name, where in FILTERS.items():
        flags = [flag for text in where for flag in ("--where", text)]
        rules("add", "--name", name, "--on", "trigger,success,failure", "--send-to", "payments", *flags)
    rules("add", "--name", "mail", "--on", "failure", "--send-to", "dev@example.com,hook")
    rules("add", "--name", "mail by SES", "--on", "failure", "--send-to", "dev@example.com", "--via", "aws")
    assert path.read_text(encoding="utf-8").count("\n") == whole.count("\n") + 8 * 4 + 2 * 3

    # The page's filters.
    assert listed("--where", "project=payments") == ["project", "build"]
    assert listed("--where", "app=ledger") == ["application"]
    assert listed("--where", "environment=production,staging") == ["environment", "deployment"]
    assert listed("--where", "send_to=dev@example.com") == ["mail", "mail by SES"]

    # Modify Events, of one and of many.
    rules("modify", "build", "--remove-on", "trigger")
    rules("modify", "--where", "kind=cd", "--on", "success,failure")
    assert listed("--where", "on=trigger") == ["application", "project", "environment", "cluster"]

    # Modify Recipients, of one and of many.
    rules("modify", "mail", "--add-recipient", "payments", "--remove-recipient", "hook")
    rules("modify", "--where", "tier=production,!production", "--send-to", "hook,office@example.com", "--via", "aws")
    assert listed("--where", "send_to=hook") == ["prod", "non-prod"]
    assert "    send_to: [hook, {email: office@example.com, via: aws}]\n" in path.read_text(encoding="utf-8")

    # Delete, one and many.
    rules("delete", "cluster", "--yes")
    rules("delete", "--where", "kind=cd", "--yes")
    assert listed() == ["application", "project", "environment", "build", "mail", "mail by SES"]
    rules("delete", "--all", "--yes")
    assert path.read_text(encoding="utf-8") == whole.replace("notifications:", "notifications: []")

    # A configuration that a rule uses stays, and the rule is named.
    rules("add", "--name", "last", "--on", "failure", "--send-to", "hook")
    answer = run("channels", "delete", "hook", "--yes", folder=tmp_path)
    assert answer.code == 3
    assert "'last'" in answer.err
