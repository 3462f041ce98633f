"""A machine without a CI: what git's plain files tell of the repository that one stands in. No program is run for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.checkout_state import checkout_at
from tocsin.ci.common import commit_facts, commit_path, mapped, merged, ref_facts, web_url
from tocsin.event import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tocsin.event import Facts

SOURCE = "git "  # how each source here begins, in words for the user
_NONE = ("", "false", "0")
# What a CI sets on each of its builds; where one is set, what is checked out may be a pull request under a branch's name.
_CI_VARIABLES = (
    "CI",
    "BUILD_ID",
    "BUILD_NUMBER",
    "TF_BUILD",  # https://learn.microsoft.com/azure/devops/pipelines/build/variables
    "TEAMCITY_VERSION",  # https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html
    "CODEBUILD_BUILD_ID",  # https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
    "bamboo_buildKey",  # https://confluence.atlassian.com/bamboo/bamboo-variables-289277087.html
)
_SAID = ("TOCSIN_BRANCH", "TOCSIN_TAG", "TOCSIN_COMMIT", "TOCSIN_RUN_ID", "TOCSIN_RUN_URL")  # who says these knows the run better


def local_facts(env: Mapping[str, str], root: Path) -> Facts:
    """A checkout's branch, commit and remote, as guesses; none under a CI, or where a variable says what the run is."""
    if any(env.get(name, "").strip().lower() not in _NONE for name in _CI_VARIABLES) or any(env.get(name, "").strip() for name in _SAID):
        return {}
    seen = checkout_at(root)
    url = mapped(_fact(seen.remote_url, f"remote {seen.remote}"), web_url)
    path = mapped(url, lambda text: text.partition("://")[2].partition("/")[2])
    name = mapped(path, lambda text: text.rpartition("/")[2])
    owner = mapped(path, lambda text: text.rpartition("/")[0])
    return merged(
        {},
        {
            **(ref_facts("branch", _fact(seen.branch, "HEAD")) if seen.branch else {}),
            **commit_facts(_fact(seen.commit, "HEAD"), url if commit_path(url) else None, commit_path(url) or ""),
            "app": name,
            "project": owner,
            "repository.name": name,
            "repository.owner": owner,
            "repository.url": url,
        },
    )


def _fact(value: str | None, where: str) -> Fact | None:
    return Fact(value, f"{SOURCE}{where}") if value else None
