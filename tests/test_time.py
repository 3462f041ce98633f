"""Time in the delivery loop, to the second, without a second of waiting: budget, attempts, pauses, lanes, rendering, the end."""

from __future__ import annotations

from typing import Any, cast

import pytest
from clocks import VirtualClock
from hypothesis import given
from hypothesis import strategies as st
from scripted_channel import AGAIN, Begun, ScriptedChannel, Sent, Take, delivery, run
from servers import Answer, Request, ScriptedServer

from tocsin import lanes
from tocsin.attempt import ABANDON_AFTER_SECONDS, DRY_RUN, NO_THREAD
from tocsin.channels import webhook
from tocsin.deliver import Delivery, Stop
from tocsin.event import Event
from tocsin.lanes import ATTEMPTS_MAX
from tocsin.message import compose
from tocsin.network import NoAnswer
from tocsin.policy.model import Delivery as DeliveryLimits
from tocsin.templates import TemplateProblem
from tocsin.verdict import Delivered, Failed, Outcome, Retry


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1000.0)


def test_a_message_takes_the_time_that_its_answer_takes(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(1.25, Delivered({"id": "7"})), rendering=0.5)
    [outcome] = run(clock, [delivery(channel, recipient="ada")])
    assert outcome == Outcome("room", "slack", "ada", ("rule",), "delivered", None, 1, 1.75, {"id": "7"})
    assert channel.begun == [Begun(1000.5, "ada", 1010.0, {"text": compose(Event()).text})]
    assert clock.now == 1001.75


@pytest.mark.parametrize(("takes", "seconds"), [(1.25, 1.25), (1.23456, 1.235), (0.0004, 0.0)])
def test_a_clock_may_begin_at_zero_and_seconds_are_given_to_the_thousandth(takes: float, seconds: float) -> None:
    clock = VirtualClock(0.0)
    channel = ScriptedChannel(clock, Take(takes))
    [outcome] = run(clock, [delivery(channel)])
    assert (channel.times(0.0), outcome.seconds, outcome.receipt) == ([0.0], seconds, None)


# Attempts and the pauses between them


def test_pauses_double_up_to_a_ceiling_and_attempts_are_counted(clock: VirtualClock) -> None:
    clock = VirtualClock(draws=[1.0])
    channel = ScriptedChannel(clock, Take(0.0, AGAIN))
    [outcome] = run(clock, [delivery(channel)], attempts=8, budget=300)
    assert channel.times(1000.0) == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 23.5, 31.5]
    assert (outcome.outcome, outcome.reason, outcome.attempts) == ("failed", "HTTP 500 (after 8 attempts)", 8)
    assert clock.now == 1031.5


def test_a_pause_is_drawn_anew_each_time_from_nothing_to_its_end() -> None:
    clock = VirtualClock(draws=[0.0, 0.25, 0.75])
    channel = ScriptedChannel(clock, Take(0.0, AGAIN))
    run(clock, [delivery(channel)], attempts=4)
    assert channel.times(1000.0) == [0.0, 0.0, 0.25, 1.75]


@pytest.mark.parametrize(("attempts", "reason"), [(1, "HTTP 500"), (2, "HTTP 500 (after 2 attempts)")])
def test_more_than_one_attempt_is_said(clock: VirtualClock, attempts: int, reason: str) -> None:
    [outcome] = run(clock, [delivery(ScriptedChannel(clock, Take(0.0, AGAIN)))], attempts=attempts)
    assert (outcome.reason, outcome.attempts, outcome.cause) == (reason, attempts, "service")


@pytest.mark.parametrize(
    ("end", "reason"),
    [(Failed("HTTP 404"), "HTTP 404"), (NoAnswer("no such proxy", retry=False), "no such proxy")],
)
def test_a_final_answer_ends_at_once(clock: VirtualClock, end: Any, reason: str) -> None:
    take = Take(0.0, end, connecting=0.5, connects=not isinstance(end, NoAnswer))
    [outcome] = run(clock, [delivery(ScriptedChannel(clock, take))])
    assert (outcome.outcome, outcome.attempts, clock.now) == ("failed", 1, 1000.5)
    assert (outcome.reason, outcome.cause) == (reason, "service")


