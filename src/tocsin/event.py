"""The event: what every part of the program passes along.

A source of facts (a flag, a variable, a CI, the policy) is a dict from a dotted field ("commit.sha") to a `Fact`. Facts are laid over
each other in the order of precedence, and `derive.building` makes the event of what remains. Absent is None, never a made-up value.
Records are named tuples: a data class costs four times as much to define, on every start.
"""

# The annotations of this file are no text: to compile them would double the cost of its records, on every start.

from collections.abc import Iterator, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, TypeAlias

from tocsin.named_tuple import NamedTuple


class Rank(IntEnum):
    """Who said something of a run: the higher rank decides."""

    GUESS = 0  # from names, or from what else is known: the repository's name as app, a tier from an environment's name
    POLICY = 1  # its `context` and `environments`
    FACTS = 2  # what a plug-in passes, by `--facts` or as values
    API = 3  # what the CI's API answers
    CI = 4  # what the CI declares for this run
    VARIABLE = 5  # a TOCSIN_* variable
    FLAG = 6


class Fact(NamedTuple):
    """A value, where it came from in words for the user ("flag --app", "GITHUB_REPOSITORY"), and what decides between two: the rank."""

    value: Any
    source: str
    rank: Rank = Rank.CI


Facts: TypeAlias = dict[str, Fact]


class EarlierRun(NamedTuple):
    """A run of the same pipeline before this one: `at` is when it ended (ISO 8601 in UTC), `commit` the full id of what it built."""

    number: int | None = None
    url: str | None = None
    at: str | None = None
    commit: str | None = None


class PipelineRun(NamedTuple):
    """One run of a pipeline. Times are ISO 8601 in UTC ("2026-11-23T15:44:00Z").

    `failed_runs` is how many failed in a row: up to this one where it failed, before it where it is a repair. `failing_since` is the
    first of them, `failing_until` the last one before a repair, `last_success` the one that succeeded before they began.
    """

    id: str | None = None
    number: int | None = None
    attempt: int | None = None
    url: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    previous_status: str | None = None
    failed_runs: int | None = None
    failing_since: EarlierRun = EarlierRun()
    failing_until: EarlierRun = EarlierRun()
    last_success: EarlierRun = EarlierRun()


class Job(NamedTuple):
    """The job that reports; `variant` is the matrix leg."""

    id: str | None = None
    name: str | None = None
    url: str | None = None
    variant: str | None = None


class Ref(NamedTuple):
    """What was built: `type` is branch, tag or pull_request; `branch` is None for the other two."""

    type: str | None = None
    name: str | None = None
    branch: str | None = None
    tag: str | None = None


class Person(NamedTuple):
    """An author as git knows one."""

    name: str | None = None
    email: str | None = None


class Commit(NamedTuple):
    """The commit; for a pull request its head. `short_sha` has 8 characters."""

    sha: str | None = None
    short_sha: str | None = None
    title: str | None = None
    message: str | None = None
    url: str | None = None
    author: Person = Person()


class PullRequest(NamedTuple):
    """A pull or merge request; `fork` is True where its head is another repository's."""

    number: int | None = None
    title: str | None = None
    url: str | None = None
    source_branch: str | None = None
    target_branch: str | None = None
    fork: bool | None = None


class Actor(NamedTuple):
    """Who triggered the run."""

    login: str | None = None
    name: str | None = None
    email: str | None = None


class Image(NamedTuple):
    """The container image that the run built or deploys."""

    repository: str | None = None
    tag: str | None = None


class Repository(NamedTuple):
    """The repository; `url` is its web address, without `.git` and without credentials."""

    name: str | None = None
    owner: str | None = None
    url: str | None = None


class Failure(NamedTuple):
    """A part of the run that failed; `excerpt` is what its log says of it, a few lines."""

    job: str | None = None
    step: str | None = None
    url: str | None = None
    reason: str | None = None
    excerpt: str | None = None


class TestFailure(NamedTuple):
    """A test that failed, and what it said."""

    name: str | None = None
    message: str | None = None


class TestResults(NamedTuple):
    """What the run's tests said: how many there were, and the first that failed."""

    total: int | None = None
    failed: int | None = None
    skipped: int | None = None
    failures: tuple[TestFailure, ...] = ()

    @property
    def summary(self) -> str:
        """In words: "3 of 812 tests failed"; "" where none has."""
        if self.failed and self.total and self.total > 1:
            return f"{self.failed} of {self.total} tests failed"
        return f"{self.failed} test{'' if self.failed == 1 else 's'} failed" if self.failed else ""


class Change(NamedTuple):
    """A commit that the run brought in."""

    sha: str | None = None
    title: str | None = None
    author: Person = Person()
    url: str | None = None


class Event(NamedTuple):
    """One run at one hook. Field names are a contract: policies, templates and reports use them."""

    ci: str = "generic"
    hook: str = "trigger"
    status: str | None = None
    event: str | None = None
    transition: str | None = None
    reason: str | None = None
    scope: str = "job"
    kind: str = "ci"
    project: str | None = None
    app: str | None = None
    environment: str | None = None
    environment_url: str | None = None
    tier: str | None = None
    cluster: str | None = None
    pipeline: str | None = None
    pipeline_file: str | None = None
    source: str | None = None
    run: PipelineRun = PipelineRun()
    job: Job = Job()
    ref: Ref = Ref()
    commit: Commit = Commit()
    pull_request: PullRequest = PullRequest()
    triggered_by: Actor = Actor()
    image: Image = Image()
    repository: Repository = Repository()
    failures: tuple[Failure, ...] = ()
    tests: TestResults = TestResults()
    changes: tuple[Change, ...] = ()
    compare_url: str | None = None
    sources: Mapping[str, str] = MappingProxyType({})


LISTS: dict[str, type[Any]] = {"failures": Failure, "changes": Change, "tests.failures": TestFailure}


def _records(record: type[Any], prefix: str = "") -> Iterator[tuple[str, type[Any]]]:
    for name, default in record._field_defaults.items():
        if hasattr(default, "_fields"):
            yield prefix + name, type(default)
            yield from _records(type(default), f"{prefix}{name}.")


RECORDS: dict[str, type[Any]] = dict(_records(Event))
"""The records inside an event, and inside those, by their dotted names."""

Scalar: TypeAlias = str | int | bool | None


def dotted(event: Event) -> Iterator[tuple[str, Scalar]]:
    """Every scalar field of an event by its dotted name ("run.url"), lists and sources left out."""
    yield from _dotted(event)


def _dotted(record: Any, prefix: str = "") -> Iterator[tuple[str, Scalar]]:
    for name, value in zip(record._fields, record, strict=True):
        full = prefix + name
        if hasattr(value, "_fields"):
            yield from _dotted(value, f"{full}.")
        elif full not in LISTS and full != "sources":
            yield full, value


def lists(event: Event) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every list of an event by its dotted name."""
    for name in LISTS:
        value: Any = event
        for part in name.split("."):
            value = getattr(value, part)
        yield name, value


def as_dict(record: Any) -> Any:
    """An event, or a part of one, as plain data for JSON: records become dicts, tuples lists."""
    if hasattr(record, "_fields"):
        return {name: as_dict(value) for name, value in zip(record._fields, record, strict=True)}
    if isinstance(record, (tuple, list)):
        return [as_dict(item) for item in record]
    return dict(record) if isinstance(record, Mapping) else record
