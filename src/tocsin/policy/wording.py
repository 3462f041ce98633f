"""What a policy adds to a message for a destination: runbooks, mentions, and whose own words count.

Own words stand at the top, in the channel, and in the rules that asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tocsin.channels import MAIL_KINDS
from tocsin.wording import OwnWords, merged

if TYPE_CHECKING:
    from tocsin.message import Message
    from tocsin.policy.destinations import Destination
    from tocsin.policy.model import Policy


RuleWords: TypeAlias = Mapping[str, OwnWords]
"""The own words of those rules that have any, by the rule's name or as "#2"."""


def rule_words(policy: Policy) -> RuleWords:
    """The own words of all rules: looked for once, since a policy may have ten thousand."""
    return {rule.name or f"#{number}": rule.message for number, rule in enumerate(policy.notifications, 1) if rule.message}


def words_of(policy: Policy, of_rules: RuleWords, channel: str, rules: Sequence[str]) -> OwnWords | None:
    """The own words for a message through a channel that some rules asked for; None where nobody has any.

    Of the rules the first that says something decides it.
    """
    asked = [of_rules[name] for name in rules if name in of_rules] if of_rules else []
    return merged((policy.message, policy.channels[channel].words(), *reversed(asked)))


def addressed(message: Message, row: Destination, runbooks: Mapping[str, str]) -> Message:
    """The message for a destination: with the rules that asked for it, what they say of it, and those of the `runbooks` that are theirs."""
    recipient = row.recipient if row.kind in MAIL_KINDS else None
    told = message._replace(
        rules=row.rules, recipient=recipient, mentions=row.mentions, conversation=row.conversation, in_place_of=row.in_place_of
    )
    return told.with_runbooks(runbooks) if runbooks else told