@pytest.mark.parametrize(
    ("take", "reason"),
    [
        (Take(0.0, NoAnswer("host gone"), connects=False), "host gone (after 2 attempts)"),
        (Take(0.0, NoAnswer("broken")), "broken (after 2 attempts); it may have been delivered"),
        (Take(60.0), "no answer within 2.5 s (after 2 attempts); it may have been delivered"),
        (Take(0.0, connecting=60.0), "no answer within 2.5 s (after 2 attempts)"),
    ],
)
def test_no_answer_is_a_reason_once_no_attempt_is_left(clock: VirtualClock, take: Take, reason: str) -> None:
    [outcome] = run(clock, [delivery(ScriptedChannel(clock, take))], attempts=2, timeout=2.5)
    assert (outcome.reason, outcome.cause) == (reason, "service")


def test_no_answer_is_tried_again_and_a_defect_is_not(clock: VirtualClock) -> None:
    channel = ScriptedChannel(
        clock, Take(0.0, NoAnswer("host gone"), connects=False), Take(0.0, ZeroDivisionError("s3cret"), connects=False)
    )
    [outcome] = run(clock, [delivery(channel)])
    assert (outcome.attempts, outcome.reason) == (2, "a defect of tocsin, please report it: ZeroDivisionError in the slack channel")
    assert outcome.cause == "defect"


def test_a_defect_in_the_loop_ends_its_delivery_and_the_lane_goes_on(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(0.0, Delivered(cast("Any", 7))), Take())
    outcomes = run(clock, [delivery(channel, recipient=name) for name in "ab"])
    assert [(outcome.outcome, outcome.attempts, outcome.reason, outcome.cause) for outcome in outcomes] == [
        ("failed", 1, "a defect of tocsin, please report it: TypeError in the slack channel", "defect"),
        ("delivered", 1, None, None),
    ]


def test_an_attempt_that_outlives_its_time_is_left_behind_with_its_connection(clock: VirtualClock) -> None:
    clock = VirtualClock(draws=[0.0])
    channel = ScriptedChannel(clock, Take(60.0), Take(1.0))
    [outcome] = run(clock, [delivery(channel)], timeout=5.0)
    assert channel.times(1000.0) == [0.0, 5.25]
    assert [begun.deadline for begun in channel.begun] == [1005.0, 1010.25]
    assert (outcome.outcome, outcome.attempts, outcome.seconds) == ("delivered", 2, 6.25)
    assert channel.connections == 2


def test_what_must_not_be_repeated_ends_with_its_time(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(60.0, not_repeatable="it may have been delivered"))
    [outcome] = run(clock, [delivery(channel)], timeout=5.0)
    assert (outcome.reason, outcome.attempts, clock.now) == ("it may have been delivered", 1, 1005.25)


def test_the_last_attempt_s_reason_stays_where_the_budget_ends_the_next(clock: VirtualClock) -> None:
    clock = VirtualClock(draws=[0.0])
    hangs = ScriptedChannel(clock, Take(0.0, connecting=60.0))
    [outcome] = run(clock, [delivery(hangs)], timeout=8.0, budget=10.0)
    assert outcome.reason == "the budget is used up; attempt 1: no answer within 8 s"
    refuses = ScriptedChannel(clock, Take(7.0, AGAIN), Take(60.0))
    [outcome] = run(clock, [delivery(refuses)], timeout=8.0, budget=10.0)
    assert outcome.reason == "the budget is used up before an answer came; attempt 1: HTTP 500; it may have been delivered"


START_AND_LOOK_UPS_SECONDS = 3.0  # of a small run on a busy machine


