"""What one file of a CI needs, to send by the policy."""

from __future__ import annotations

import re
from typing import NamedTuple

OWNER = "OWNER"  # in the addresses below, until a release names its own: release/references.py writes them anew
ACTION = "OWNER/tocsin@main"
INCLUDE = (
    "- remote: https://raw.githubusercontent.com/OWNER/tocsin/main/plugins/gitlab/templates/notify.yml"
    "\n  inputs:"  # until a release is out
    "\n    version: git+https://github.com/OWNER/tocsin@main # until a release is out"
    "\n    container-image: python:3.14 # until a release is out: this one has git"
)
ENVIRONMENT = re.compile(r"\w[\w./ -]{0,99}")  # ours: a name in plain words; what a variable makes of it nobody knows before the run
NAMES = {"github": "GitHub Actions", "gitlab": "GitLab CI", "jenkins": "Jenkins", "circleci": "CircleCI"}


class Change(NamedTuple):
    """Lines for a file of a CI (a key of NAMES), and where they belong in it, in words.

    `text` is the whole file with the lines in their place; None where that place is not certain, and `why_not` says why.
    """

    ci: str
    file: str
    where: str
    lines: str
    text: str | None = None
    why_not: str = ""
