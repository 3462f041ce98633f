"""Whom Slack itself knows by an address: asked once, on the wire, and never at the cost of the message."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from clocks import VirtualClock
from events import SAMPLES
from hypothesis import given
from hypothesis import strategies as st
from inprocess import QuickProject
from projects import Result
from servers import Answer, Request, ScriptedServer
from stateful_services import ROOM, TOKEN, SlackServer, refused, serving
from test_command_files import loaded
from test_mentions import on_slack

from tocsin import pipeline
from tocsin.channels import slack as slack_channel
from tocsin.channels import slack_people
from tocsin.deliver import Stop
from tocsin.http import Response, Transport
from tocsin.message import compose
from tocsin.message.mention import Mention
from tocsin.network import Network
from tocsin.request import Request as Wanted
from tocsin.verdict import Outcome
from tocsin.world import World

EVE = "eve@example.com"
NOBODY = "not mentioned: users.lookupByEmail: "
OPTIONS = slack_channel.Options(kind="slack", token="${T}", channel=ROOM).resolved({"T": TOKEN})
_running = serving(SlackServer)


def member(email: str = EVE, id_: Any = "U0EVE", **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": "x", "deleted": False, "is_bot": False, "profile": {"email": email}, **more}


@pytest.fixture
def server(_running: SlackServer) -> SlackServer:
    _running.people[EVE] = member()
    return _running


def policy(server: SlackServer, rule: str = "mention: author", *, top: str = "", options: str = "", more: str = "") -> str:
    place = f'kind: slack, token: "${{T}}", channel: {ROOM}, api_url: "{server.url("/api")}"{options}'
    return f"{top}\nchannels:\n  team: {{{place}}}\n{more}notifications:\n  - {{on: [trigger, failure, fixed], send_to: team, {rule}}}\n"


def by(*emails: str, **more: Any) -> dict[str, Any]:
    """Facts of a run with these authors; the first is the commit's."""
    return {"commit": {"author": {"email": emails[0]}}, "changes": [{"author": {"email": email}} for email in emails], **more}


def send(project: QuickProject, facts: dict[str, Any], *words: str, status: str = "failure", **env: str) -> Result:
    return project.send(status, "--facts", "-", *words, stdin=json.dumps(facts).encode(), env={"T": TOKEN, **env})


def row(result: Result, name: str = "team") -> str | None:
    """What is said of a message that was delivered."""
    outcome, reason = result.rows()[name]
    assert outcome == "delivered", reason
    assert EVE not in result.out + str(reason)
    return reason


def told(server: SlackServer) -> list[list[str]]:
    """Whom each message addresses, as it stands there now."""
    return [on_slack(message) for message in server.messages]


def test_who_is_found_is_mentioned(project: QuickProject, server: SlackServer) -> None:
    project.policy(policy(server))
    assert row(send(project, by("Eve@Example.com"))) is None
    assert told(server) == [["U0EVE"]]
    asked = server.requests[0]
    assert (asked.method, asked.path, asked.body) == ("GET", "/api/users.lookupByEmail?email=Eve%40Example.com", b"")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"


def test_an_address_is_one_value_of_the_query(project: QuickProject, server: SlackServer) -> None:
    odd = "eve+ci&email=ada@exämple.com"
    server.people[odd.lower()] = member(odd)
    project.policy(policy(server))
    assert row(send(project, by(odd))) is None
    assert (server.asked, told(server)) == ([odd], [["U0EVE"]])


@pytest.mark.parametrize(
    ("user", "says"),
    [
        (None, "users_not_found: no member of the workspace has the address"),
        (member(deleted=True), "the account is deactivated"),
        (member(is_bot=True), "the account is a bot"),
        (member("mallory@example.com"), "the answer is about another address"),
        (member(profile=None), "the answer is about another address"),
        (member(profile={"email": 7}), "the answer is about another address"),
        (member(id_="here"), "the answer has no member's id"),
        (member(id_="S0OPS"), "the answer has no member's id"),
        (member(id_="U0EVE>\n<!channel"), "the answer has no member's id"),
        (member(id_="U0EVE\n"), "the answer has no member's id"),
        (member(id_=["U0EVE"]), "the answer has no member's id"),
        ([member()], "the answer is about another address"),
    ],
)
def test_who_is_not_found_is_shown_by_name(project: QuickProject, server: SlackServer, user: Any, says: str) -> None:
    server.people[EVE] = user
    project.policy(policy(server))
    assert str(row(send(project, by(EVE)))).startswith(NOBODY + says)
    assert told(server) == [[]]