def test_three_attempts_that_hang_fit_the_default_budget() -> None:
    limits, clock = DeliveryLimits(), VirtualClock(draws=[0.999])
    channel = ScriptedChannel(clock, Take(60.0))
    budget = limits.budget_for("completion") - START_AND_LOOK_UPS_SECONDS
    [outcome] = run(clock, [delivery(channel)], timeout=limits.timeout, attempts=limits.attempts, budget=budget)
    assert outcome.reason == "no answer within 8 s (after 3 attempts); it may have been delivered"
    assert outcome.cause == "service"


# A pause that the service names


def test_a_named_pause_is_kept_in_place_of_our_own(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(0.0, Retry("HTTP 429", 7.25)), Take())
    [outcome] = run(clock, [delivery(channel)])
    assert channel.times(1000.0) == [0.0, 7.25]
    assert (outcome.outcome, outcome.seconds) == ("delivered", 7.25)


@pytest.mark.parametrize(("pause", "tried"), [(29.0, True), (29.999, True), (30.0, False), (30.001, False), (3600.0, False)])
def test_a_named_pause_at_and_beyond_the_budget(clock: VirtualClock, pause: float, tried: bool) -> None:
    channel = ScriptedChannel(clock, Take(0.0, Retry("HTTP 429", pause)), Take())
    [outcome] = run(clock, [delivery(channel)], budget=30.0)
    assert len(channel.begun) == (2 if tried else 1)
    if not tried:
        assert outcome.reason == f"HTTP 429; the service asks for a pause of {pause:.0f} s, for which the budget has no room"
        assert (outcome.cause, clock.now) == ("budget", 1000.0)


def test_our_own_pause_beyond_the_budget(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(1.0, AGAIN))
    [outcome] = run(clock, [delivery(channel)], budget=1.25)
    assert (outcome.reason, outcome.attempts) == ("HTTP 500; another attempt, for which the budget has no room", 1)


@pytest.mark.parametrize("pause", [1e300, float("inf"), 10**400, 10**9])
def test_a_pause_of_any_length_breaks_nothing(clock: VirtualClock, pause: Any) -> None:
    channel = ScriptedChannel(clock, Take(0.0, Retry("HTTP 429", pause)), Take())
    outcomes = run(clock, [delivery(channel, recipient=name) for name in "ab"])
    assert [outcome.outcome for outcome in outcomes] == ["failed", "delivered"]
    assert outcomes[0].reason == "HTTP 429; the service asks for a pause of 31536000 s, for which the budget has no room"


@pytest.mark.parametrize("pause", [float("nan"), "soon", "nan", None, [], {}, object(), 1j])
def test_what_is_no_pause_is_none(clock: VirtualClock, pause: Any) -> None:
    channel = ScriptedChannel(clock, Take(0.0, Retry("HTTP 429", pause)), Take())
    [outcome] = run(clock, [delivery(channel)])
    assert (outcome.outcome, channel.times(1000.0)) == ("delivered", [0.0, 0.25])


@pytest.mark.parametrize("pause", [-1, -(10**400), -1e308, float("-inf"), 0, False])
def test_a_pause_below_zero_is_no_wait(clock: VirtualClock, pause: Any) -> None:
    channel = ScriptedChannel(clock, Take(0.0, Retry("HTTP 429", pause)), Take())
    [outcome] = run(clock, [delivery(channel)])
    assert (outcome.outcome, channel.times(1000.0)) == ("delivered", [0.0, 0.0])


# Senders that break their word


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError(), RecursionError(), GeneratorExit(), ValueError()])
@pytest.mark.parametrize("where", ["render", "send"])
def test_whatever_is_raised_is_one_delivery_s_end(clock: VirtualClock, error: BaseException, where: str) -> None:
    bad = ScriptedChannel(clock, Take(0.0, error, connects=False), rendering=error if where == "render" else 0.0)
    good = ScriptedChannel(clock)
    outcomes = run(clock, [delivery(bad, "bad", "b1"), delivery(good), delivery(bad, "bad", "b2")])
    words = f"a defect of tocsin, please report it: {type(error).__name__} in the slack channel"
    assert [outcome.reason for outcome in outcomes] == [words, None, words]
    assert clock.now == 1000.0


