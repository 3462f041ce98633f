"""Teams' own: connectors that have ended, and the size of a message."""

from __future__ import annotations

import pytest
from events import HOSTILE, RULES, SAMPLES, hostile
from payload_checks import card_text, check_teams, nodes

from tocsin.channels import teams
from tocsin.clock import Clock
from tocsin.http import Transport
from tocsin.message import compose
from tocsin.network import Network
from tocsin.verdict import Failed

OPTIONS = teams.Options(kind="teams")


@pytest.mark.parametrize(
    "host", ["acme.webhook.office.com", "webhook.office.com", "outlook.office.com", "outlook.office365.com", "ACME.WEBHOOK.OFFICE.COM:443"]
)
def test_an_ended_connector_gets_the_way_out_and_no_request(host: str) -> None:
    options = OPTIONS.resolved({"TEAMS_WEBHOOK_URL": f"https://{host}/webhookb2/SECRET@x/IncomingWebhook/SECRET"})
    verdict = teams.send({}, options, Transport(Network(allowed_hosts=()), "key", 0.0, Clock()))
    assert isinstance(verdict, Failed)
    assert "Send webhook alerts to a channel" in verdict.reason
    assert "Workflows" in verdict.reason
    assert "SECRET" not in verdict.reason
    assert "office.com/" not in verdict.reason


def test_the_card_keeps_its_heading_and_its_links_when_it_must_shrink() -> None:
    message = compose(HOSTILE["widest"])._replace(rules=RULES)
    payload = teams.render(message, OPTIONS)
    check_teams(payload)
    assert [node["title"] for node in nodes(payload) if node.get("type") == "Action.OpenUrl"] == [link.label for link in message.links]
    assert next(node["text"] for node in nodes(payload) if node.get("type") == "TextBlock").startswith("❌ ")


def test_a_name_with_underscores_stays_as_it_is() -> None:
    payload = teams.render(compose(hostile("feat_x_y **b** [x](http://evil.example)")), OPTIONS)
    texts = [card_text(node["text"]) for node in nodes(payload) if node.get("type") == "TextBlock"]
    assert any("feat_x_y **b** [x] (http://evil.example)" in text for text in texts)
    assert "](" not in payload["attachments"][0]["content"]["fallbackText"]


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("failure-cd", "attention"),
        ("success-cd", "good"),
        ("trigger-cd", "accent"),
        ("unstable-ci", "warning"),
        ("cancelled-cd", "emphasis"),
    ],
)
def test_the_heading_has_the_colour_of_the_tone(name: str, style: str) -> None:
    payload = teams.render(compose(SAMPLES[name]), OPTIONS)
    assert payload["attachments"][0]["content"]["body"][0]["columns"][0]["style"] == style
