"""Which earlier message of the run a delivery changes, or answers under, if any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tocsin.channels import has_own_payload
from tocsin.event import Event
from tocsin.message.mention import names
from tocsin.verdict import FollowUp

if TYPE_CHECKING:
    from tocsin.policy.destinations import Destination
    from tocsin.policy.match import RuleMatch
    from tocsin.receipts import Keeping

ALOUD = frozenset({"failure", "unstable", "waiting"})  # the events that somebody must hear of, where a change makes no sound


def follow_up(rules: Sequence[RuleMatch], row: Destination, options: Any, event: Event, keeping: Keeping | None) -> FollowUp:
    """What the rules of a destination, or its channel's options, ask for, by the receipts there are; `rules` are all of the policy."""
    conversation = options.conversation_used(row.conversation)
    if conversation == "new":
        return FollowUp()
    if options.names_messages:
        from tocsin.run_messages import by_name

        return by_name(rules, row, event, aloud=event.event in ALOUD)
    from tocsin.receipts import Keeping, Wanted, find

    keeping = keeping or Keeping()
    said = bool(row.conversation or options.conversation_asked() or keeping.lacks(event))
    addresses = bool(names(row.mentions, row.kind)) and not has_own_payload(options)
    wanted = Wanted(conversation, event.event in ALOUD or addresses, said)
    return find(keeping.receipts, event, (row.channel, row.kind, row.recipient), options, wanted)
