"""Who is believed: facts laid over each other by rank, what one word takes with it, and what follows from all of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ci.run import Run
from tocsin.derive import derive
from tocsin.derive.consequences import Moment, conclude, require_status
from tocsin.derive.precedence import lay
from tocsin.derive.spoken import VARIABLES, spoken_facts
from tocsin.errors import ContextError, UsageError
from tocsin.event import Change, Fact, Facts, Person, Rank
from tocsin.request import Request

NOW = "2026-11-23T15:50:00Z"
TRIGGER, COMPLETION = Moment("trigger", NOW), Moment("completion", NOW)


def facts(rank: Rank = Rank.CI, **values: Any) -> Facts:
    return {name.replace("__", "."): Fact(value, f"by {rank.name}", rank) for name, value in values.items()}


def values(found: Facts) -> dict[str, Any]:
    return {name: fact.value for name, fact in found.items()}


@given(st.permutations(list(Rank)), st.sets(st.sampled_from(list(Rank)), min_size=1))
def test_the_highest_rank_holds_in_whatever_order_facts_come(order: list[Rank], present: set[Rank]):
    sources = [facts(rank, app=rank.name) for rank in order if rank in present]
    assert lay(*sources)["app"] == Fact(max(present).name, f"by {max(present).name}", max(present))


def test_the_ranks_are_the_contract_s():
    assert [rank.name for rank in sorted(Rank, reverse=True)] == ["FLAG", "VARIABLE", "CI", "API", "FACTS", "POLICY", "GUESS"]


def test_of_one_rank_the_later_holds():
    assert values(lay(facts(app="first"), facts(app="second"))) == {"app": "second"}


OURS = {"commit__sha": "a" * 40, "commit__message": "Ours", "commit__author__name": "Ada"}


@pytest.mark.parametrize(
    ("below", "above", "left"),
    [
        (OURS, {"commit__sha": "b" * 40}, {"commit.sha": "b" * 40}),
        (OURS, {"commit__sha": "a" * 40}, {"commit.sha": "a" * 40, "commit.message": "Ours", "commit.author.name": "Ada"}),
        (OURS, {"commit__title": "x"}, {"commit.sha": "a" * 40, "commit.message": "Ours", "commit.author.name": "Ada", "commit.title": "x"}),
        ({"ref__type": "branch", "ref__name": "main", "ref__branch": "main"}, {"ref__type": "tag", "ref__tag": "v1"}, {"ref.type": "tag", "ref.tag": "v1"}),
        ({"ref__type": "branch", "ref__name": "main", "ref__branch": "main"}, {"ref__name": "dev"}, {"ref.name": "dev"}),
        ({"image__repository": "r/a", "image__tag": "1"}, {"image__repository": "r/b"}, {"image.repository": "r/b"}),
        ({"image__repository": "r/a"}, {"image__tag": "1"}, {"image.repository": "r/a", "image.tag": "1"}),
        ({"triggered_by__login": "ada"}, {"triggered_by__name": "Ada"}, {"triggered_by.login": "ada", "triggered_by.name": "Ada"}),
        ({"triggered_by__login": "ada", "triggered_by__email": "a@x"}, {"triggered_by__login": "bob"}, {"triggered_by.login": "bob"}),
        ({"triggered_by__login": "ada", "triggered_by__email": "a@x"}, {"triggered_by__email": "b@x"}, {"triggered_by.email": "b@x"}),
        ({"app": "a", "project": "p"}, {"app": "b"}, {"app": "b", "project": "p"}),
    ],
)  # fmt: skip
def test_another_commit_ref_image_or_person_takes_all_of_the_first_with_it(
    below: dict[str, str], above: dict[str, str], left: dict[str, str]
):
    assert values(lay(facts(Rank.FACTS, **below), facts(Rank.CI, **above))) == left


@pytest.mark.parametrize(
    ("low", "high"), [(Rank.CI, Rank.VARIABLE), (Rank.CI, Rank.FLAG), (Rank.POLICY, Rank.FACTS), (Rank.POLICY, Rank.CI)]
)
def test_one_word_of_a_person_says_all_of_an_image_or_a_person(low: Rank, high: Rank):
    below = facts(low, image__repository="r/a", image__tag="1", triggered_by__login="ada", triggered_by__name="Ada", app="x")
    assert values(lay(below, facts(high, image__tag="2", triggered_by__email="b@x"))) == {
        "image.tag": "2",
        "triggered_by.email": "b@x",
        "app": "x",
    }
    assert values(lay(below, facts(high, app="y"))) == {**values(below), "app": "y"}


def test_a_word_of_another_thing_takes_nothing_of_a_commit():
    assert values(lay(facts(**OURS), facts(Rank.FLAG, app="x"))) == {**values(facts(**OURS)), "app": "x"}


def spoken(env: dict[str, str] | None = None, status: str | None = None, **flags: str) -> Facts:
    return spoken_facts(Request("completion", status, flags), env or {})


def test_flags_are_above_variables_and_each_says_where_it_stands():
    found = spoken({"TOCSIN_APP": "var", "TOCSIN_PROJECT": "shop", "TOCSIN_STATUS": "failed"}, "passed", app="flag", triggered_by="a@x")
    assert found == {
        "app": ("flag", "flag --app", Rank.FLAG),
        "project": ("shop", "env TOCSIN_PROJECT", Rank.VARIABLE),
        "status": ("passed", "flag --status", Rank.FLAG),
        "triggered_by.email": ("a@x", "flag --triggered-by", Rank.FLAG),
    }


@pytest.mark.parametrize("word", [*VARIABLES, "status"])
def test_each_variable_says_something(word: str):
    name, value = f"TOCSIN_{word.upper()}", {"kind": "cd", "tier": "staging"}.get(word, "x:1")
    assert {fact.source for fact in spoken({name: value}).values()} == {f"env {name}"}
    assert spoken({name: " \t"}) == {}


def test_a_branch_of_a_flag_s_variable_is_no_tag():
    assert values(spoken({"TOCSIN_BRANCH": "main", "TOCSIN_TAG": "v1"})) == {"ref.type": "tag", "ref.name": "v1", "ref.tag": "v1"}


@pytest.mark.parametrize(
    ("env", "flags", "words"),
    [
        ({"TOCSIN_KIND": "cx"}, {}, "TOCSIN_KIND is 'cx': it must be one of ci, cd"),
        ({"TOCSIN_KIND": "x" * 61}, {}, f"TOCSIN_KIND is '{'x' * 59}…': it must be one of ci, cd"),
        ({}, {"tier": "x"}, "--tier is 'x': it must be one of production, staging, testing, development, other"),
    ],
)
def test_a_word_that_is_none_is_an_error(env: dict[str, str], flags: dict[str, str], words: str):
    with pytest.raises(UsageError, match=f"^{words}$"):
        spoken(env, **flags)


def completion(**said: Any) -> dict[str, Any]:
    return values(conclude(facts(**{"status": "failure", **said}), COMPLETION))


@pytest.mark.parametrize(
    ("status", "previous", "told", "transition"),
    [
        ("success", "failure", None, "fixed"), ("success", "unstable", None, "fixed"), ("success", "success", None, None),
        ("failure", "success", None, "broken"), ("failure", "unstable", None, "broken"), ("failure", "failure", None, "still_failing"),
        ("failure", "FAILED", None, "still_failing"), ("failure", "cancelled", None, None), ("failure", "odd", None, None), ("failure", None, None, None),
        ("cancelled", "failure", None, None), ("unstable", "success", None, None), ("success", "cancelled", None, None),
        ("failure", "failure", "broken", "broken"), ("failure", "success", "fixed", "broken"), ("success", None, "fixed", "fixed"),
        ("success", None, "broken", None), ("failure", None, "still_failing", "still_failing"), ("cancelled", None, "fixed", None),
    ],
)  # fmt: skip
def test_how_an_end_relates_to_the_one_before(status: str, previous: str | None, told: str | None, transition: str | None):
    said = {"status": status, **({"run__previous_status": previous} if previous else {}), **({"transition": told} if told else {})}
    assert completion(**said).get("transition") == transition


def test_a_transition_has_the_source_of_what_says_it():
    previous = facts(Rank.API, run__previous_status="failure")
    assert conclude({**facts(status="failure"), **previous}, COMPLETION)["transition"] == Fact("still_failing", "by API", Rank.API)
    told = facts(Rank.FACTS, transition="broken")
    assert conclude({**facts(status="failure"), **previous, **told}, COMPLETION)["transition"] == told["transition"]


def test_what_follows_from_a_completion():
    said = facts(status="failure", environment="prod", commit__sha="0123456789abcdef", commit__message="Fix it\n\nNow.")
    found = conclude(said, COMPLETION)
    assert values(found) == {
        **values(said), "hook": "completion", "event": "failure", "kind": "cd", "scope": "job", "run.finished_at": NOW,
        "commit.short_sha": "01234567", "commit.title": "Fix it",
    }  # fmt: skip
    assert {name: found[name].source for name in ("hook", "event", "kind", "scope", "run.finished_at", "commit.title", "commit.short_sha")} == {
        "hook": "command", "event": "by CI", "kind": "by CI", "scope": "default", "run.finished_at": "clock", "commit.title": "by CI",
        "commit.short_sha": "by CI",
    }  # fmt: skip
    assert {found[name].rank for name in ("hook", "kind", "scope", "run.finished_at")} == {Rank.GUESS}


def test_what_is_said_stays_as_it_is_said():
    said = facts(
        status="failure", environment="prod", kind="ci", scope="run", run__finished_at="then", commit__message="A\nB", commit__title="T"
    )
    assert {name: values(conclude(said, COMPLETION))[name] for name in values(said)} == values(said)


def test_a_trigger_has_no_end():
    assert values(conclude(facts(app="x"), TRIGGER)) == {"app": "x", "hook": "trigger", "event": "trigger", "kind": "ci", "scope": "job"}
    found = conclude({}, TRIGGER)
    assert (found["kind"].source, found["event"].source) == ("no environment is known", "command")


def test_a_skipped_run_is_no_event():
    assert "event" not in completion(status="skipped", run__previous_status="failure")


def test_the_commit_among_the_changes_says_who_and_what():
    changes = [Change("b" * 40, "Other"), {"sha": "a" * 40, "title": "Mine", "author": {"name": "Ada", "email": "a@x"}}]
    found = completion(commit__sha="a" * 40, changes=changes)
    assert {name: found[name] for name in ("commit.title", "commit.author.name", "commit.author.email")} == {
        "commit.title": "Mine", "commit.author.name": "Ada", "commit.author.email": "a@x",
    }  # fmt: skip
    assert completion(commit__sha="a" * 40, changes=changes, commit__title="Told")["commit.title"] == "Told"
    assert completion(commit__sha="c" * 40, changes=changes).get("commit.title") is None
    assert completion(commit__sha="b" * 40, changes=[Change("b" * 40, None, Person())]).get("commit.author.name") is None


def test_nothing_empty_is_a_fact():
    assert set(completion(app="", project=None)) == {"status", "hook", "event", "kind", "scope", "run.finished_at"}


@pytest.mark.parametrize("said", [{}, {"status": Fact(" ", "x")}])
def test_a_completion_needs_a_status(said: Facts):
    with pytest.raises(ContextError, match="no status is known for the completion"):
        require_status(said, "completion")


@pytest.mark.parametrize(("said", "left"), [("success", None), ("waiting", "waiting"), (" WAITING ", "waiting"), ("no word", None)])
def test_a_start_has_no_status_but_that_it_waits(said: str, left: str | None):
    said_facts = {"status": Fact(said, "x")}
    require_status(said_facts, "trigger")
    assert (said_facts["status"].value if said_facts else None) == left


@pytest.mark.parametrize("hook", ["trigger", "completion"])
@pytest.mark.parametrize("has_start", [True, False])
def test_what_waits_is_its_own_event_and_has_no_end(hook: str, *, has_start: bool):
    found = conclude(
        {"status": Fact("waiting", "x"), "run.previous_status": Fact("failure", "x")}, Moment(hook, "2026-11-23T15:44:00Z", has_start)
    )
    assert found["event"].value == "waiting"
    assert {"transition", "run.finished_at"}.isdisjoint(found)


def run(**declared: Any) -> Run:
    return Run("generic", {**facts(Rank.GUESS, app="guess"), "ci": Fact("generic", "x"), **facts(**declared)}, untrusted=None)


def test_an_event_is_derived_from_all_sources_by_rank():
    request = Request(
        "completion", "passed", {"cluster": "flag"}, facts=facts(Rank.FACTS, app="plug-in", status="failure", job__name="deploy")
    )
    event = derive(run(status="failure", environment="prod"), request, {"TOCSIN_TIER": "staging"}, NOW)
    assert (event.status, event.app, event.job.name, event.cluster, event.environment, event.tier) == (
        "success", "plug-in", "deploy", "flag", "prod", "staging",
    )  # fmt: skip
    assert event.sources["status"] == "flag --status"


def test_at_the_trigger_no_status_counts():
    event = derive(run(status="failure"), Request("trigger", "failed"), {"TOCSIN_STATUS": "failed"}, NOW)
    assert (event.status, event.event, event.run.finished_at) == (None, "trigger", None)
