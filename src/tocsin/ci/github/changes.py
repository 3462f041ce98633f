"""The commits between two of a GitHub repository.

https://docs.github.com/en/rest/commits/commits#compare-two-commits
"""

from __future__ import annotations

from tocsin.ci.common import Source, dig, document, first_line, text_of
from tocsin.ci.github.rest import COMPARISON, repository_path
from tocsin.ci.rest import Api
from tocsin.event import Change, Person
from tocsin.text import safe_url

COMMITS_MAX = 50  # ours: a message names a few; a commit has some 4 kB of JSON


def changes_between(api: Api, repository: str, base: str, head: str) -> tuple[Change, ...]:
    """The first commits of `head` that `base` does not have, oldest first; both are full ids. None of them where they are unknown."""
    path = repository_path(repository)
    data = api.get(f"{path}/compare/{base}...{head}", COMPARISON, {"per_page": COMMITS_MAX}, missing=True) if path else None
    if data is None:
        return ()
    commits = dig(data, "commits")
    if not isinstance(commits, list):
        api.odd(COMPARISON)
        return ()
    return tuple(change for change in map(_change, map(document, commits)) if change)


def _change(commit: Source) -> Change | None:
    sha, by = text_of(commit, "sha"), Person(text_of(commit, "commit.author.name"), text_of(commit, "commit.author.email"))
    title = first_line(text_of(commit, "commit.message") or "")
    return Change(sha, title, by, safe_url(text_of(commit, "html_url"))) if sha else None
