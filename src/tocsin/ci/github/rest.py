"""GitHub's REST API. https://docs.github.com/en/rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from tocsin.ci.rest import Api, Question

API_VERSION = "2022-11-28"  # the first one, which every server that has versions knows: https://docs.github.com/en/rest/about-the-rest-api/api-versions
_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]+/(?!\.{1,2}$)[A-Za-z0-9_.-]+", re.ASCII)

ACTIONS = Question(
    "the workflow runs and jobs",
    "the failed steps and the previous run's result stay unknown",
    "give the job `permissions: actions: read`",
)

ANNOTATIONS = Question("the annotations", "the reasons of failures may stay less exact", "give the job `permissions: checks: read`")

LOGS = Question("the logs of jobs", "the reasons of failures may stay unknown", "give the job `permissions: actions: read`")

COMPARISON = Question(
    "the commits between two runs", "what changed between them stays unknown", "give the job `permissions: contents: read`"
)

REFS = Question("the branches and tags", "whether the ref is a branch or a tag stays unknown", "give the job `permissions: contents: read`")


class GitHubApi(Api):
    """GitHub's, or an Enterprise Server's."""

    service = "GitHub"
    address = "GITHUB_API_URL"
    new_token = "pass `token: ${{ github.token }}`, or one that holds"  # noqa: S105  words, no token
    contents = Question("the files", "the trusted policy stays unknown", "give the job `permissions: contents: read`")

    def headers(self, token: str) -> dict[str, str]:
        """https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api."""
        return {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION, "Authorization": f"Bearer {token}"}

    def file(self, repository: str, ref: str, path: str) -> tuple[str, Mapping[str, str]] | None:
        """https://docs.github.com/en/rest/repos/contents; a file of up to 1 MB."""
        base = repository_path(repository)
        return (f"{base}/contents/{quote(path, errors='replace')}", {"ref": ref}) if base else None


def repository_path(repository: str) -> str | None:
    """The path of a repository ("owner/name") in the API; None for what is no repository's name."""
    return f"/repos/{repository}" if _REPOSITORY.fullmatch(repository) else None
