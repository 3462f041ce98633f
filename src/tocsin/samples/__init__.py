"""Sample runs, one for each event, for the preview and the demo."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

EVENTS = ("trigger", "success", "failure", "broken", "still_failing", "fixed", "cancelled", "unstable", "waiting")


class Sample(NamedTuple):
    """A run at one hook: `facts` are the event's fields, nested, as `--facts` takes them. `status` is None where it starts."""

    hook: str
    status: str | None
    facts: dict[str, Any]


def sample(word: str, kind: str) -> Sample:
    """The sample of one of EVENTS, for a build ("ci") or a deployment ("cd"). Raises KeyError for another word."""
    data = _data()
    event = data["events"][word]
    parts = [data["run"], data["kinds"][kind], data["failures"][kind] if event.get("failed") else {}, event.get("facts", {})]
    facts: dict[str, Any] = {}
    for part in parts:
        facts = _merged(facts, part)
    return Sample("completion" if "status" in event else "trigger", event.get("status"), facts)


@cache
def _data() -> dict[str, Any]:
    import json
    from importlib.resources import files

    data: dict[str, Any] = json.loads(files("tocsin.samples").joinpath("samples.json").read_text("utf-8"))
    return data


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(below[name], value) for name, value in above.items() if isinstance(value, dict) and isinstance(below.get(name), dict)
    }
    return {**below, **above, **both}
