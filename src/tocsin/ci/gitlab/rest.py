"""GitLab's REST API, asked only where a token was made for it. https://docs.gitlab.com/api/rest/."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.ci.gitlab import TOKEN
from tocsin.ci.rest import Api, Question, is_id, segment

_RIGHTS = f"give {TOKEN} the scope read_api and the role Reporter"
PIPELINES = Question("the pipelines and jobs", "the failed jobs and the previous pipeline's result stay unknown", _RIGHTS)


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