REFUSALS = [
    (refused("missing_scope", needed="users:read.email"), "missing_scope: give the app the scope users:read.email (OAuth"),
    (refused("ratelimited"), "HTTP 200: ratelimited"),
    (Answer(429, b"", {"Retry-After": "60"}), "HTTP 429"),
    (refused("token_revoked"), "token_revoked: "),
    (refused("some_new_error"), "some_new_error: Slack refuses"),
    (Answer(500, b"<html>"), "HTTP 500"),
    (Answer(200, b"ok"), "HTTP 200 without Slack's answer"),
    (Answer(behaviour="reset"), "connection to 127.0.0.1 broke"),
    (Answer(behaviour="malformed"), "connection to 127.0.0.1 broke"),
]


@pytest.mark.parametrize(("answer", "says"), REFUSALS, ids=lambda value: str(value)[:20])
def test_after_a_refusal_nobody_else_is_asked_about(project: QuickProject, server: SlackServer, answer: Answer, says: str) -> None:
    project.policy(policy(server, "mention: authors"))
    server.refusals["users.lookupByEmail"] = [answer]
    reason = str(row(send(project, by("ada@example.com", EVE, "grace@example.com"))))
    assert reason.startswith(f"3 people {NOBODY}{says}")
    assert "; " not in reason
    assert not reason.endswith("the message")
    assert server.asked == ["ada@example.com"]
    assert told(server) == [[]]


def test_each_reason_is_said_once(project: QuickProject, server: SlackServer) -> None:
    project.policy(policy(server, "mention: authors"))
    server.people["bot@example.com"] = member("bot@example.com", is_bot=True)
    reason = row(send(project, by("a@example.com", EVE, "b@example.com", "bot@example.com")))
    unknown = "users_not_found: no member of the workspace has the address: give their id in people"
    assert reason == f"2 people {NOBODY}{unknown}; {NOBODY}the account is a bot"
    assert told(server) == [["U0EVE"]]


@pytest.mark.parametrize("behaviour", ["answer", "drip", "endless"])
def test_a_slow_answer_leaves_the_message_its_time(project: QuickProject, server: SlackServer, behaviour: Any) -> None:
    project.policy(policy(server, more="delivery: {timeout: 0.9}\n"))
    hold = Event()
    server.refusals["users.lookupByEmail"] = [Answer(200, b"", behaviour=behaviour, hold=hold)]
    reason = row(send(project, by(EVE)))
    hold.set()
    assert "in time" in str(reason)
    assert told(server) == [[]]


