"""Where the text of a base is asked for: GitHub's or GitLab's API, as bytes, or an address; and what such a request carries.

https://docs.github.com/en/rest/repos/contents#get-repository-content, with the media type "raw": up to 100 MB
https://docs.gitlab.com/api/repository_files/#get-raw-file-from-repository
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from tocsin.ci.rest import segment
from tocsin.policy.base_names import GITHUB, GITLAB, HTTPS, BaseName

GITLAB_TOKEN = "TOCSIN_GITLAB_TOKEN"  # noqa: S105  a variable's name
# By the kind of a base: the variable that holds the API's address, and the address where it is not set.
APIS = {GITHUB: ("GITHUB_API_URL", "https://api.github.com"), GITLAB: ("CI_API_V4_URL", "https://gitlab.com/api/v4")}


def base_url(name: BaseName, env: Mapping[str, str]) -> str:
    """The address of the API, or of the host, without a slash at its end."""
    if name.kind == HTTPS:
        return f"https://{name.repository}"
    variable, default = APIS[name.kind]
    return (env.get(variable) or default).strip().rstrip("/")


def path_of(name: BaseName) -> str:
    """The path and the query, behind the API's address or the host's."""
    if name.kind == HTTPS:
        address, mark, query = name.path.partition("?")
        return f"/{quote(address, safe='/%', errors='replace')}{mark}{query}"
    if name.kind == GITHUB:
        return f"/repos/{name.repository}/contents/{quote(name.path, errors='replace')}?ref={name.pin}"
    return f"/projects/{segment(name.repository)}/repository/files/{segment(name.path)}/raw?ref={name.pin}"


def headers(kind: str, token: str) -> dict[str, str]:
    """What a request for a base of a kind carries; `token` may be empty. To another's address nothing goes."""
    if kind == GITHUB:
        return {"Accept": "application/vnd.github.raw+json", **({"Authorization": f"Bearer {token}"} if token else {})}
    return {"PRIVATE-TOKEN": token} if kind == GITLAB and token else {}
