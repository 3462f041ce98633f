"""The start without a policy file: one channel for each webhook's URL in the environment, for success and failure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tocsin.channels import KINDS
from tocsin.policy.policy_text import PolicyText
from tocsin.source.places import PLACES

VARIABLES = {name: kind.start_variable for name, kind in KINDS.items() if kind.start_variable}
NAME = "(no policy file)"


def builtin(env: Mapping[str, str]) -> tuple[PolicyText | None, str]:
    """The policy that applies where there is no file, or None where no variable gives one; and the notice that says so."""
    kinds = [kind for kind, variable in VARIABLES.items() if env.get(variable)]
    if not kinds:
        return None, (
            f"there is no policy, so nothing is sent: write {PLACES[0]}, or set {', '.join(VARIABLES.values())} "
            f"for a start without one; the smallest policy: {_text(['slack'], 'failure')}"
        )
    text = _text(kinds, "[success, failure]")
    found = ", ".join(VARIABLES[kind] for kind in kinds)
    notice = f"there is no policy: success and failure go to {', '.join(kinds)}, since {found} is set; to choose, write {PLACES[0]}: {text}"
    return PolicyText(NAME, text.encode()), notice


def _text(kinds: list[str], on: str) -> str:
    channels = ", ".join(f"{kind}: {{kind: {kind}, url: {json.dumps(f'${{{VARIABLES[kind]}}}')}}}" for kind in kinds)
    send_to = f"[{', '.join(kinds)}]" if len(kinds) > 1 else kinds[0]
    return f"{{channels: {{{channels}}}, notifications: [{{on: {on}, send_to: {send_to}}}]}}"