@pytest.mark.parametrize("verdict", [None, "delivered", True, 200])
def test_a_sender_without_a_verdict_is_one_delivery_s_end(clock: VirtualClock, verdict: Any) -> None:
    outcomes = run(clock, [delivery(ScriptedChannel(clock, Take(0.0, verdict)), "bad"), delivery(ScriptedChannel(clock))])
    assert [(outcome.outcome, outcome.cause) for outcome in outcomes] == [("failed", "defect"), ("delivered", None)]


def test_a_defect_of_the_loop_itself_ends_all_with_words(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(lanes.Loop, "_judge", broken)
    outcomes = run(clock, [delivery(ScriptedChannel(clock), name) for name in "ab"])
    assert {outcome.cause for outcome in outcomes} == {"defect"}
    assert (len(outcomes), clock.now) == (2, 1000.0)


# Lanes


def test_lanes_run_side_by_side_and_a_channel_s_mails_one_after_the_other(clock: VirtualClock) -> None:
    quick, slow = ScriptedChannel(clock, Take(1.0)), ScriptedChannel(clock, Take(3.0))
    mails = [delivery(slow, "mail", name) for name in "abc"]
    told: list[Outcome] = []
    outcomes = run(clock, [*mails, delivery(quick)], told=told)
    assert slow.times(1000.0) == [0.0, 3.0, 6.0]
    assert slow.connections == 1
    assert [outcome.recipient for outcome in told] == ["room", "a", "b", "c"]
    assert [outcome.recipient for outcome in outcomes] == ["a", "b", "c", "room"]


def test_a_pause_of_one_mail_does_not_hold_up_its_lane(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(1.0, Retry("450 busy", 6.0)), Take(1.0))
    run(clock, [delivery(channel, "mail", name) for name in "abc"])
    assert [(begun.key, begun.at - 1000.0) for begun in channel.begun] == [("a", 0.0), ("b", 1.0), ("c", 2.0), ("a", 7.0)]


def test_only_so_many_lanes_run_at_once(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(1.0))
    outcomes = run(clock, [delivery(channel, f"room{number}") for number in range(ATTEMPTS_MAX + 6)])
    assert {outcome.outcome for outcome in outcomes} == {"delivered"}
    assert channel.most_running == ATTEMPTS_MAX == 64
    assert channel.times(1000.0) == [0.0] * 64 + [1.0] * 6


# Rendering


def test_a_message_is_rendered_once_whatever_the_number_of_attempts(clock: VirtualClock) -> None:
    clock = VirtualClock(draws=[0.0])
    channel = ScriptedChannel(clock, Take(0.0, AGAIN), rendering=0.5)
    [outcome] = run(clock, [delivery(channel)])
    assert (channel.rendered, len(channel.begun), outcome.seconds) == ([1000.0], 3, 0.5)


def test_rendering_holds_up_no_other_channel(clock: VirtualClock) -> None:
    slow, quick = ScriptedChannel(clock, rendering=8.0), ScriptedChannel(clock)
    outcomes = run(clock, [*(delivery(slow, f"slow{number}") for number in range(20)), delivery(quick)])
    assert quick.times(1000.0) == [0.0]
    assert {outcome.outcome for outcome in outcomes} == {"delivered"}
    assert clock.now == 1008.0


@pytest.mark.parametrize("seconds", [10.0, 10.125, 12.0])  # the attempt's time is over at 10, and it is left behind at 10.25
def test_rendering_that_outlives_an_attempt_is_a_failure_that_says_so(clock: VirtualClock, seconds: float) -> None:
    channel = ScriptedChannel(clock, rendering=seconds)
    [outcome] = run(clock, [delivery(channel)], timeout=10.0)
    assert (outcome.outcome, outcome.attempts, outcome.seconds) == ("failed", 0, 0.0)
    assert outcome.reason == "the payload cannot be rendered in time: let its templates loop over less"
    assert outcome.cause == "payload"
    clock.sleep(60.0)
    assert channel.begun == []


def test_rendering_counts_into_the_attempt(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(60.0), rendering=4.0)
    run(clock, [delivery(channel)], timeout=10.0, attempts=1)
    assert clock.now == 1010.25
    assert channel.begun[0].deadline == 1010.0


def test_rendering_ends_with_the_budget(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, rendering=8.0)
    outcomes = run(clock, [delivery(channel, f"hook{number}") for number in range(20)], budget=1.0)
    assert clock.now == 1001.0
    assert {(outcome.attempts, outcome.reason) for outcome in outcomes} == {(0, "the budget is used up while its payload was rendered")}
    clock.sleep(60.0)
    assert channel.begun == []


def test_a_template_s_problem_is_its_delivery_s_end(clock: VirtualClock) -> None:
    wrong, right = ScriptedChannel(clock, rendering=TemplateProblem("user has no field nme")), ScriptedChannel(clock)
    outcomes = run(clock, [delivery(wrong, "wrong"), delivery(right)])
    assert [(outcome.outcome, outcome.attempts, outcome.reason) for outcome in outcomes] == [
        ("failed", 0, "the payload cannot be rendered: user has no field nme"),
        ("delivered", 1, None),
    ]
    assert clock.now == 1000.0


# A dry run


def test_a_dry_run_renders_everything_and_sends_nothing(clock: VirtualClock) -> None:
    right, wrong = ScriptedChannel(clock, rendering=0.5), ScriptedChannel(clock, rendering=TemplateProblem("no field nme"))
    outcomes = run(clock, [delivery(right, "mail", "a"), delivery(right, "mail", "b"), delivery(wrong)], dry_run=True)
    assert [(outcome.outcome, outcome.attempts, outcome.seconds, outcome.reason, outcome.cause) for outcome in outcomes] == [
        ("skipped", 0, 0.0, DRY_RUN, "dry_run"),
        ("skipped", 0, 0.0, DRY_RUN, "dry_run"),
        ("failed", 0, 0.0, "the payload cannot be rendered: no field nme", "payload"),
    ]
    assert (right.rendered, right.begun, wrong.begun, clock.now) == ([1000.0, 1000.5], [], [], 1001.0)


def test_a_dry_run_goes_on_for_a_signal_s_grace(clock: VirtualClock) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, rendering=1.0)
    clock.later(0.5, lambda: stop.request("interrupted by SIGINT"))
    outcomes = run(clock, [delivery(channel, "mail", name) for name in "abc"], stop=stop, dry_run=True)
    assert [outcome.cause for outcome in outcomes] == ["dry_run", "dry_run", "interrupted"]
    assert clock.now == 1002.5


