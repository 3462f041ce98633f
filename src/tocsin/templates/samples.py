"""The events on which a template is tried: one of which everything is known, and one of which nothing is."""

from __future__ import annotations

from tocsin.event import (
    Actor,
    Change,
    Commit,
    EarlierRun,
    Event,
    Failure,
    Image,
    Job,
    Person,
    PipelineRun,
    PullRequest,
    Ref,
    Repository,
    TestFailure,
    TestResults,
)

NOTHING = Event(hook="completion", kind="ci")
"""An event of which nothing is known."""

_URL = "https://ci.example.com/payments/runs/4711"
_AUTHOR = Person("Ada Byron", "ada@example.com")

EVERYTHING = Event(
    ci="github",
    hook="completion",
    status="failure",
    event="failure",
    transition="still_failing",
    reason="timed out",
    scope="run",
    kind="cd",
    project="shop",
    app="payments",
    environment="production",
    environment_url="https://payments.example.com",
    tier="production",
    cluster="eks-prod-1",
    pipeline="Deploy payments",
    pipeline_file="deploy.yml",
    source="push",
    run=PipelineRun(
        "4711",
        42,
        2,
        _URL,
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:07:25Z",
        "failure",
        3,
        EarlierRun(40, f"{_URL}/40", "2026-01-01T22:00:00Z", "c" * 40),
        EarlierRun(41, f"{_URL}/41", "2026-01-02T01:00:00Z", "d" * 40),
        EarlierRun(39, f"{_URL}/39", "2026-01-01T20:00:00Z", "e" * 40),
    ),
    job=Job("17", "deploy", f"{_URL}/jobs/17", "eu-west-1"),
    ref=Ref("branch", "release/2.1", "release/2.1", "v2.1.0"),
    commit=Commit("0123456789abcdef" * 2 + "01234567", "01234567", "Fix rounding", "Fix rounding\n\nBy cents.", f"{_URL}/commit", _AUTHOR),
    pull_request=PullRequest(7, "Fix rounding", f"{_URL}/pull/7", "fix/rounding", "main", fork=False),
    triggered_by=Actor("ada", "Ada Byron", "ada@example.com"),
    image=Image("registry.example.com/payments", "2.1.0"),
    repository=Repository("payments", "shop", "https://git.example.com/shop/payments"),
    failures=(
        Failure("build", "Compile", f"{_URL}/jobs/1", "exit code 1", "cents.c:7: error: expected ';'\nmake: *** [cents.o] Error 1"),
        Failure("test", "Run tests", f"{_URL}/jobs/2", "2 failed"),
    ),
    tests=TestResults(812, 2, 5, (TestFailure("test_half_even", "0.13 is not 0.12"), TestFailure("test_cents", "expected 3, got 2"))),
    changes=(Change("a" * 40, "Add cents", _AUTHOR, f"{_URL}/a"), Change("b" * 40, "Drop floats", _AUTHOR, f"{_URL}/b")),
    compare_url=f"{_URL}/compare",
)
"""An event of which all is known, though no real one has a branch, a tag and a pull request at once."""

LITTLE = Event(
    ci="github",
    hook="completion",
    status="failure",
    event="failure",
    scope="run",
    kind="ci",
    project="shop",
    app="payments",
    pipeline="CI",
    source="push",
    run=PipelineRun("4711", 42, 1, _URL),
    ref=Ref("branch", "main", "main"),
    commit=Commit("0123456789abcdef" * 2 + "01234567", "01234567"),
    repository=Repository("payments", "shop", "https://git.example.com/shop/payments"),
)
"""An event of which only what every CI says is known."""

MESSAGE = {
    "title": "Failed: payments → production",
    "text": "Failed: payments → production · Compile: exit code 1 · by Ada Byron",
    "rules": ["production"],
}
"""What is told of it."""
