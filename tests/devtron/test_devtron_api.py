"""`tocsin import devtron --url`, against a server that speaks Devtron's API: pages, refusals, other answers, slow ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clocks import LeapingClock
from devtron_server import CHANNELS, LIST, TEAMS, TOKEN, Devtron
from inprocess import CASES, Answer, run
from servers import Answer as Served

from tocsin.devtron import api
from tocsin.errors import PolicyError
from tocsin.network import Network
from tocsin.world import World

WHOLE = CASES / "devtron" / "whole"
ENV = {"TOCSIN_DEVTRON_TOKEN": TOKEN}


def result(name: str) -> Any:
    return json.loads((WHOLE / name).read_text())["result"]


@pytest.fixture
def devtron() -> Iterator[Devtron]:
    """One with the sample's lists."""
    with Devtron(result("list.json")["settings"], result("channel.json")) as server:
        yield server


def ask(server: Devtron, folder: Path, *words: str, env: dict[str, str] = ENV, under: str = "") -> Answer:
    answer = run("import", "devtron", "--url", server.url(under), *words, env=env, folder=folder)
    assert TOKEN not in answer.out + answer.err
    return answer


def test_a_devtron_gives_what_its_files_give(tmp_path: Path, devtron: Devtron):
    answer = ask(devtron, tmp_path, "--output", ".tocsin.yml")
    assert (answer.code, answer.out) == (0, "")
    assert (tmp_path / ".tocsin.yml").read_bytes() == (WHOLE / "policy.yml").read_bytes()
    assert devtron.paths() == [f"{LIST}?offset=0&size=100", CHANNELS]
    assert {request.headers["token"] for request in devtron.requests} == {TOKEN}