# The end: budget, signals, farewells


def test_the_budget_ends_what_runs_and_what_has_not_begun(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(1.0, AGAIN), Take(20.0))
    outcomes = run(clock, [delivery(channel, "mail", name) for name in "abc"], budget=10.0, timeout=30.0)
    assert clock.now == 1010.0
    assert [begun.deadline for begun in channel.begun] == [1010.0, 1010.0]
    assert [(outcome.recipient, outcome.attempts, outcome.reason) for outcome in outcomes] == [
        ("a", 1, "the budget is used up; attempt 1: HTTP 500"),
        ("b", 1, "the budget is used up before an answer came; it may have been delivered"),
        ("c", 0, "the budget is used up before it was sent"),
    ]
    assert {outcome.cause for outcome in outcomes} == {"budget"}


def test_an_answer_at_the_last_moment_counts(clock: VirtualClock) -> None:
    outcomes = run(clock, [delivery(ScriptedChannel(clock, Take(seconds)), f"room{seconds}") for seconds in (9.999, 10.001)], budget=10.0)
    assert [outcome.outcome for outcome in outcomes] == ["delivered", "failed"]


def test_no_attempt_begins_at_the_deadline_or_after_it(clock: VirtualClock) -> None:
    channel = ScriptedChannel(clock, Take(5.0))
    outcomes = run(clock, [delivery(channel, "mail", name) for name in "abc"], budget=10.0)
    clock.sleep(100.0)
    assert channel.times(1000.0) == [0.0, 5.0]
    assert channel.rendered == [1000.0, 1005.0]
    assert outcomes[2].reason == "the budget is used up before it was sent"


