"""What changed between two commits of a project: the page that compares them, and the commits between.

https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits
"""

from __future__ import annotations

from tocsin.ci.common import document, text_of
from tocsin.ci.gitlab.rest import COMMITS
from tocsin.ci.rest import Api
from tocsin.event import Change, Person
from tocsin.text import safe_url

CHANGES_MAX = 20  # ours: a message shows fewer


def compare_url(repository_url: str | None, before: str, after: str) -> str | None:
    """The page that compares two commits."""
    return safe_url(f"{repository_url.rstrip('/')}/-/compare/{before}...{after}") if repository_url else None


def changes(api: Api, project: str, before: str, after: str) -> tuple[Change, ...]:
    """The newest commits that `after` has and `before` has not, the oldest of them first."""
    answer = api.get(f"/projects/{project}/repository/compare", COMMITS, {"from": before, "to": after})
    if answer is None:
        return ()
    commits = document(answer).raw("commits")
    if not isinstance(commits, list):
        api.odd(COMMITS)
        return ()
    return tuple(_change(commit) for commit in commits[-CHANGES_MAX:] if isinstance(commit, dict))


def _change(commit: object) -> Change:
    said = document(commit)
    author = Person(text_of(said, "author_name"), text_of(said, "author_email"))
    return Change(text_of(said, "id"), text_of(said, "title"), author, safe_url(text_of(said, "web_url")))
