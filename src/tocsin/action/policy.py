"""The policy of a step: found once at its first part, as every command finds it, and kept as it was for the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin import source
from tocsin.errors import PolicyError
from tocsin.pipeline import Situation, situation
from tocsin.policy.load import data_of
from tocsin.source.snapshot import Snapshot, take

if TYPE_CHECKING:
    from tocsin.ci.rest import Api
    from tocsin.ci.run import Run
    from tocsin.policy.policy_text import PolicyText
    from tocsin.world import World


class StrictPolicyError(PolicyError):
    """An invalid policy that asks for strictness."""


def find_policy(world: World, named: str | None, run: Run, api: Api | None) -> tuple[Situation, Snapshot | None]:
    """The situation with the policy that holds, and the snapshot of it; no snapshot where it is no file. Raises PolicyError."""
    found = source.find(world, named, run, api)
    if found.text is None or found.text.files is None:
        return situation(run, found, api), None
    snapshot, text = take(found.text)
    return _situation(run, text, api), snapshot


def restore(world: World, snapshot: Snapshot | None, run: Run, api: Api | None) -> Situation:
    """The situation with the policy as the first part found it. Raises PolicyError."""
    return _situation(run, snapshot.text(), api) if snapshot else situation(run, source.without_file(world), api)


def _situation(run: Run, text: PolicyText, api: Api | None) -> Situation:
    try:
        return situation(run, source.PolicySource(text), api)
    except PolicyError as error:
        if asks_strictness(text):
            raise StrictPolicyError(str(error), error.problems) from None
        raise


def asks_strictness(text: PolicyText) -> bool:
    """Whether a policy, which may be invalid, says `strict: true` under `delivery`, itself or by a base."""
    delivery = data_of(text).get("delivery")
    return isinstance(delivery, dict) and delivery.get("strict") == "true"