@pytest.mark.parametrize(("seconds", "delivered"), [(2.9, True), (3.1, False)])
def test_a_signal_leaves_two_seconds_to_what_is_under_way(clock: VirtualClock, seconds: float, delivered: bool) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, Take(seconds), Take(20.0))
    clock.later(1.0, lambda: stop.request("interrupted by SIGTERM"))
    outcomes = run(clock, [delivery(channel, "mail", name) for name in "ab"], stop=stop)
    assert clock.now == (1002.9 if delivered else 1003.0)
    words = "interrupted by SIGTERM before an answer came; it may have been delivered"
    assert outcomes[0].reason == (None if delivered else words)
    assert outcomes[1].reason == "interrupted by SIGTERM before it was sent"
    clock.sleep(100.0)
    assert channel.times(1000.0) == [0.0]


def test_what_still_connects_when_the_signal_s_grace_ends_is_not_sent(clock: VirtualClock) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, Take(0.0, connecting=5.0))
    clock.later(1.0, lambda: stop.request("interrupted by SIGINT"))
    [outcome] = run(clock, [delivery(channel)], stop=stop)
    assert (clock.now, outcome.attempts, outcome.reason) == (1003.0, 1, "interrupted by SIGINT before it was sent")
    clock.sleep(60.0)
    assert channel.sent == []


def test_a_signal_in_a_pause_ends_it(clock: VirtualClock) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, Take(0.0, Retry("HTTP 429", 20.0)))
    clock.later(1.0, lambda: stop.request("interrupted by SIGINT"))
    [outcome] = run(clock, [delivery(channel)], stop=stop)
    assert (clock.now, outcome.reason) == (1001.0, "interrupted by SIGINT; attempt 1: HTTP 429")


def test_a_signal_amid_an_attempt_lets_nothing_be_tried_again(clock: VirtualClock) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, Take(2.0, AGAIN))
    clock.later(1.0, lambda: stop.request("interrupted by SIGINT"))
    [outcome] = run(clock, [delivery(channel)], stop=stop)
    assert (outcome.attempts, outcome.reason) == (1, "interrupted by SIGINT; attempt 1: HTTP 500")


def test_a_signal_counts_more_than_a_pause_for_which_there_is_no_room(clock: VirtualClock) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, Take(2.0, Retry("HTTP 429", 3600.0)))
    clock.later(1.0, lambda: stop.request("interrupted by SIGINT"))
    [outcome] = run(clock, [delivery(channel)], stop=stop)
    assert (outcome.reason, outcome.cause) == ("interrupted by SIGINT; attempt 1: HTTP 429", "interrupted")


def test_what_is_still_rendered_when_the_signal_s_grace_ends_is_not_sent(clock: VirtualClock) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, rendering=8.0)
    clock.later(1.0, lambda: stop.request("interrupted by SIGINT"))
    [outcome] = run(clock, [delivery(channel)], stop=stop)
    assert (clock.now, outcome.attempts, outcome.reason) == (1003.0, 0, "interrupted by SIGINT while its payload was rendered")
    clock.sleep(60.0)
    assert channel.begun == []


