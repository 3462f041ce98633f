"""Which requests go through a proxy, and through which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from servers import Answer, ScriptedServer

from tocsin.network import Network, NoAnswer

CASES = json.loads((Path(__file__).parent / "cases" / "no_proxy.json").read_text(encoding="utf-8"))
PROXIES = {"http": "http://proxy.example:3128", "https": "http://proxy.example:3128"}
HOOK = 'channels: {hook: {kind: webhook, url: "http://hooks.example.com/x"}}\nnotifications: [{on: failure, send_to: hook}]\n'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["no_proxy"])
def test_no_proxy_names_the_hosts_that_are_reached_directly(case: dict[str, Any]) -> None:
    network = Network(PROXIES, case["no_proxy"])
    assert [url for url in case["direct"] if network.proxy_for(url)] == []
    assert [url for url in case["proxied"] if not network.proxy_for(url)] == []


def test_a_proxy_is_chosen_by_the_scheme_and_is_http_s_where_it_says_nothing() -> None:
    network = Network({"http": "one.example:3128", "https": "https://two.example:3129"})
    assert network.proxy_for("http://example.com/") == "http://one.example:3128"
    assert network.proxy_for("https://example.com/") == "https://two.example:3129"
    assert Network({"http": "one.example:3128"}).proxy_for("https://example.com/") is None


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS4", "socks4a", "socks"])
def test_a_socks_proxy_is_refused_in_words(scheme: str) -> None:
    network = Network({"http": f"{scheme}://user:s3cret@proxy.example:1080"}, "direct.example")
    with pytest.raises(NoAnswer, match=r"^SOCKS proxies are not supported: name an HTTP proxy in HTTPS_PROXY and HTTP_PROXY, ") as refused:
        network.proxy_for("http://example.com/")
    assert refused.value.retry is False
    assert "s3cret" not in refused.value.reason
    assert network.proxy_for("http://direct.example/") is None


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTP_PROXY", "all_proxy"])
def test_a_socks_proxy_ends_a_delivery_at_once(project, variable):
    project.policy(HOOK)
    result = project.send(env={variable: "socks5://127.0.0.1:1"})
    [row] = result.report["deliveries"]
    assert (row["outcome"], row["attempts"]) == ("failed", 1)
    assert row["reason"].startswith("SOCKS proxies are not supported: ")


def test_a_network_of_no_proxy_is_reached_directly(project):
    with ScriptedServer(Answer(200)) as server:
        project.policy('channels: {hook: {kind: webhook, url: "${U}"}}\nnotifications: [{on: failure, send_to: hook}]\n')
        result = project.send(env={"U": server.url(), "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "10.0.0.0/8,127.0.0.0/8"})
    assert result.rows()["hook"] == ("delivered", None)
