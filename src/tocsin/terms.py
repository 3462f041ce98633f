"""What a person can say of a run in one word, or ask of it in a rule. One row a term: every list of them is made of this table.

A new event field is a record or a line in event.py, its row here where people say it, and its cases.
tests/test_every_field.py says what is missing, and where it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from tocsin.event import Fact, Facts
from tocsin.named_tuple import NamedTuple

TIERS = ("production", "staging", "testing", "development", "other")
REF_TYPES = ("branch", "tag", "pull_request")


class Flag(NamedTuple):
    """How the command line shows a flag: its value, and what it says."""

    metavar: str
    help: str


class Term(NamedTuple):
    """A row of the table. What a term has not, it cannot be said or asked by."""

    field: str  # of the event, dotted: what it fills, and what a selector reads
    flag: Flag | None = None  # of the command line; what has a flag has a variable
    variable: bool = False  # TOCSIN_<NAME> gives it, without a flag
    plugins: bool = False  # an input of GitHub's action and of GitLab's template, a parameter of Jenkins's library
    setting: str = ""  # of the policy's `context`: what it says
    selector: str = ""  # of a rule: what it asks
    words: tuple[str, ...] = ()  # the only ones that it takes; () is any text
    fills: Callable[[str], dict[str, str | None]] | None = None  # the fields in a value, where it is not `field` alone
    stem_of: str = ""  # a field with a file's path, the stem of which the selector takes too
    also: tuple[str, ...] = ()  # further fields, any of which the selector takes too; of an email address its login as well
    missing: str = ""  # what to do where a rule asks for it and the run has none; "" where flag and setting are the answer

    @property
    def several(self) -> bool:
        """Whether a run has several names for it."""
        return bool(self.stem_of or self.also)


def _image(value: str) -> dict[str, str | None]:
    """The parts of "repository:tag"; a registry's port is no tag."""
    head, _, tail = value.rpartition("/")
    name, _, tag = tail.partition("@")[0].partition(":")
    return {"image.repository": f"{head}/{name}" if head else name, "image.tag": tag or None}


def _person(value: str) -> dict[str, str | None]:
    return {"triggered_by.email" if "@" in value else "triggered_by.login": value}


def _author(value: str) -> dict[str, str | None]:
    return {"commit.author.email" if "@" in value else "commit.author.name": value}


def _ref(type_: str, value: str) -> dict[str, str | None]:
    return {"ref.type": type_, "ref.name": value, f"ref.{type_}": value}


TERMS: Mapping[str, Term] = MappingProxyType(
    {
        "project": Term(
            "project",
            Flag("NAME", "the project the application belongs to"),
            plugins=True,
            setting="The project.",
            selector="The project.",
        ),
        "app": Term(
            "app",
            Flag("NAME", "the application"),
            plugins=True,
            setting="The application.",
            selector="The application.",
        ),
        "environment": Term(
            "environment",
            Flag("NAME", "the environment that is deployed to"),
            plugins=True,
            setting="The environment that is deployed to.",
            selector="The environment that is deployed to.",
        ),
        "environment_url": Term("environment_url", setting="The environment's web address."),
        "tier": Term(
            "tier",
            Flag("TIER", "production, staging, testing, development or other"),
            setting="The environment's tier.",
            selector="The environment's tier: production, staging, testing, development, other.",
            words=TIERS,
        ),
        "cluster": Term(
            "cluster",
            Flag("NAME", "the cluster that is deployed to"),
            plugins=True,
            setting="The cluster of the environment.",
            selector="The cluster of the environment.",
        ),
        "kind": Term(
            "kind",
            Flag("KIND", "ci or cd"),
            plugins=True,
            setting="ci or cd.",
            selector="ci or cd.",
            words=("ci", "cd"),
            missing="kind is cd where an environment is known: pass --environment or --kind, or set it in the policy's context",
        ),
        "pipeline": Term(
            "pipeline",
            Flag("NAME", "the pipeline's name"),
            setting="The pipeline's name.",
            selector="The pipeline's name, or its file's, with or without the ending.",
            stem_of="pipeline_file",
        ),
        "image": Term(
            "image.repository",
            Flag("REPO:TAG", "the container image"),
            plugins=True,
            setting="The container image, repository:tag.",
            fills=_image,
        ),
        "triggered_by": Term(
            "triggered_by.login",
            Flag("WHO", "a login or an email address"),
            plugins=True,
            setting="Who triggered the run: a login or an email address.",
            selector="Who triggered the run: the login, the name or the email address.",
            fills=_person,
            also=("triggered_by.name", "triggered_by.email"),
        ),
        "job": Term("job.name", selector="The job's name.", missing="only a run of a job has one"),
        "branch": Term(
            "ref.branch",
            variable=True,
            selector="The branch; a pull request has none.",
            fills=partial(_ref, "branch"),
            missing="a tag, a pull request and what is about no code have none",
        ),
        "tag": Term(
            "ref.tag",
            variable=True,
            selector="The tag.",
            fills=partial(_ref, "tag"),
            missing="only a tag's run has one",
        ),
        "ref_type": Term("ref.type", selector="branch, tag or pull_request.", words=REF_TYPES, missing="what is about no code has none"),
        "source_branch": Term(
            "pull_request.source_branch",
            selector="The branch that a pull request comes from.",
            missing="only a pull request has one, and not every event says it",
        ),
        "target_branch": Term(
            "pull_request.target_branch",
            selector="The branch that a pull request goes to.",
            missing="only a pull request has one, and not every event says it",
        ),
        "author": Term(
            "commit.author.name",
            selector="The commit's author: the name, the email address, or the login in an address of GitHub's or GitLab's own.",
            fills=_author,
            also=("commit.author.email",),
            missing="not every event says it; a job that has the repository checked out does",
        ),
        "source": Term("source", selector="What started the run, in the CI's own word: push, schedule, …"),
        "reason": Term(
            "reason",
            selector="Why the run ended so, where the CI says it: timed out, or the CI's own words.",
            missing="only a run that has ended has one, and not every CI says it",
        ),
        "commit": Term("commit.sha", variable=True),
        "commit_message": Term("commit.message", variable=True),
        "run_id": Term("run.id", variable=True),
        "run_url": Term("run.url", variable=True),
    }
)


def _listed(is_in: Callable[[Term], Any], first: str = "") -> dict[str, Term]:
    """The rows of one list, in the table's order but for the one that people look for first."""
    names = sorted((name for name, term in TERMS.items() if is_in(term)), key=lambda name: name != first)
    return {name: TERMS[name] for name in names}


FLAGS = _listed(lambda term: term.flag, first="app")
VARIABLES = _listed(lambda term: term.flag or term.variable, first="app")
PLUGIN_INPUTS = _listed(lambda term: term.plugins)
SETTINGS = _listed(lambda term: term.setting)
SELECTORS = _listed(lambda term: term.selector, first="kind")


def flag_name(name: str) -> str:
    """A term's flag: "--triggered-by"."""
    return f"--{name.replace('_', '-')}"


def variable_name(name: str) -> str:
    """A term's variable: "TOCSIN_TRIGGERED_BY"."""
    return f"TOCSIN_{name.upper()}"


def spread(name: str, said: Fact) -> Facts:
    """The facts in one word that a flag, a TOCSIN_* variable or the policy's context gives; what is no term is a field by its own name."""
    term = TERMS.get(name) or Term(name)
    fields = term.fills(said.value) if term.fills else {term.field: said.value}
    return {field: said._replace(value=value) for field, value in fields.items() if value}