def test_a_signal_before_the_start_and_one_near_the_budget_s_end(clock: VirtualClock) -> None:
    stop, channel = Stop(), ScriptedChannel(clock, Take(60.0))
    stop.request("interrupted by SIGINT")
    [outcome] = run(clock, [delivery(channel)], stop=stop)
    assert (clock.now, channel.begun, outcome.reason) == (1000.0, [], "interrupted by SIGINT before it was sent")
    stop = Stop()
    clock.later(9.0, lambda: stop.request("interrupted by SIGINT"))
    run(clock, [delivery(channel)], budget=10.0, timeout=30.0, stop=stop)
    assert clock.now == 1010.0


@pytest.mark.parametrize(("seconds", "ends"), [(0.4, 1001.4), (5.0, 1002.0)])
def test_a_farewell_has_a_second(clock: VirtualClock, seconds: float, ends: float) -> None:
    channels = [ScriptedChannel(clock, Take(1.0), farewell=seconds) for _ in range(3)]
    run(clock, [delivery(channel, f"room{number}") for number, channel in enumerate(channels)])
    assert clock.now == ends


def test_a_farewell_does_not_outlive_the_budget(clock: VirtualClock) -> None:
    run(clock, [delivery(ScriptedChannel(clock, Take(9.75), farewell=5.0))], budget=10.0)
    assert clock.now == 1010.0


# No room for threads


def test_a_machine_that_starts_no_thread(clock: VirtualClock) -> None:
    clock.rooms = 0
    outcomes = run(clock, [delivery(ScriptedChannel(clock), name) for name in "ab"])
    assert [(outcome.outcome, outcome.reason, outcome.attempts) for outcome in outcomes] == [("failed", NO_THREAD, 0)] * 2
    assert clock.now == 1000.0


@pytest.mark.parametrize("rooms", [2, 3, 5])
def test_where_few_threads_start_attempts_wait_for_one_another(clock: VirtualClock, rooms: int) -> None:
    clock.rooms = rooms  # one for the loop
    channel = ScriptedChannel(clock, Take(1.0))
    outcomes = run(
        clock, [delivery(channel, "a"), delivery(channel, "b", "b1"), delivery(channel, "b", "b2"), *(delivery(channel, n) for n in "cd")]
    )
    assert {outcome.outcome for outcome in outcomes} == {"delivered"}
    assert channel.most_running == min(rooms - 1, 4)


def test_where_no_attempt_gets_a_thread_each_says_so_soon(clock: VirtualClock) -> None:
    clock.rooms = 1
    outcomes = run(clock, [delivery(ScriptedChannel(clock), f"room{number}") for number in range(100)])
    assert {(outcome.outcome, outcome.reason, outcome.attempts) for outcome in outcomes} == {("failed", NO_THREAD, 0)}
    assert clock.now == 1001.0


@pytest.mark.parametrize("refused", [{2}, {2, 3}, {3}, {2, 4, 6}])
def test_a_machine_that_is_full_for_a_moment(refused: set[int]) -> None:
    class Crowded(VirtualClock):
        starts = 0

        def start(self, work: Any) -> None:
            self.starts += 1
            if self.starts in refused:
                raise RuntimeError("can't start new thread")
            super().start(work)

    clock = Crowded()
    channel = ScriptedChannel(clock, Take(2.0))
    outcomes = run(clock, [delivery(channel, name) for name in "abc"])
    assert [outcome.outcome for outcome in outcomes] == ["delivered"] * 3
    assert channel.most_running == (1 if len(refused) == 3 else 2), "there is room again"


# With a real server: what is called not sent is not sent


def test_the_report_and_the_server_agree_on_what_was_sent(clock: VirtualClock) -> None:
    class Slow(ScriptedServer):
        def next_answer(self, request: Request) -> Answer:
            clock.now += 0.6
            return super().next_answer(request)

    with Slow(Answer(200)) as server:
        options = webhook.Options.model_validate({"kind": "webhook", "url": server.url()})
        rows = [Delivery("hook", "webhook", name, (), webhook, options, compose(Event()), name) for name in "abc"]
        outcomes = run(clock, rows, budget=1.0)
        clock.sleep(60.0)
    assert [request.headers["webhook-id"] for request in server.requests] == ["a", "b"]
    assert [outcome.attempts for outcome in outcomes] == [1, 1, 0]
    assert "before it was sent" in (outcomes[2].reason or "")


