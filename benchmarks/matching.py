"""Milliseconds of matching one event against a policy's rules in a new process, the first match included."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tocsin.event import Event, Ref
from tocsin.policy.destinations import destinations
from tocsin.policy.load import load
from tocsin.policy.match import match
from tocsin.policy.policy_text import PolicyText


def main() -> None:
    """Print the time."""
    path = Path(sys.argv[1])
    policy = load(PolicyText(path.name, path.read_bytes())).policy
    event = Event(
        hook="completion", status="failure", event="failure", kind="cd", project="team-40", app="service-9729-eu", environment="production",
        ref=Ref("branch", "main", "main"),
    )  # fmt: skip
    start = time.perf_counter()
    rules = match(policy, event)
    destinations(policy, [rule for rule in rules if rule.matches], event, {})
    print((time.perf_counter() - start) * 1000)


if __name__ == "__main__":
    main()
