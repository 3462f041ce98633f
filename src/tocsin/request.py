"""What the command line or a plug-in asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.event import Fact
from tocsin.named_tuple import NamedTuple

STDIN = "-"


class Request(NamedTuple):
    """What is asked for; None where the environment or the CI decides.

    `flags` are by the words of `--app` and its like; `facts` are what a plug-in passes as values, `facts_file` the path of
    the same as JSON ("-" is standard input). `tests` are globs of test reports. `look_ups` False: the CI's API is not asked for reasons.
    """

    hook: str = "trigger"
    status: str | None = None
    flags: Mapping[str, str] = {}
    facts_file: str | None = None
    policy: str | None = None
    ci: str | None = None
    facts: Mapping[str, Fact] = {}
    tests: Sequence[str] = ()
    look_ups: bool = True
