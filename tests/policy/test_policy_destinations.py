"""Who gets the message: each destination once, through a channel that can serve, or with the reason why not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from policies import read, run

from tocsin.event import Event
from tocsin.policy.destinations import Destination, default_mail, destinations
from tocsin.policy.match import match
from tocsin.verdict import Skip

CHANNELS = """
channels:
  team: {kind: slack}
  ops: {kind: discord, url: "${OPS_URL}"}
  scoped: {kind: teams, url: "${TEAMS_URL}", project: payments}
  mail: {kind: smtp, host: smtp.example.com, from: ci@example.com, default: true}
  ses: {kind: ses, region: eu-west-1, from: ci@example.com}
  scoped-mail: {kind: ses, region: eu-west-1, from: ci@example.com, project: payments}
notifications:
"""


def sent(rules: str, event: Event | None = None, unavailable: Mapping[str, str] | None = None) -> list[Destination]:
    """The destinations of a failed build."""
    event = event or run()
    policy = read(CHANNELS + rules).policy
    return destinations(
        policy,
        [rule for rule in match(policy, event) if rule.matches],
        event,
        {name: Skip(why, "variable") for name, why in (unavailable or {}).items()},
    )


def test_each_recipient_by_its_channel():
    rules = (
        "  - {name: all, on: failure, send_to: [ops, {channel: team}, a@example.com, {email: [b@example.com, c@example.com], via: ses}]}"
    )
    assert [row[:5] for row in sent(rules)] == [
        ("ops", "discord", "ops", ("all",), None),
        ("team", "slack", "team", ("all",), None),
        ("mail", "smtp", "a@example.com", ("all",), None),
        ("ses", "ses", "b@example.com", ("all",), None),
        ("ses", "ses", "c@example.com", ("all",), None),
    ]


def test_a_destination_named_twice_gets_one_message_with_all_rules():
    rules = """
  - {name: first, on: failure, send_to: [team, team, {channel: team}]}
  - {name: not this, on: success, send_to: team}
  - {on: failure, send_to: [ops, team]}
"""
    assert [row[:5] for row in sent(rules)] == [
        ("team", "slack", "team", ("first", "#3"), None),
        ("ops", "discord", "ops", ("#3",), None),
    ]


def test_addresses_are_one_without_regard_to_case():
    rules = "  - {on: failure, send_to: [Dev@Example.com, dev@example.com]}\n  - {on: failure, send_to: {email: DEV@example.com, via: ses}}"
    assert [row[:5] for row in sent(rules)] == [("mail", "smtp", "Dev@Example.com", ("#1", "#2"), None)]


TWO_WAYS = """
  - {name: scoped, on: failure, send_to: {email: dev@example.com, via: scoped-mail}}
  - {name: ses, on: failure, send_to: {email: dev@example.com, via: ses}}
  - {name: plain, on: failure, send_to: dev@example.com}
"""
ASKED = ("scoped", "ses", "plain")


@pytest.mark.parametrize(
    ("project", "unavailable", "channel", "reason"),
    [
        ("payments", {}, "scoped-mail", None),
        ("shop", {}, "ses", None),
        (None, {"ses": "variable A is not set"}, "mail", None),
        ("payments", {"scoped-mail": "variable A is not set"}, "ses", None),
        ("payments", {"scoped-mail": "variable A is not set", "ses": "b", "mail": "c"}, "scoped-mail", "variable A is not set"),
        ("shop", {"scoped-mail": "a", "ses": "b", "mail": "c"}, "scoped-mail", "channel scoped-mail serves only project payments"),
    ],
)
def test_a_mail_goes_through_the_first_channel_that_can_serve(
    project: str | None, unavailable: dict[str, str], channel: str, reason: str | None
):
    (found,) = sent(TWO_WAYS, run(project=project), unavailable)
    assert (found.channel, found.recipient, found.rules) == (channel, "dev@example.com", ASKED)
    assert found.skip is None if reason is None else found.skip and found.skip.reason.startswith(reason)


@pytest.mark.parametrize(
    ("project", "words"),
    [("payments", None), ("Payments", "is of project Payments"), ("shop\nx", "is of project shop x"), (None, "has no known project")],
)
def test_project_scope(project: str | None, words: str | None):
    (found,) = sent("  - {on: failure, send_to: scoped}", run(project=project))
    assert found[:4] == ("scoped", "teams", "scoped", ("#1",))
    if words is None:
        assert found.skip is None
    else:
        assert found.skip == Skip(f"channel scoped serves only project payments, and this run {words}", "scope")


def test_what_is_unavailable_is_skipped_and_the_others_are_not():
    found = sent("  - {on: failure, send_to: [ops, team]}", unavailable={"ops": "variable OPS_URL is not set"})
    assert [(item.recipient, item.skip) for item in found] == [("ops", Skip("variable OPS_URL is not set", "variable")), ("team", None)]


def test_the_only_email_channel_needs_no_default():
    text = "channels: {post: {kind: smtp, host: h.example, from: a@example.com}}\nnotifications: [{on: failure, send_to: dev@example.com}]"
    policy = read(text).policy
    (found,) = destinations(policy, match(policy, run()), run(), {})
    assert found.channel == "post"


def test_nobody_when_no_rule_matches():
    assert sent("  - {on: success, send_to: team}") == []


@pytest.mark.parametrize(
    ("channels", "recipient", "default"),
    [
        ("{a: {kind: slack}}", "a", ""),
        ("{a: {kind: slack}, b: MAIL}", "x@example.com", "b"),
        ("{a: MAIL, b: MAIL}", "{email: x@example.com, via: a}", ""),
        ("{a: MAIL, b: MAIL, c: DEFAULT}", "x@example.com", "c"),
    ],
)
def test_the_mail_channel_of_addresses_that_name_none(channels: str, recipient: str, default: str):
    mail = "kind: ses, region: eu-west-1, from: ci@example.com"
    text = channels.replace("MAIL", f"{{{mail}}}").replace("DEFAULT", f"{{{mail}, default: true}}")
    assert default_mail(read(f"channels: {text}\nnotifications: [{{on: failure, send_to: {recipient}}}]\n").policy) == default
