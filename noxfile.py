"""The project's sessions: `./dev SESSION`, or `nox -s SESSION` where nox is at hand."""

from __future__ import annotations

import os

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True

PYPROJECT = nox.project.load_toml("pyproject.toml")


def group(name: str) -> list[str]:
    """The requirements of one dependency group of pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, name)  # type: ignore[no-any-return, unused-ignore]


@nox.session
def demo(session: nox.Session) -> None:
    """Send a sample pipeline's messages to all kinds of channel and show what arrived."""
    session.install("-q", "-e", ".[ses]", silent=True)
    session.run("python", "-m", "tocsin", "demo", *session.posargs, success_codes=[0, 130])


@nox.session
def tests(session: nox.Session) -> None:
    """The whole suite; arguments go to pytest."""
    session.install("-q", "-e", ".[ses]", *group("tests"), silent=True)
    workers = [] if session.posargs else ["-n", str(min(4, os.cpu_count() or 1))]
    session.run("pytest", *workers, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, lint, types, and the layers of the house."""
    session.install("-q", "-e", ".[ses]", *group("lint"), silent=True)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated parts of the docs anew; with --check, fail where they are not current."""
    session.install("-q", "-e", ".[ses]", silent=True)
    session.run("python", "docs/generate.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The figures that the claims on speed rest on."""
    session.install("-q", "-e", ".[ses]", "requests", silent=True)
    session.run("python", "-m", "compileall", "-q", "src", silent=True)
    session.run("python", "benchmarks/run.py", *session.posargs)
