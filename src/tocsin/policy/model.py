"""The policy's records. Their descriptions are the policy's reference.

Text comes in as the file has it; a single value may stand for a list of one. Selectors and settings are
dicts of the given keys only: ten thousand of them are checked and matched fast.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypedDict

from tocsin.channels.options import Address, ChannelOptions
from tocsin.checks import Check
from tocsin.policy.person import KnownPerson
from tocsin.record import AfterValidator, BeforeValidator, Field, OneOrMore, Record, SchemaOnly, Some, as_list
from tocsin.terms import SELECTORS, SETTINGS, TIERS
from tocsin.text import safe_url
from tocsin.verdict import Conversation
from tocsin.wording import Wording
from tocsin.wrong import InvalidValueError

EVENTS = ("trigger", "success", "failure", "cancelled", "unstable", "waiting", "always", "fixed", "broken", "still_failing")

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SECONDS_MAX = 300.0  # ours: one attempt; no service takes longer to say something
BUDGET_MAX_SECONDS = 3600.0  # ours: a hook that may hold a build for more than an hour is a mistake
ATTEMPTS_MAX = 20  # ours

_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"

EventWord: TypeAlias = Literal[
    "trigger", "success", "failure", "cancelled", "unstable", "waiting", "always", "fixed", "broken", "still_failing"
]  # fmt: skip
Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

if TYPE_CHECKING:
    SelectorKey: TypeAlias = str
    Tier: TypeAlias = str
else:  # made of the table of terms, which a checker cannot read
    SelectorKey = Literal[tuple(SELECTORS)]
    Tier = Literal[TIERS]


def _listed_values(selector: Any) -> Any:
    return {key: as_list(value) for key, value in selector.items()} if isinstance(selector, dict) else selector


def _recipients(value: Any) -> Any:
    return [_recipient(item) if isinstance(item, str) else item for item in as_list(value)]


def _recipient(text: str) -> dict[str, Any]:
    return {"email": text} if "@" in text else {"channel": text}


def _all_pipelines() -> list[dict[SelectorKey, list[str]]]:
    return [{}]


def _version(number: int) -> int:
    if number != 1:
        raise ValueError("must be 1, the only version there is")
    return number


def _budget(value: Any) -> Any:
    return {"trigger": value, "completion": value} if isinstance(value, str) else value


def _hours(text: str) -> str:
    if not re.fullmatch(f"{_TIME}-(?:{_TIME}|24:00)", text):
        raise ValueError("must be hours of a day, such as 22:00-06:00")
    return text


def _moment(text: str) -> str:
    from datetime import datetime

    if not re.fullmatch(f"2[0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}(?:[ T]{_TIME})?", text, re.ASCII):
        raise ValueError("must be a day or a time, such as 2026-12-24 or 2026-12-24 18:00")
    datetime.fromisoformat(text.replace(" ", "T"))  # there is no 30th of February
    return text


def _link(url: str) -> str:
    if "${" in url:
        raise InvalidValueError("takes no variable: everybody who is told sees it", Check.INVALID_REFERENCE)
    if not (url.lower().startswith("https://") and safe_url(url)):
        raise ValueError("must be an https link, without a login and at most 2,048 characters long")
    return url


Hours = Annotated[str, AfterValidator(_hours)]
Moment = Annotated[str, AfterValidator(_moment)]
Runbook = Annotated[str, AfterValidator(_link)]
"""A page that says what to do about a failure."""

SELECTOR_KEYS: dict[SelectorKey, str] = {name: term.selector for name, term in SELECTORS.items()}

Selector = Annotated[
    dict[SelectorKey, Annotated[list[Some], Field(min_length=1)]],
    BeforeValidator(_listed_values),
    Field(description="All keys must match, in each any value; a leading ! excludes. Values are shell globs."),
]


if TYPE_CHECKING:

    class Settings(TypedDict, total=False):
        """Any term that has a setting."""

else:
    Settings = TypedDict(
        "Settings", {name: Annotated[Some, Field(description=term.setting)] for name, term in SETTINGS.items()}, total=False
    )
    Settings.__doc__ = "What the policy says of a run: constants, or templates over the event."


class ContextRule(TypedDict):
    """What to set where a selector matches."""

    when: Annotated[OneOrMore[Selector], Field(description="Which runs; sees the constants, never what another rule set.")]
    set: Annotated[Settings, Field(description="What is so in them.")]


class Context(Settings, total=False):
    """What this repository's CI does not say by itself: constants, then rules, first to last; later ones win."""

    rules: Annotated[list[ContextRule], BeforeValidator(as_list), Field(description="All that match apply; later ones win.")]


class Environment(Record):
    """What is known of an environment."""

    tier: Tier | None = Field(default=None, description="Guessed from the environment's name where it is not given.")
    cluster: Some | None = Field(default=None, description="The cluster it runs on.")
    runbook: Runbook | None = Field(default=None, description="An https link to what to do about its failures: a link in their messages.")


