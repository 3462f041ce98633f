"""Where tocsin lives on the web: what reports and editors link to. A release writes the owner: release/references.py."""

from __future__ import annotations

REPOSITORY = "https://github.com/OWNER/tocsin"
CHECKS = f"{REPOSITORY}/blob/main/docs/checks.md"  # a section for each kind of problem, whose anchor is its id
# HEAD is the default branch, so that the address stays as it is from release to release.
SCHEMA = "https://raw.githubusercontent.com/OWNER/tocsin/HEAD/schema/tocsin.schema.json"


def page_of(check: str) -> str:
    """The address of what the docs say of a kind of problem, by its id."""
    return f"{CHECKS}#{check}"
