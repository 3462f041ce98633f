"""One host, several addresses: the first that answers is taken, and a dead one costs a moment."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from addresses import Place, black_hole, resolve

from tocsin import connect as module
from tocsin.clock import Clock
from tocsin.connect import connect

CLOCK = Clock()


@pytest.fixture
def service() -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.fixture
def closed() -> Place:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()  # type: ignore[no-any-return]


def peer(host: str, seconds: float = 20.0) -> Place:
    with connect(host, 1, CLOCK.monotonic() + seconds, CLOCK) as connection:
        assert 0 < (connection.gettimeout() or 0) <= seconds
        return connection.getpeername()  # type: ignore[no-any-return]


def test_one_address(service: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"one.test": [service]})
    assert peer("one.test") == service


def test_a_dead_address_costs_a_moment_and_not_the_whole_time(service: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with black_hole() as dead:
        resolve(monkeypatch, {"dual.test": [dead, service]})
        assert peer("dual.test") == service


def test_many_dead_addresses_before_the_one_that_answers(service: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEXT_ADDRESS_AFTER_SECONDS", 0.01)
    with black_hole() as dead:
        resolve(monkeypatch, {"many.test": [dead, (dead[0], dead[1]), ("127.0.0.2", dead[1]), service]})
        assert peer("many.test") == service


def test_an_address_that_refuses_leaves_the_next_one_at_once(closed: Place, service: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEXT_ADDRESS_AFTER_SECONDS", 60.0)
    resolve(monkeypatch, {"half.test": [closed, service]})
    assert peer("half.test") == service


def test_a_slow_first_address_is_not_given_up_for_the_next(closed: Place, service: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"half.test": [service, closed]})
    assert peer("half.test") == service


def test_no_address_answers(closed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with black_hole() as dead:
        resolve(monkeypatch, {"dead.test": [dead, dead], "mixed.test": [closed, dead], "closed.test": [closed, closed]})
        for name in ("dead.test", "mixed.test"):
            with pytest.raises(TimeoutError):
                peer(name, 0.4)
        with pytest.raises(ConnectionRefusedError):
            peer("closed.test")


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_nothing_begins_at_the_deadline(service: Place, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"one.test": [service]})
    with pytest.raises(TimeoutError):
        peer("one.test", seconds)


def test_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    six, four = socket.AF_INET6, socket.AF_INET
    resolved = [(six, ("a", 1)), (six, ("b", 1)), (six, ("b", 1)), (four, ("c", 1)), (four, ("d", 1)), (four, ("e", 1))]
    assert [place[0] for _, place in module._by_turns(resolved)] == ["a", "c", "b", "d", "e"]  # type: ignore[arg-type]


def test_a_name_that_is_none() -> None:
    with pytest.raises(socket.gaierror):
        peer("no-such-host.invalid")
    with pytest.raises(UnicodeError):
        peer("x" * 64 + ".example")
