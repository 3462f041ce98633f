"""Whether a name is a branch's or a tag's, where the event file does not say it.

https://docs.github.com/en/rest/git/refs#list-matching-references
"""

from __future__ import annotations

from urllib.parse import quote

from tocsin.ci.common import dig
from tocsin.ci.github.rest import REFS, repository_path
from tocsin.ci.rest import Api


def ref_kind(api: Api, repository: str, name: str) -> str | None:
    """Which of "branch" and "tag" it is; None where both have the name, or neither has it any more, or it cannot be known."""
    branch, tag = (_exists(api, repository, f"{kind}/{name}") for kind in ("heads", "tags"))
    if branch is None or tag is None or branch == tag:
        return None
    return "branch" if branch else "tag"


def _exists(api: Api, repository: str, ref: str) -> bool | None:
    """Whether there is such a ref; None where that cannot be known. The answer lists all refs that begin so."""
    base = repository_path(repository)
    found = api.get(f"{base}/git/matching-refs/{quote(ref, errors='replace')}", REFS) if base else None
    if found is None:
        return None
    if not isinstance(found, list):
        api.odd(REFS)
        return None
    return any(dig(item, "ref") == f"refs/{ref}" for item in found)
