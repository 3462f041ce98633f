"""GitLab's REST API, asked only where a token was made for it. https://docs.gitlab.com/api/rest/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tocsin.ci.common import Source, document
from tocsin.ci.gitlab import TOKEN
from tocsin.ci.rest import Api, Question, is_id, segment

PAGE_ITEMS = 100  # the most that GitLab gives at once: https://docs.gitlab.com/api/rest/#pagination
_RIGHTS = f"give {TOKEN} the scope read_api and the role Reporter"
PIPELINES = Question("the pipelines and jobs", "the failed jobs and the previous pipeline's result stay unknown", _RIGHTS)
TESTS = Question("the test report", "the failed tests stay unknown", _RIGHTS)
LOGS = Question("the jobs' logs", "what the failed jobs said stays unknown", _RIGHTS)
COMMITS = Question("the commits", "the changes stay unknown", _RIGHTS)


class GitLabApi(Api):
    """GitLab's, on its own host or another."""

    service = "GitLab"
    address = "CI_API_V4_URL"
    new_token = f"put one that holds, with the scope read_api, into the masked variable {TOKEN}"
    contents = Question("the files", "the target branch's policy stays unknown", _RIGHTS)

    def headers(self, token: str) -> dict[str, str]:
        """A personal, project or group access token: https://docs.gitlab.com/api/rest/authentication/."""
        return {"Accept": "application/json", "PRIVATE-TOKEN": token}

    def file(self, repository: str, ref: str, path: str) -> tuple[str, Mapping[str, str]] | None:
        """`repository` is a project's number: https://docs.gitlab.com/api/repository_files/#get-file-from-repository."""
        return (f"/projects/{repository}/repository/files/{segment(path)}", {"ref": ref}) if is_id(repository) else None


def items(api: Api, path: str, query: Mapping[str, str | int], pages_max: int, per_page: int = PAGE_ITEMS) -> Iterator[Source | None]:
    """The items of a list, page by page, as far as they are asked for. None comes last where more may follow: that stays unknown."""
    for page in range(1, pages_max + 1):
        found = api.get(path, PIPELINES, {**query, "per_page": per_page, "page": page})
        if not isinstance(found, list):
            if found is not None:
                api.odd(PIPELINES)
            break
        yield from map(document, found)
        if len(found) < per_page:
            return
    yield None