class Recipient(Record):
    """A channel, or email addresses and the channel that takes them. As plain text: a channel's name or an address."""

    channel: str | None = Field(default=None, description="A channel's name.")
    email: Annotated[list[Address], BeforeValidator(as_list), Field(min_length=1)] | None = Field(
        default=None, description="An email address, or several."
    )
    via: str | None = Field(default=None, description="The email channel; without it the default one.")


class Notification(Record):
    """A rule: on which events of which pipelines to send to whom."""

    name: Some | None = Field(default=None, description="Shown in messages and reports; else its number.")
    on: OneOrMore[EventWord] = Field(description="The events, and transitions beside success or failure.")
    pipelines: OneOrMore[Selector] = Field(
        default_factory=_all_pipelines, description="Selectors, any of which must match; without, all pipelines."
    )
    send_to: Annotated[list[Recipient], BeforeValidator(_recipients), Field(min_length=1)] = Field(
        description="Channels by name and email addresses."
    )
    message: Wording | None = Field(default=None, description="Own words for the messages of this rule; a text alone is their text.")
    runbook: Runbook | None = Field(default=None, description="An https link to what to do about a failure: a link in its messages.")
    critical: bool = Field(default=False, description="Send also what `mute` would silence.")
    mention: OneOrMore[Some] = Field(
        default=[],
        description="Whom to address: author, authors, triggered_by, here, channel, a name in people, or Slack's or Discord's own form.",
    )
    conversation: Conversation | None = Field(
        default=None, description="As the channels' own `conversation`, for the messages of this rule; for those that can."
    )


class Mute(Record):
    """What is not told for a while: by the time, the pipelines and the channels. All that is said must hold."""

    name: Some | None = Field(default=None, description="Shown in the reason; else its number.")
    days: OneOrMore[Day] | None = Field(
        default=None, description="The days of the week; of hours over midnight, those on which they begin."
    )
    hours: OneOrMore[Hours] | None = Field(default=None, description="Hours of a day, such as 22:00-06:00.")
    from_: Moment | None = Field(default=None, alias="from", description="The first day, or a time: 2026-12-24, 2026-12-24 18:00.")
    until: Moment | None = Field(default=None, description="The last day, or the time at which it ends.")
    zone: Some = Field(default="UTC", description="The time zone of all these, by its name in the IANA database: Europe/Berlin.")
    pipelines: OneOrMore[Selector] = Field(
        default_factory=_all_pipelines, description="Selectors, any of which must match; without, all pipelines."
    )
    channels: OneOrMore[Some] | None = Field(default=None, description="The channels that are silent; without, all of them.")


class Budget(Record):
    """Seconds for a whole hook, from the process's start."""

    trigger: Annotated[Seconds, Field(le=BUDGET_MAX_SECONDS)] = Field(default=10.0, description="At the start of a run.")
    completion: Annotated[Seconds, Field(le=BUDGET_MAX_SECONDS)] = Field(default=30.0, description="At the end of a run.")


class Delivery(Record):
    """How long and how often to try, and what a failure means."""

    timeout: Annotated[Seconds, Field(le=SECONDS_MAX)] = Field(default=8.0, description="Seconds for one attempt.")
    budget: Annotated[Budget, BeforeValidator(_budget)] = Field(
        default=Budget.model_construct(), description="Seconds for the whole hook: a number, or one for each hook."
    )
    attempts: int = Field(default=3, ge=1, le=ATTEMPTS_MAX, description="Attempts for one delivery.")
    strict: bool = Field(default=False, description="Exit with 1 where a delivery failed or a variable was missing.")

    look_ups: bool = Field(default=True, description="Ask the CI's API, and read logs, for the reason of a failure.")

    def budget_for(self, hook: str) -> float:
        """The budget of a hook, in seconds."""
        return self.budget.trigger if hook == "trigger" else self.budget.completion


class Policy(Record):
    """A repository's notifications. Keys that begin with x- are ignored at the top level."""

    version: Annotated[int, AfterValidator(_version), SchemaOnly((("const", 1),))] = Field(default=1, description="1 is the only one.")
    context: Context = Field(default=Context(), description="What this repository's CI does not say by itself.")
    environments: dict[str, Environment] = Field(default={}, description="Environments by name.")
    people: dict[str, KnownPerson] = Field(default={}, description="People and groups that a rule may mention, by a name of your choice.")
    channels: dict[str, ChannelOptions] = Field(default={}, description="Where messages go, by a name of your choice.")
    notifications: Annotated[list[Notification], BeforeValidator(as_list)] = Field(default=[], description="The rules.")
    message: Wording | None = Field(default=None, description="Own words for all messages; a text alone is their text.")
    delivery: Delivery = Field(default=Delivery.model_construct(), description="How long and how often to try.")
    mute: Annotated[list[Mute], BeforeValidator(as_list)] = Field(default=[], description="When, and of what, nothing is told.")


SHARING = ("extends", "without", "locked")  # what a file says of its bases is no part of the whole policy: `sharing` has their model
POLICY_KEYS = {**dict.fromkeys(SHARING), **Policy.model_fields}  # of a file
