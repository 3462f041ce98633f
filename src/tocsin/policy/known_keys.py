"""The keys that may stand at a place of a policy, for whoever wrote another one. Loaded only then."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from tocsin.policy import model
from tocsin.policy.person import KnownPerson
from tocsin.policy.sharing import Without
from tocsin.wording import OwnWords

if TYPE_CHECKING:
    from tocsin.record import Record
    from tocsin.wrong import DataPath


def known_keys(path: DataPath, shape: type[Record]) -> list[str]:
    """The keys that may stand at a path; `shape` is a channel's record where the path is a channel's."""
    if path[:1] == ("channels",) and len(path) == 2:
        return list(shape.model_keys())
    if path[:1] == ("channels",):
        return list(OwnWords.model_fields) if path[2:] == ("message",) else []
    names = tuple(part for part in path if isinstance(part, str))
    return list(_keys().get(names[:1] if names[:1] in (("environments",), ("people",)) else names, ()))


@cache
def _keys() -> dict[tuple[str, ...], Iterable[str]]:
    """The keys of each mapping, by the names that lead to it."""
    return {
        (): model.POLICY_KEYS,
        ("without",): Without.model_fields,
        ("context",): model.Context.__annotations__,
        ("context", "rules"): model.ContextRule.__annotations__,
        ("context", "rules", "when"): model.SELECTOR_KEYS,
        ("context", "rules", "set"): model.Settings.__annotations__,
        ("environments",): model.Environment.model_fields,
        ("people",): KnownPerson.model_fields,
        ("notifications",): model.Notification.model_fields,
        ("notifications", "pipelines"): model.SELECTOR_KEYS,
        ("notifications", "send_to"): model.Recipient.model_fields,
        ("mute",): model.Mute.model_keys(),
        ("mute", "pipelines"): model.SELECTOR_KEYS,
        **dict.fromkeys((("message",), ("notifications", "message")), OwnWords.model_fields),
        ("delivery",): model.Delivery.model_fields,
        ("delivery", "budget"): model.Budget.model_fields,
    }
