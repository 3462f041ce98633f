"""Whether the CI's API is asked, and its logs are read, for the reason of a failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tocsin.errors import UsageError
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.policy.model import Policy
    from tocsin.request import Request

VARIABLE = "TOCSIN_LOOK_UPS"


def may_look_up(request: Request, env: Mapping[str, str], policy: Policy) -> bool:
    """What the policy says, unless the plug-in or the variable forbids it. Raises UsageError for another word than true or false."""
    word = env.get(VARIABLE, "").strip()
    if word not in ("", "true", "false"):
        raise UsageError(f"{VARIABLE} is {clean(word, 60)!r}: it must be true or false")
    return policy.delivery.look_ups and request.look_ups and word != "false"
