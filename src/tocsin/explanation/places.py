"""The reverse question: which rules send to a channel or to an address, whatever the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.channels import MAIL_KINDS
from tocsin.errors import UsageError
from tocsin.policy.destinations import default_mail
from tocsin.policy.words import Suggestions, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.explanation.question import Place
    from tocsin.policy.destinations import Destination
    from tocsin.policy.load import PolicyDocument
    from tocsin.policy.model import Notification, Policy, Recipient, Selector


class RulePlace(NamedTuple):
    """A rule and where it stands: its number and its line count from 1, the line in `file`, which may be a base's."""

    name: str
    number: int
    line: int
    rule: Notification
    file: str
    of_base: bool = False
    own_index: int = 0  # among the rules of its own file, from 0: one that replaces a base's rule stands in another place of the whole

    @property
    def where(self) -> str:
        """Its line, in words; with the file where that is a base's."""
        return f"{self.file}:{self.line}" if self.of_base else f"line {self.line}"

    @property
    def base(self) -> dict[str, str]:
        """The file, under its name in JSON, where it is a base's; the policy's own goes without saying."""
        return {"file": self.file} if self.of_base else {}


def rule_places(document: PolicyDocument) -> list[RulePlace]:
    """Every rule of a policy, in order."""
    return [rule_place(document, index) for index in range(len(document.policy.notifications))]


def rule_place(document: PolicyDocument, index: int) -> RulePlace:
    """One rule by its index."""
    rule, path = document.policy.notifications[index], ("notifications", index)
    origin = document.origin_of(path)
    file, line = origin.place
    return RulePlace(rule.name or f"#{index + 1}", index + 1, line, rule, file, file != document.file, int(origin.path[1]))


def require_place(policy: Policy, place: Place) -> None:
    """Raise UsageError for a channel that the policy does not have, and for a channel where an address is wanted."""
    if place.channel is not None and place.channel not in policy.channels:
        known = Suggestions()(place.channel, policy.channels, listed="the policy has")
        raise UsageError(f"--channel: there is no channel {quoted(place.channel)}{known}")
    if place.recipient is not None and place.recipient in policy.channels:
        raise UsageError(f"--recipient: {quoted(place.recipient)} is a channel: ask with --channel")


def reaching(document: PolicyDocument, place: Place) -> list[RulePlace]:
    """The rules that send to a place; all of them where it is anybody."""
    default = default_mail(document.policy)
    return [row for row in rule_places(document) if not place or any(_sends_to(to, place, default) for to in row.rule.send_to)]


def _sends_to(to: Recipient, place: Place, default: str) -> bool:
    if place.recipient is not None:
        return place.recipient.casefold() in (address.casefold() for address in to.email or ())
    return to.channel == place.channel or bool(to.email and (to.via or default) == place.channel)


def recipients_at(policy: Policy, place: Place, rule: Notification) -> list[Recipient]:
    """Those of a rule's recipients that are the place; of several addresses that one alone."""
    found = [to for to in rule.send_to if not place or _sends_to(to, place, default_mail(policy))]
    if place.recipient is None:
        return found
    return [to.model_copy(update={"email": [place.recipient]}) for to in found]


def is_at(row: Destination, place: Place) -> bool:
    """Whether a destination is the place, or one of it."""
    if place.recipient is not None:
        return row.kind in MAIL_KINDS and row.recipient.casefold() == place.recipient.casefold()
    return not place or row.channel == place.channel


def reaching_rows(rows: Sequence[RulePlace]) -> list[tuple[str, ...]]:
    """A row a rule: its name, its line, its events, its pipelines."""
    return [(row.name, row.where, f"on {', '.join(row.rule.on)}", selectors_text(row.rule.pipelines, "any run")) for row in rows]


def selectors_text(selectors: Sequence[Selector], anything: str) -> str:
    """Selectors on one line; `anything` stands for one without a key."""
    return " or ".join("; ".join(f"{key} {', '.join(values)}" for key, values in selector.items()) or anything for selector in selectors)


def reaching_data(place: Place, rows: Sequence[RulePlace]) -> dict[str, Any]:
    """The same as `explain --channel NAME --json` prints it."""
    return {
        "channel": place.channel,
        "recipient": place.recipient,
        "rules": [
            {
                "name": row.name,
                "number": row.number,
                "line": row.line,
                **row.base,
                "on": list(row.rule.on),
                "pipelines": [dict(selector) for selector in row.rule.pipelines],
            }
            for row in rows
        ],
    }
