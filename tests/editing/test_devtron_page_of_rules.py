"""Devtron's Notifications tab, part by part, by commands on one file: add, filter, events, recipients, delete, one and in bulk."""

from __future__ import annotations

from pathlib import Path

from inprocess import run

CHANNELS = """# Who hears of what. Changed by tocsin rules.
channels:
  payments: {kind: slack, url: "${SLACK_WEBHOOK_URL}", channel: "#payments"}   # by hand
  hook:     {kind: webhook, url: https://hook.example.com/ci}
  office:   {kind: smtp, host: smtp.example.com, from: ci@example.com, default: true}
  aws:      {kind: ses, region: eu-west-1, from: ci@example.com}

notifications:
"""
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
    path.write_text(CHANNELS, encoding="utf-8")

    def rules(*words: str) -> str:
        answer = run("rules", *words, folder=tmp_path)
        assert answer.code == 0, answer.err
        assert path.read_text(encoding="utf-8").startswith(CHANNELS.rstrip("\n"))
        return answer.out

    def listed(*words: str) -> list[str]:
        return [rule["name"] for rule in run("rules", "list", *words, "--json", folder=tmp_path).json()]

    # Add Notifications: send to, select pipelines, events.
    for name, where in FILTERS.items():
        flags = [flag for text in where for flag in ("--where", text)]
        rules("add", "--name", name, "--on", "trigger,success,failure", "--send-to", "payments", *flags)
    rules("add", "--name", "mail", "--on", "failure", "--send-to", "dev@example.com,hook")
    rules("add", "--name", "mail by SES", "--on", "failure", "--send-to", "dev@example.com", "--via", "aws")
    assert path.read_text(encoding="utf-8").count("\n") == CHANNELS.count("\n") + 8 * 4 + 2 * 3

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
    assert path.read_text(encoding="utf-8") == CHANNELS.replace("notifications:", "notifications: []")
