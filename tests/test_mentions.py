"""Whom messages address: the cases in cases/mentions.yml, and that nothing a run says addresses anybody else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from events import CASES, SAMPLES, SNIPPETS, crowded, event, hostile
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import run
from kinds import CHAT_KINDS, REQUIRED, options
from policies import read
from servers import Answer, ScriptedServer

from tocsin.channels import KINDS, load
from tocsin.event import Event
from tocsin.message import compose
from tocsin.message.mention import MENTIONS_MAX, Mention, names
from tocsin.policy.destinations import Destination, destinations
from tocsin.policy.load import PolicyDocument
from tocsin.policy.match import match

TABLE = yaml.safe_load((CASES / "mentions.yml").read_text(encoding="utf-8"))
SERVICES = tuple(kind for kind in KINDS if "mention" in KINDS[kind].can)


def policy(*rules: dict[str, Any], people: Any = TABLE["people"]) -> PolicyDocument:
    """A policy whose rules send to a channel of every chat service, all at once."""
    channels = {kind: {"kind": kind, **REQUIRED.get(kind, {})} for kind in CHAT_KINDS}
    whole = {"people": people, "channels": channels, "notifications": [{"send_to": list(CHAT_KINDS), **rule} for rule in rules]}
    return read(json.dumps(whole))


def reached(document: PolicyDocument, happening: Event, *, untrusted: bool = False) -> list[Destination]:
    rules = [rule for rule in match(document.policy, happening) if rule.matches]
    return destinations(document.policy, rules, happening, {}, untrusted=untrusted)


def payload(row: Destination, happening: Event) -> Any:
    return load(row.kind).render(compose(happening)._replace(rules=row.rules, mentions=row.mentions), options(row.kind))


def walked(node: Any) -> list[dict[str, Any]]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [*([node] if isinstance(node, dict) else []), *(found for item in below for found in walked(item))]


def on_slack(body: Any) -> list[str]:
    assert not re.search(r"<[!@]", body["text"])
    loud = [node for block in body["blocks"] for node in walked(block)]
    typed = ("user", "usergroup", "broadcast")
    assert not [node for node in walked(body.get("attachments", [])) if node.get("type") in typed]
    return [node.get("user_id") or node.get("usergroup_id") or node["range"] for node in loud if node.get("type") in typed]


def on_discord(body: Any) -> list[str]:
    allowed, text = body["allowed_mentions"], body["content"]
    assert len(text.encode("utf-16-le")) <= 4000
    if allowed["parse"]:
        assert allowed["parse"] == ["everyone"]
        assert len(re.findall("@(?:everyone|here)", text)) == 1, "a backslash keeps nobody from being called"
    found = list(re.findall(r"(?<!\\)<@&?[0-9]+>|(?<![\\\w])@(?:here|everyone)", text.rpartition("\n")[2]))
    assert {f"<@{user}>" for user in allowed.get("users", ())} | {f"<@&{role}>" for role in allowed.get("roles", ())} == {
        token for token in found if token.startswith("<")
    }
    assert bool(allowed["parse"]) == any(token.startswith("@") for token in found)
    return found


def on_teams(body: Any) -> list[str]:
    (card,) = (attachment["content"] for attachment in body["attachments"])
    entities = card["msteams"].get("entities", [])
    shown = [node["text"] for node in walked(card["body"]) if node.get("type") == "TextBlock"]
    assert all(any(entity["text"] in text for text in shown) for entity in entities)
    return [entity["mentioned"]["id"] for entity in entities]


def on_mattermost(body: Any) -> list[str]:
    return re.findall(r"(?<!\S)@[a-z0-9._-]+", body["text"])


def on_telegram(body: Any) -> list[str]:
    text = re.sub(r"<(pre|code)>.*?</\1>", "", body["text"], flags=re.DOTALL)  # no mention is looked for in code
    return [number or name for number, name in re.findall(r'href="tg://user\?id=([0-9]+)"|(?<!\S)(@\w+)', text)]


READERS: dict[str, Callable[[Any], list[str]]] = {
    "slack": on_slack,
    "discord": on_discord,
    "teams": on_teams,
    "mattermost": on_mattermost,
    "telegram": on_telegram,
}


def told(document: PolicyDocument, happening: Event, *, untrusted: bool = False) -> dict[str, list[str]]:
    """Whom the payloads address, by the service, where that is somebody."""
    rows = {row.kind: row for row in reached(document, happening, untrusted=untrusted)}
    assert not [row for kind, row in rows.items() if names(row.mentions, kind) and kind not in SERVICES]
    found = {kind: READERS[kind](payload(row, happening)) for kind, row in rows.items() if kind in SERVICES}
    return {kind: ids for kind, ids in found.items() if ids}


def happening(said: dict[str, Any], word: str = "failure") -> Event:
    return event({"ci": "github", "hook": "completion", "app": "payments", **TABLE["events"][word], **said})


def test_every_service_that_can_mention_has_its_reader() -> None:
    assert set(SERVICES) <= set(READERS)
    assert {kind for kind in KINDS if "mention_all" in KINDS[kind].can} <= set(SERVICES)


@pytest.mark.parametrize("row", TABLE["told"], ids=lambda row: json.dumps(row)[:90])
def test_who_is_told(row: dict[str, Any]) -> None:
    found = told(policy({"on": "failure", "mention": row["mention"]}), happening(row.get("run", {})), untrusted=row.get("untrusted", False))
    assert found == {kind: ids for kind, ids in row["told"].items() if kind in SERVICES}


@pytest.mark.parametrize("row", TABLE["when"], ids=lambda row: "+".join(row["words"]))
@pytest.mark.parametrize("word", TABLE["events"])
def test_on_which_events(word: str, row: dict[str, Any]) -> None:
    found = told(policy({"on": row["words"], "mention": "ada"}), happening({}, word))
    assert bool(found) == (word in row["mentions"])
    assert not found or set(found) == set(SERVICES)


def test_one_mention_however_many_rules_say_it() -> None:
    rules = [{"on": "failure", "mention": ["ada", "ops"]}, {"on": "broken", "mention": "author"}, {"on": "failure"}]
    found = told(policy(*rules), happening({"commit": {"author": {"email": "ada@example.com"}}}, "broken"))
    assert found["slack"] == ["U0ADA", "S0OPS"]


def test_a_rule_that_mentions_on_another_event_adds_nobody() -> None:
    document = policy({"on": "failure", "mention": "ada"}, {"on": "still_failing", "mention": "ops"})
    assert told(document, happening({}, "still_failing"))["slack"] == ["S0OPS"]


def test_of_many_the_first_are_told_and_the_message_keeps_its_limits() -> None:
    people = {
        f"p{number}": {"slack": f"U{number:020}", "discord": f"{number:020}", "teams": f"p{number}@example.com"} for number in range(60)
    }
    document = policy({"on": "failure", "mention": list(people)}, people=people)
    found = told(document, crowded("<@1> @everyone `x` " * 60)._replace(transition="broken"))
    assert {len(ids) for ids in found.values()} == {MENTIONS_MAX}


TEXTS = st.one_of(st.sampled_from([*SNIPPETS.values(), "ada", "grace@x", "@ada", "<@1001>", "<@&77>", "S0OPS"]), st.text(max_size=40))


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.booleans(), st.sampled_from(["nobody", "ada", "here"]))
def test_nothing_that_a_run_says_addresses_anybody(text: str, fork: bool, whom: str) -> None:
    said = hostile(text)
    said = said._replace(pull_request=said.pull_request._replace(fork=fork), transition="broken")
    words = ["author", "authors", "triggered_by", *([] if whom == "nobody" else [whom])]
    expected = next(row["told"] for row in TABLE["told"] if row["mention"] == whom) if whom != "nobody" else {}
    if whom == "here" and fork:
        expected = {}
    found = told(policy({"on": "failure", "mention": words}), said)
    assert found == {kind: ids for kind, ids in expected.items() if kind in SERVICES}


def test_without_a_mention_nothing_changes() -> None:
    document = policy({"on": "failure"})
    for sample in ("failure-cd", "broken-ci-changes"):
        for row in reached(document, SAMPLES[sample]):
            assert row.mentions == ()
            assert payload(row, SAMPLES[sample]) == load(row.kind).render(
                compose(SAMPLES[sample])._replace(rules=row.rules), options(row.kind)
            )


def test_an_address_that_people_do_not_know_is_listed_unless_an_outsider_may_have_written_it() -> None:
    document = policy({"on": "failure", "mention": "author"})
    emails = ("ada@example.com", "eve@example.com", "<!here>", "1+eve@users.noreply.github.com")
    known, unknown, odd, private = ({"commit": {"author": {"email": email}}} for email in emails)
    assert [mention.emails for mention in reached(document, happening(known))[0].mentions] == [("ada@example.com", "ada@home.example")]
    assert reached(document, happening(unknown))[0].mentions == (Mention("eve@example.com", (), ("eve@example.com",)),)
    assert reached(document, happening(unknown), untrusted=True)[0].mentions == ()
    assert [mention.emails for mention in reached(document, happening(known), untrusted=True)[0].mentions] == [()]
    assert reached(document, happening({**unknown, "pull_request": {"fork": True}}))[0].mentions == ()
    assert reached(document, happening(odd))[0].mentions == reached(document, happening(private))[0].mentions == ()


MAIL = """\
people:
  ada: {email: [ada@example.com, ada@home.example], login: ada, mail: true}
  eve: {email: eve@example.com, slack: U0EVE}