class Slow(SlackServer):
    """Each look-up takes so many seconds of a virtual clock."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        super().__init__()
        self.clock, self.seconds = clock, seconds
        self.people = {f"p{number}@example.com": member(f"p{number}@example.com", f"U{number}") for number in range(20)}

    def answer(self, request: Request) -> Answer:
        if self.method(request) == "users.lookupByEmail":
            self.clock.now += self.seconds
        return super().answer(request)


def flow(clock: VirtualClock, text: str, facts: dict[str, Any], folder: Path) -> Outcome:
    path = folder / "facts.json"
    path.write_text(json.dumps(facts))
    world = World({"TOCSIN_CI": "generic", "TOCSIN_RUN_ID": "7", "T": TOKEN}, Path.cwd(), text.encode, clock, clock.now, Network())
    request = Wanted("completion", "failure", policy="-", facts_file=str(path))
    planned = pipeline.plan(world, request, pipeline.prepare(world, request))
    (outcome,) = pipeline.notify(world, planned, Stop())
    return outcome


@pytest.mark.parametrize(("seconds", "found"), [(0.4, 6), (1.0, 2), (3.0, 0)])
def test_a_third_of_the_time_is_for_all_addresses(tmp_path: Path, seconds: float, found: int) -> None:
    clock = VirtualClock()
    facts = by(*(f"p{number}@example.com" for number in range(6)))
    with Slow(clock, seconds) as server:
        outcome = flow(clock, policy(server, "mention: authors", more="delivery: {timeout: 9, budget: 60}\n"), facts, tmp_path)
    assert outcome.outcome == "delivered"
    assert clock.now <= 1000.0 + 3.0 + seconds
    assert len(told(server)[0]) == found
    assert (outcome.reason is None) == (found == 6)


def test_at_most_so_many_addresses_are_asked_about(tmp_path: Path) -> None:
    clock = VirtualClock()
    with Slow(clock, 0.0) as server:
        outcome = flow(clock, policy(server, "mention: authors"), by(*(f"p{number}@example.com" for number in range(14))), tmp_path)
    assert len(server.asked) == slack_people.ASKED_MAX == len(told(server)[0])
    assert outcome.reason == f"4 people {NOBODY}it is asked about 10 addresses at most"


def test_an_address_is_asked_about_once_for_all_channels_and_rules(project: QuickProject, server: SlackServer) -> None:
    other = f'  other: {{kind: slack, token: "${{T}}", channel: "#builds", api_url: "{server.url("/api")}"}}\n'
    text = policy(server, "mention: [author, triggered_by]", more=other)
    project.policy(f"{text}  - {{on: failure, send_to: [team, other], mention: authors}}\n")
    result = send(project, by(EVE, "EVE@example.com", triggered_by={"email": EVE}))
    assert (row(result), row(result, "other")) == (None, None)
    assert (server.asked, told(server)) == ([EVE], [["U0EVE"], ["U0EVE"]])


@pytest.mark.parametrize(
    ("top", "rule", "facts", "asked", "told_"),
    [
        ("{ada: {email: eve@example.com, slack: U0ADA}}", "mention: author", by(EVE), [], ["U0ADA"]),
        ("{ada: {email: eve@example.com, discord: '5'}}", "mention: author", by(EVE), [EVE], ["U0EVE"]),
        ("{ada: {email: [old@example.com, eve@example.com], login: ada}}", "mention: triggered_by", {"triggered_by": {"login": "ada"}}, ["old@example.com", EVE], ["U0EVE"]),
        ("{ada: {login: ada}}", "mention: triggered_by", {"triggered_by": {"login": "ada", "email": EVE}}, [EVE], ["U0EVE"]),
        ("{ada: {email: eve@example.com}}", "mention: ada", {}, [EVE], ["U0EVE"]),
        ("{ada: {email: eve@example.com}}", "mention: [ada, author, authors]", by(EVE), [EVE], ["U0EVE"]),
        ("{ada: {email: ada@example.com, slack: U0ADA}}", "mention: [ada, author]", by(EVE), [EVE], ["U0ADA", "U0EVE"]),
        ("{ada: {slack: U0EVE}}", "mention: [ada, author]", by(EVE), [EVE], ["U0EVE"]),
        ("{ada: {login: ada, discord: '5'}}", "mention: ada", by(EVE), [], []),
        ("{}", "mention: author", by("1+eve@users.noreply.github.com"), [], []),
        ("{}", "mention: author", by("<!channel>@example.com"), [], []),
        ("{}", "mention: [here, '<@U0RAW>']", by(EVE), [], ["here", "U0RAW"]),
    ],
)  # fmt: skip
def test_whom_the_policy_has_no_id_for(project: QuickProject, server: SlackServer, top: str, rule: str, facts: dict[str, Any], asked: list[str], told_: list[str]) -> None:  # fmt: skip
    project.policy(policy(server, rule, top=f"people: {top}"))
    result = send(project, facts)
    assert result.rows()["team"] == ("delivered", None)
    assert (server.asked, told(server)) == (asked, [told_])


def test_a_fork_s_run_asks_about_nobody(project: QuickProject, server: SlackServer) -> None:
    head = {"ref": "main", "sha": "a" * 40, "repo": {"full_name": "mallory/payments", "id": 2, "fork": True}}
    base = {"ref": "main", "repo": {"full_name": "acme/payments", "id": 1}}
    happened = {
        "pull_request": {"number": 7, "title": "x", "head": head, "base": base},
        "repository": {"full_name": "acme/payments", "id": 1},
    }
    (project.folder / "event.json").write_text(json.dumps(happened))
    (project.folder / "facts.json").write_text(json.dumps(by(EVE, "ada@example.com")))
    people = "people: {ada: {email: ada@example.com, login: ada}}"
    text = policy(server, "mention: [author, authors, triggered_by, ada]", top=people)
    env = {"T": TOKEN, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": "event.json"}
    result = project.send("failure", "--policy", "-", "--facts", "facts.json", env=env, stdin=text.encode())
    assert row(result) is None
    assert (server.asked, told(server)) == ([], [[]])


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        ("", by(EVE, transition="still_failing")),  # the rule mentions nobody then
        (", payload: {text: Failed}", by(EVE)),
        (", payload: {text: 'Failed: {{ ref.branch or ''-'' }}'}", by(EVE)),
    ],
)
def test_nobody_is_asked_about_in_vain(project: QuickProject, server: SlackServer, options: str, facts: dict[str, Any]) -> None:
    project.policy(policy(server, options=options))
    assert row(send(project, facts)) is None
    assert server.asked == []


def test_what_sends_nothing_asks_about_nobody(project: QuickProject, server: SlackServer) -> None:
    project.policy(policy(server))
    for words in (("send", "completion", "--status", "failure", "--dry-run"), ("explain", "completion", "--status", "failure")):
        assert project.run(*words, "--facts", "-", stdin=json.dumps(by(EVE)).encode(), env={"T": TOKEN}).code == 0
    assert project.run("preview", "--event", "failure").code == 0
    assert server.requests == []


def test_without_a_token_nobody_is_asked_about(project: QuickProject, slack: ScriptedServer) -> None:
    project.policy("channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team, mention: author}]\n")
    assert row(send(project, by(EVE), SLACK_WEBHOOK_URL=slack.url("/x"))) is None
    assert [request.path for request in slack.requests] == ["/x"]


@pytest.mark.parametrize(("left", "says"), [(5.0, "this machine starts no more threads"), (0.0, slack_people.LATE)])
def test_where_nothing_can_be_asked_it_is_said(left: float, says: str) -> None:
    clock = VirtualClock(rooms=0)
    apart = Transport(Network(), "key", clock.now + left, clock)
    assert slack_people.Directory().find(EVE, OPTIONS, apart) == slack_people.Found(None, says)


@pytest.mark.parametrize("end", ["failure", "success"])
def test_a_change_mentions_once_and_is_heard(project: QuickProject, server: SlackServer, end: str) -> None:
    project.policy(policy(server))
    kept = ("--receipts", "receipts.json")
    assert project.run("send", "trigger", *kept, env={"T": TOKEN}).code == 0
    result = send(project, by(EVE, transition="fixed" if end == "success" else "broken"), *kept, status=end)
    assert row(result) is None
    assert told(server) == [[], ["U0EVE"]]
    assert server.messages[1]["reply_broadcast"] is True
    assert server.asked == [EVE]


def test_a_message_that_is_tried_again_or_anew_asks_no_more(project: QuickProject, server: SlackServer) -> None:
    project.policy(policy(server))
    kept = ("--receipts", "receipts.json")
    project.run("send", "trigger", *kept, env={"T": TOKEN})
    server.refusals["chat.update"] = [refused("internal_error"), refused("message_not_found")]
    server.people.clear()
    reason = str(row(send(project, by(EVE), *kept)))
    assert reason.startswith("sent as a new message: message_not_found: the message was deleted; not mentioned: users.lookupByEmail: ")
    assert server.asked == [EVE]


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "ok", "user", "error", "profile", "email", "deleted", "is_bot"]), inner, max_size=6))  # fmt: skip


@given(st.fixed_dictionaries({"ok": st.just(True) | JSON, "user": st.fixed_dictionaries({"id": st.sampled_from(["U1", "W2", "S3", "here", "u1"]) | JSON, "profile": st.fixed_dictionaries({"email": st.sampled_from([EVE, "EVE@EXAMPLE.COM", "x@example.com"]) | JSON}) | JSON, "deleted": st.booleans() | JSON, "is_bot": st.booleans() | JSON}) | JSON}) | JSON)  # fmt: skip
def test_an_id_is_that_of_a_person_with_the_address(answer: Any) -> None:
    found = slack_people.judged(Response(200, {}, json.dumps(answer)), EVE)
    assert (found.id is None) == bool(found.why)
    if found.id is not None:
        user = answer["user"]
        assert (found.id, answer["ok"], bool(user["deleted"]), bool(user["is_bot"])) == (user["id"], True, False, False)
        assert user["profile"]["email"].casefold() == EVE
        assert found.id in ("U1", "W2")


def test_what_the_policy_has_ids_for_loads_nothing_more(tmp_path: Path, server: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".tocsin.yml").write_text(policy(server, "mention: ada", top="people: {ada: {email: eve@example.com, slack: U0ADA}}"))
    monkeypatch.setenv("T", TOKEN)
    monkeypatch.setenv("TOCSIN_CI", "generic")
    code, modules = loaded("send", "completion", "--status", "failure", "--strict", "--policy", str(tmp_path / ".tocsin.yml"))
    assert (code, told(server)) == (0, [["U0ADA"]])
    assert "tocsin.channels.slack_people" not in modules


def test_whom_the_policy_addresses_already_is_asked_about_by_nobody() -> None:
    message = compose(SAMPLES["failure-cd"])._replace(mentions=(Mention("ada", (("slack", "U0ADA"),), (EVE,)),))
    kept: dict[str, Any] = {}
    assert slack_channel.with_people(message, OPTIONS, None, kept) == (message, None)  # type: ignore[arg-type]  # no transport is needed
    assert kept == {}
