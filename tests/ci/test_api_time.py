"""How long a CI's API is asked, to the second, without a second of waiting."""

from __future__ import annotations

import pytest
from clocks import VirtualClock

from tocsin.ci.rest import REQUEST_MAX_SECONDS, Api, Question
from tocsin.network import Network

JOBS = Question("the jobs", "the failed jobs stay unknown", "give it a token")
FILES = Question("the files", "the policy stays unknown", "give it a token")


class Forge(Api):
    service, address, new_token, contents = "Forge", "FORGE_URL", "make a new one", FILES

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": token}

    def file(self, repository: str, ref: str, path: str) -> None:
        return None


class Unanswering(Network):
    """A network in which a host's name is looked up for so long."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        super().__init__()
        self.clock, self.seconds, self.asked = clock, seconds, 0

    def require_allowed(self, host: str) -> None:
        self.asked += 1
        self.clock.sleep(self.seconds)


def forge(clock: VirtualClock, network: Network, seconds: float) -> Forge:
    return Forge("https://forge.example", "token", network, clock.now + seconds, clock)


@pytest.mark.parametrize(("left", "taken"), [(60.0, 3.0), (3.0, 3.0), (1.25, 1.25), (0.11, 0.11), (0.1, 0.0), (0.0, 0.0), (-1.0, 0.0)])
def test_a_request_has_three_seconds_or_what_is_left(left: float, taken: float) -> None:
    clock = VirtualClock(0.0)
    network = Unanswering(clock, 30.0)
    api = forge(clock, network, left)
    assert api.get("/jobs", JOBS) is None
    assert clock.now == pytest.approx(taken)
    assert network.asked == (1 if taken else 0)
    assert REQUEST_MAX_SECONDS == 3.0
    why = "no answer from forge.example in time" if taken else "the time for look-ups is used up"
    assert api.notes == [f"Forge's API gave no answer ({why}), so the failed jobs stay unknown"]


def test_an_api_that_did_not_answer_is_not_asked_again() -> None:
    clock = VirtualClock(1000.0)
    network = Unanswering(clock, 30.0)
    api = forge(clock, network, 60.0)
    assert [api.get("/jobs", JOBS), api.get("/other", JOBS), api.get("/files", FILES)] == [None] * 3
    assert (clock.now, network.asked, len(api.notes)) == (1003.0, 1, 1)


def test_a_machine_that_starts_no_thread_is_a_note() -> None:
    clock = VirtualClock(1000.0, rooms=0)
    api = forge(clock, Network(), 60.0)
    assert api.get("/jobs", JOBS) is None
    assert api.notes == ["Forge's API gave no answer (this machine starts no more threads), so the failed jobs stay unknown"]


def test_a_log_has_no_more_time_than_any_other_answer() -> None:
    clock = VirtualClock(0.0)
    api = forge(clock, Unanswering(clock, 30.0), 60.0)
    assert api.tail("/log", FILES, 1000) is None
    assert api.get("/jobs", JOBS) is None
    assert (clock.now, api.notes) == (
        3.0,
        ["Forge's API gave no answer (no answer from forge.example in time), so the policy stays unknown"],
    )