# Whatever happens

UNCERTAIN = "the mail was sent: it may have been delivered"
TAKES = st.builds(
    Take,
    st.sampled_from([0.0, 0.5, 1.0, 3.0, 30.0]),
    st.sampled_from(
        [Delivered(), AGAIN, Retry("429", 2.0), Retry("429", 50.0), Failed("404"), NoAnswer("gone"), ValueError("defect"), SystemExit(3)]
    ),
    st.sampled_from([None, None, UNCERTAIN]),
    st.sampled_from([0.0, 0.0, 0.4, 2.1, 11.0]),
    st.sampled_from([True, True, False]),
)


@given(
    takes=st.lists(TAKES, min_size=1, max_size=6),
    rendering=st.sampled_from([0.0, 0.0, 0.5, 3.0, 40.0]),
    lanes=st.lists(st.sampled_from("abc"), min_size=1, max_size=5),
    draws=st.lists(st.floats(0.0, 0.99), min_size=1, max_size=3),
    stops=st.none() | st.floats(0.0, 12.0),
    timeout=st.sampled_from([0.5, 2.0, 20.0]),
    budget=st.sampled_from([0.5, 4.0, 10.0]),
    rooms=st.sampled_from([1000, 1000, 1000, 5, 2]),
)
def test_every_delivery_ends_once_in_time_and_as_the_report_says(
    takes: list[Take],
    rendering: float,
    lanes: list[str],
    draws: list[float],
    stops: float | None,
    timeout: float,
    budget: float,
    rooms: int,
) -> None:
    clock, stop = VirtualClock(draws=draws), Stop()
    channel = ScriptedChannel(clock, *takes, rendering=rendering)
    if stops is not None:
        clock.later(stops, lambda: stop.request("interrupted"))
    clock.rooms = rooms
    told: list[Any] = []
    rows = [delivery(channel, lane, str(number)) for number, lane in enumerate(lanes)]
    outcomes = run(clock, rows, timeout=timeout, budget=budget, stop=stop, told=told)
    ended = clock.now
    clock.rooms = 1000
    clock.sleep(1000.0)
    end = 1000.0 + min(budget, (stops + 2.0) if stops is not None else budget)
    assert ended <= end + 1e-6
    assert all(sent.at <= min(ended, sent.deadline) for sent in channel.sent), "what has ended sends nothing more"
    assert [outcome.recipient for outcome in outcomes] == [row.recipient for row in rows]
    assert sorted(told) == sorted(outcomes)
    for outcome in outcomes:
        begun = [one for one in channel.begun if one.key == outcome.recipient]
        assert outcome.attempts == len(begun) <= 3
        assert all(one.at < 1000.0 + budget and (stops is None or one.at <= 1000.0 + stops + rendering) for one in begun)
        assert (outcome.reason is None) == (outcome.outcome == "delivered")
        require_true(outcome, [sent for sent in channel.sent if sent.key == outcome.recipient])
    assert len(channel.rendered) <= len(rows)


def require_true(outcome: Outcome, arrived: list[Sent]) -> None:
    """What a row says of what has arrived holds."""
    reason = outcome.reason or ""
    unanswered = [sent for sent in arrived if sent.answered_at is None or sent.answered_at > sent.deadline + ABANDON_AFTER_SECONDS]
    if outcome.outcome == "delivered":
        assert arrived
    else:
        assert "it may have been delivered" in reason or not unanswered
        assert arrived or "it may have been delivered" not in reason
    assert reason.count("it may have been delivered") <= 1
    if "before it was sent" in reason or "was rendered" in reason:
        assert not arrived