@pytest.mark.parametrize("under", ["/", "/dashboard/global-config/notifier/channels", "/orchestrator", ""])
def test_the_address_may_be_that_of_a_page(tmp_path: Path, devtron: Devtron, under: str):
    assert ask(devtron, tmp_path, under=under).code == 0
    assert devtron.paths()[0].startswith(f"{LIST}?")


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_all_pages_are_asked_for_however_small_they_are(tmp_path: Path, devtron: Devtron, most: int):
    devtron.most = most
    assert ask(devtron, tmp_path).out == (WHOLE / "policy.yml").read_text()
    assert len([path for path in devtron.paths() if path.startswith(f"{LIST}?")]) == -(-4 // most)


def test_more_than_a_page(tmp_path: Path, devtron: Devtron):
    (rule,) = devtron.settings[2:3]
    devtron.settings = [{**rule, "id": number} for number in range(250)]
    assert len(ask(devtron, tmp_path, "--json").json()["rules"]) == 250
    assert devtron.paths()[:3] == [f"{LIST}?offset={offset}&size=100" for offset in (0, 100, 200)]


def test_a_list_that_ends_before_its_total_is_told(tmp_path: Path, devtron: Devtron):
    page = {"result": {"total": 9, "settings": devtron.settings}}
    first, last = json.dumps(page).encode(), json.dumps({"result": {"total": 9, "settings": None}}).encode()
    replies = iter([first, last])
    devtron.answers = Changing({LIST: replies})
    assert "list of notifications has 4 of 9 rules" in ask(devtron, tmp_path).err


class Changing(dict[str, Any]):
    """Answers that follow each other at one path."""

    def __getitem__(self, path: str) -> Served:
        return Served(200, next(super().__getitem__(path)))


def test_the_names_of_projects_are_asked_for_where_no_rule_has_them(tmp_path: Path, devtron: Devtron):
    devtron.channels["slackConfigs"][0]["teamId"] = 8
    assert "is of project 8, whose name is unknown" in ask(devtron, tmp_path).err
    devtron.teams = [{"id": 8, "name": "checkout-team", "active": True}, {"id": "x"}, None]
    assert "is of project checkout-team, and rules of other projects use it" in ask(devtron, tmp_path).err
    assert TEAMS in devtron.paths()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("path", [LIST, CHANNELS])
def test_a_token_that_is_refused_is_the_user_s(tmp_path: Path, devtron: Devtron, status: int, path: str):
    devtron.answers = {path: Served(status, b'{"code": 401}')}
    answer = ask(devtron, tmp_path)
    assert answer.code == 2
    assert f"HTTP {status} of {path}" in answer.err
    assert "super admin" in answer.err


@pytest.mark.parametrize(
    ("served", "told"),
    [
        (Served(200, b"<html>"), "it is not JSON"),
        (Served(200, b'{"result": {"clusters": []}}'), "result has no settings"),
        (Served(200, b""), "it is not JSON"),
        (Served(404, b"not found"), "is --url the address of a Devtron?"),
        (Served(500, b'{"s3cret": 1}'), "HTTP 500"),
        (Served(302, b"", {"Location": "https://login.example.com/s3cret"}), "leads elsewhere"),
        (Served(200, b'{"result": {"total": 20000, "settings": []}}'), "20000 rules"),
        (Served(behaviour="close"), "the connection failed"),
        (Served(behaviour="malformed"), "the connection failed"),
        (Served(200, b'{"result": ', {"Content-Length": "900"}, "truncated"), "the connection failed"),
    ],
)
def test_another_answer_is_an_error_in_words(tmp_path: Path, devtron: Devtron, served: Served, told: str):
    devtron.answers = {LIST: served}
    answer = ask(devtron, tmp_path, "--output", "policy.yml")
    assert answer.code == 3
    assert told in answer.err
    assert "s3cret" not in answer.err
    assert not list(tmp_path.iterdir())


def test_a_server_that_says_nothing_is_not_waited_for_without_end(tmp_path: Path, devtron: Devtron, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "READ_SECONDS", 0.05)
    hold = threading.Event()
    devtron.answers = {LIST: Served(hold=hold)}
    answer = ask(devtron, tmp_path)
    hold.set()
    assert (answer.code, "does not answer in time" in answer.err) == (3, True)


def test_an_answer_that_drips_ends(tmp_path: Path, devtron: Devtron):
    hold = threading.Event()
    devtron.answers = {LIST: Served(200, b'{"result": {"settings": []}}', behaviour="drip", hold=hold)}
    world = World(ENV, tmp_path, None, LeapingClock(), 0.0, Network())
    with pytest.raises(PolicyError, match="does not come to its end"):
        api.Devtron(devtron.url(), world).notifications()
    hold.set()


def test_the_limit_of_an_answer(tmp_path: Path, devtron: Devtron, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "ANSWER_MAX_BYTES", 100)
    answer = ask(devtron, tmp_path)
    assert (answer.code, "Devtron's answer has more than" in answer.err) == (3, True)


@pytest.mark.parametrize(
    ("url", "env", "told"),
    [
        ("{url}", {}, "TOCSIN_DEVTRON_TOKEN"),
        ("{url}", {"TOCSIN_DEVTRON_TOKEN": " "}, "TOCSIN_DEVTRON_TOKEN"),
        ("{url}", {"TOCSIN_DEVTRON_TOKEN": "s3\ncret"}, "set it again"),
        ("{url}", {"TOCSIN_DEVTRON_TOKEN": "s3cret-ü"}, "set it again"),
        ("ftp://devtron.example.com", ENV, "--url is not an http or https address"),
        ("devtron", ENV, "--url"),
        ("http://admin:s3cret@devtron.example.com", ENV, "--url holds a login"),
    ],
)
def test_an_address_or_a_token_that_is_none(tmp_path: Path, devtron: Devtron, url: str, env: dict[str, str], told: str):
    answer = run("import", "devtron", "--url", url.replace("{url}", devtron.url()), env=env, folder=tmp_path)
    assert answer.code == 2
    assert told in answer.err
    assert "s3" not in answer.err
    assert devtron.requests == []


def test_a_token_that_others_could_read_is_warned_of(tmp_path: Path):
    with Devtron([], {"slackConfigs": []}) as proxy:
        env = {**ENV, "HTTP_PROXY": proxy.url("")}
        answer = run("import", "devtron", "--url", "http://devtron.example.com", env=env, folder=tmp_path)
        assert (answer.code, "go over the network in clear" in answer.err) == (0, True)
        assert "in clear" not in run("import", "devtron", "--url", proxy.url(), env=ENV, folder=tmp_path).err


def test_only_an_allowed_host_is_asked(tmp_path: Path, devtron: Devtron):
    answer = ask(devtron, tmp_path, env={**ENV, "TOCSIN_ALLOWED_HOSTS": "*.example.com"})
    assert (answer.code, "TOCSIN_ALLOWED_HOSTS" in answer.err) == (3, True)
    assert devtron.requests == []
    assert ask(devtron, tmp_path, env={**ENV, "TOCSIN_ALLOWED_HOSTS": "127.0.0.1"}).code == 0