channels:
  team: {kind: slack}
  mail: {kind: smtp, host: 127.0.0.1, from: ci@example.com, default: true}
  other: {kind: smtp, host: 127.0.0.2, from: ci@example.com, project: billing}
notifications:
"""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{on: failure, send_to: team, mention: [ada, eve]}", {"ada@example.com": "mail"}),
        ("{on: failure, send_to: [ADA@example.com, {email: ada@home.example, via: mail}], mention: ada}", {"ADA@example.com": "mail", "ada@home.example": "mail"}),
        ("{on: failure, send_to: {email: dev@example.com, via: other}, mention: ada}", {"dev@example.com": "other", "ada@example.com": "other"}),
        ("{on: failure, send_to: team, mention: triggered_by}", {"ada@example.com": "mail"}),
        ("{on: still_failing, send_to: team, mention: ada}", {}),
        ("{on: [trigger, success, failure], send_to: team, mention: [eve, here]}", {}),
    ],
)  # fmt: skip
def test_mail_goes_to_those_who_want_it(rule: str, expected: dict[str, str]) -> None:
    rows = reached(read(f"{MAIL}  - {rule}\n"), happening({"triggered_by": {"login": "ADA"}}, "broken"))
    assert {row.recipient: row.channel for row in rows if row.kind == "smtp"} == expected
    assert all((row.skip is not None) == (row.channel == "other") for row in rows)  # the scope of a channel holds for them as well


CI = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REF_NAME": "main",
    "GITHUB_ACTOR": "ada",
}


def test_explain_preview_and_a_dry_run_say_who_would_be_told(tmp_path):
    (tmp_path / ".tocsin.yml").write_text(MAIL + "  - {on: [failure, still_failing], send_to: team, mention: [eve, here, triggered_by]}\n")
    env = {**CI, "SLACK_WEBHOOK_URL": "http://127.0.0.1:1/x"}
    rows = {row["recipient"]: row for row in run("explain", "--event", "broken", "--json", env=env, folder=tmp_path).json()["deliveries"]}
    assert rows["team"]["mentions"] == ["eve", "here"]
    assert "mentions" not in rows["ada@example.com"]
    assert "by #1, mentions eve, here" in run("explain", "--event", "broken", env=env, folder=tmp_path).out
    assert "\n  mentions: eve, here\n" in run("send", "completion", "--status", "failure", "--dry-run", env=env, folder=tmp_path).out
    assert "team (slack, mentions eve, here)" in run("preview", "--event", "broken", folder=tmp_path).out
    (row,) = [row for row in run("preview", "--event", "broken", "--json", folder=tmp_path).json() if row["channel"] == "team"]
    assert row["mentions"] == ["eve", "here"]


def test_a_payload_of_the_policy_s_own_addresses_nobody_by_the_rule_and_nothing_says_so(tmp_path):
    channels = 'channels: {team: {kind: slack, payload: {text: "{{ app }}"}}, room: {kind: slack}}\n'
    rule = "notifications: [{on: failure, send_to: [team, room], mention: eve}]\n"
    (tmp_path / ".tocsin.yml").write_text(f"people: {{eve: {{slack: U0EVE}}}}\n{channels}{rule}")
    env = {**CI, "SLACK_WEBHOOK_URL": "http://127.0.0.1:1/x"}
    for words in (("explain", "--event", "failure", "--json"), ("preview", "--event", "failure", "--json")):
        answer = run(*words, env=env, folder=tmp_path).json()
        rows = answer["deliveries"] if isinstance(answer, dict) else answer
        assert {row["channel"]: row.get("mentions") for row in rows} == {"team": None, "room": ["eve"]}
    assert run("send", "completion", "--status", "failure", "--dry-run", env=env, folder=tmp_path).out.count("mentions: eve") == 1
    (tmp_path / "without.yml").write_text((tmp_path / ".tocsin.yml").read_text().replace(", mention: eve", ""))
    assert "room: newly mentions eve" in (said := run("diff", "without.yml", ".tocsin.yml", folder=tmp_path).out)
    assert "team: newly" not in said


def test_a_base_s_people_and_the_policy_s_own_are_one(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "base.yml").write_text("people: {ada: {login: ada, slack: U0OLD}, eve: {slack: U0EVE}}\n")
    rule = "{on: failure, send_to: [team, room], mention: [ada, eve]}"
    own = "extends: base.yml\npeople: {ada: {slack: U0NEW, discord: '5'}}\nchannels: {team: {kind: slack}, room: {kind: discord}}\n"
    (tmp_path / ".tocsin.yml").write_text(f"{own}notifications: [{rule}]\n")
    assert run("check", folder=tmp_path).code == 0
    shown = run("preview", "--event", "failure", "--json", folder=tmp_path).json()
    assert [row["mentions"] for row in shown] == [["ada", "eve"], ["ada"]]
    assert "U0NEW" in json.dumps(shown)
    assert "U0OLD" not in json.dumps(shown)


def test_the_wire_has_the_typed_elements(project, slack):
    project.policy(MAIL + "  - {on: failure, send_to: team, mention: [eve, here]}\n")
    assert project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x")}).code == 0
    assert on_slack(slack.requests[0].json()) == ["U0EVE", "here"]


def test_on_a_fork_s_run_a_person_is_told_and_the_channel_is_not(project, slack):
    head = {"ref": "main", "sha": "a" * 40, "repo": {"full_name": "mallory/payments", "id": 2, "fork": True}}
    base = {"ref": "main", "repo": {"full_name": "acme/payments", "id": 1}}
    told = {
        "pull_request": {"number": 7, "title": "<!here>", "head": head, "base": base},
        "repository": {"full_name": "acme/payments", "id": 1},
    }
    (project.folder / "event.json").write_text(json.dumps(told))
    rule = MAIL + "  - {on: failure, send_to: team, mention: [eve, here, channel, '<!here>', author]}\n"
    env = {"SLACK_WEBHOOK_URL": slack.url("/x"), "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": "event.json"}
    assert project.send("failure", "--policy", "-", env=env, stdin=rule.encode()).rows()["team"] == ("delivered", None)
    assert on_slack(slack.requests[0].json()) == ["U0EVE"]


def test_a_fallback_addresses_whom_the_message_would_have(project, slack):
    with ScriptedServer(Answer(404, b"no_service")) as gone:
        channels = "{team: {kind: slack, url: '${GONE}', fallback: room}, room: {kind: slack}}"
        rule = "{on: failure, send_to: team, mention: eve}"
        project.policy(f"people: {{eve: {{slack: U0EVE}}}}\nchannels: {channels}\nnotifications: [{rule}]\n")
        project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x"), "GONE": gone.url("/y")})
    assert on_slack(slack.requests[0].json()) == ["U0EVE"]
