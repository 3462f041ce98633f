"""A policy in the shape that was meant: a key in another spelling, a list for a mapping, rules by name. Each is an error.

What is wrong so hides nothing below it: the checks that follow see the policy as its author meant it, and find its place by `alias`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.policy import model
from tocsin.policy.person import KnownPerson
from tocsin.policy.words import SYNONYMS, complaint, of_the_run, quoted, sentence
from tocsin.record import as_list
from tocsin.suggest import closest
from tocsin.wording import OwnWords
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.problem_places import Problems

_RULE = model.Notification.model_fields
_RECIPIENT = model.Recipient.model_fields
LOOKED_AT_MAX = 20  # ours: keys of what may be a rule
_LOUD = frozenset(("on", "send_to"))  # a rule has these, and no mapping of rules


class Mender:
    """Gives the data of a policy its shape, and notes what was wrong with it."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def policy(self, data: dict[str, Any]) -> dict[str, Any]:
        """The data as it was meant; what is sound in it is taken over as it is."""
        data = self._worded(self.keys(data, (), model.POLICY_KEYS), ())
        for name, mended in (
            ("context", self._context),
            ("environments", self._environments),
            ("people", self._people),
            ("channels", self._channels),
            ("notifications", self._rules),
            ("delivery", self._delivery),
            ("mute", self._mutes),
        ):
            if name in data:
                data = {**data, name: mended(data[name])}
        return data

    def keys(self, data: Any, path: DataPath, known: Mapping[str, Any]) -> Any:
        """A mapping with the keys that are known, those that were meant among them; the others are told and left out."""
        if not isinstance(data, dict) or data.keys() <= known.keys():
            return data
        mended: dict[str, Any] = {key: value for key, value in data.items() if key in known}
        for key in [key for key in data if key not in known]:
            hint = self.problems.suggest(str(key), known, listed="known keys", otherwise=of_the_run(path, str(key)))
            message = f"unknown key {quoted(key)}{self.problems.where(path)}{hint}"
            self.problems.add(Wrong(Check.UNKNOWN_KEY, message, (*path, key), at_key=True))
            meant = closest(str(key), known, SYNONYMS) if "do you mean" in hint else None
            if meant and meant not in data and meant not in mended:
                mended[meant] = data[key]
                self.problems.alias(path, meant, (key,))
        return mended

    def mapping(self, data: Any, path: DataPath) -> Any:
        """A mapping, for which a list of mappings may stand."""
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            return data
        self._no_list(data, path)
        mended: dict[str, Any] = {}
        for index, item in enumerate(data):
            for key, value in item.items():
                if key not in mended:
                    mended[key] = value
                    self.problems.alias(path, key, (index, key))
        return mended

    def _keyed(self, data: Any, path: DataPath, known: Mapping[str, Any]) -> Any:
        """What must be one mapping, with the keys that are known."""
        return self.keys(self.mapping(data, path), path, known)

    def _named_mappings(self, data: Any, path: DataPath, known: Mapping[str, Any]) -> Any:
        """A mapping of names to mappings, each with the keys that are known."""
        data = self.mapping(data, path)
        if not isinstance(data, dict):
            return data
        return {name: self._keyed(item, (*path, name), known) for name, item in data.items()}

    def _no_list(self, data: Any, path: DataPath) -> None:
        words = complaint("dict_type", {}, data, path)
        self.problems.add(Wrong(Check.WRONG_TYPE, sentence(self.problems.holder(path), words), path))

    def _context(self, data: Any) -> Any:
        path: DataPath = ("context",)
        data = self._keyed(data, path, model.Context.__annotations__)
        if not isinstance(data, dict) or "rules" not in data:
            return data
        rules = [self._context_rule(rule, (*path, "rules", index)) for index, rule in enumerate(as_list(data["rules"]))]
        return {**data, "rules": rules}

    def _context_rule(self, rule: Any, path: DataPath) -> Any:
        rule = self._keyed(rule, path, model.ContextRule.__annotations__)
        if not isinstance(rule, dict):
            return rule
        known = model.Settings.__annotations__
        mended = {"set": self._keyed(rule["set"], (*path, "set"), known)} if "set" in rule else {}
        return {**rule, **mended, **self._selectors(rule, "when", path)}

    def _selectors(self, rule: Mapping[str, Any], key: str, path: DataPath) -> dict[str, Any]:
        if key not in rule:
            return {}
        return {key: self._each(rule[key], (*path, key), model.SELECTOR_KEYS)}

    def _each(self, given: Any, path: DataPath, known: Mapping[str, Any]) -> Any:
        """A mapping or a list of them, with the keys that are known."""
        if not isinstance(given, list):
            return self.keys(given, path, known)
        return [self.keys(item, (*path, index), known) for index, item in enumerate(given)]

    def _environments(self, data: Any) -> Any:
        path: DataPath = ("environments",)
        if isinstance(data, list) and all(isinstance(item, str) for item in data):
            self._no_list(data, path)
            for index, name in enumerate(data):
                self.problems.alias(path, name, (index,))
            return {name: {} for name in data}
        return self._named_mappings(data, path, model.Environment.model_fields)

    def _people(self, data: Any) -> Any:
        return self._named_mappings(data, ("people",), KnownPerson.model_fields)

    def _channels(self, data: Any) -> Any:
        path: DataPath = ("channels",)
        if isinstance(data, list) and all(isinstance(item, dict) for item in data):
            message = "'channels' must be a mapping of names to channels (write the name as a key: {team: {kind: slack}})"
            self.problems.add(Wrong(Check.WRONG_TYPE, message, path))
            data = self._named(data, path)
        if not isinstance(data, dict):
            return data
        kinds = {name: self._kind(self.mapping(item, (*path, name)), (*path, name)) for name, item in data.items()}
        return {name: self._worded(channel, (*path, name)) for name, channel in kinds.items()}

    def _kind(self, channel: Any, path: DataPath) -> Any:
        """A channel with its kind, which says what other keys it may have."""
        if not isinstance(channel, dict) or "kind" in channel:
            return channel
        written = next((key for key in channel if closest(str(key), ("kind",), SYNONYMS, cutoff=0.8)), None)
        if written is None:
            return channel
        message = f"unknown key {quoted(written)}{self.problems.where(path)} (do you mean 'kind'?)"
        self.problems.add(Wrong(Check.UNKNOWN_KEY, message, (*path, written), at_key=True))
        self.problems.alias(path, "kind", (written,))
        return {"kind" if key == written else key: value for key, value in channel.items()}

    def _worded(self, holder: Any, path: DataPath) -> Any:
        """What may have own words, with the keys of those as they were meant."""
        if not isinstance(holder, dict) or not isinstance(holder.get("message"), (dict, list)):
            return holder
        below = (*path, "message")
        return {**holder, "message": self._keyed(holder["message"], below, OwnWords.model_fields)}

    def _named(self, data: list[dict[str, Any]], path: DataPath) -> dict[str, Any]:
        """The channels of a list, by the key `name`, or by the only key of each."""
        found: dict[str, Any] = {}
        for index, item in enumerate(data):
            only = next(iter(item.items())) if len(item) == 1 else None
            if only and isinstance(only[1], (dict, list)):
                name, channel = only
            else:
                name = str(item.get("name") or index + 1)
                channel = {key: value for key, value in item.items() if key != "name"}
            if name not in found:
                found[name] = channel
                self.problems.alias(path, name, (index, name) if channel is item.get(name) else (index,))
        return found

    def _rules(self, data: Any) -> Any:
        path: DataPath = ("notifications",)
        if isinstance(data, dict) and data and not self._is_rule(data) and all(isinstance(rule, dict) for rule in data.values()):
            name = next(iter(data))
            message = f"'notifications' must be a list of rules, not a mapping (begin each with its name: - name: {quoted(name)})"
            self.problems.add(Wrong(Check.WRONG_TYPE, message, path, at_key=True))
            for index, key in enumerate(data):
                self.problems.alias(path, index, (key,))
            data = [rule if "name" in rule else {"name": key, **rule} for key, rule in data.items()]
        return [self._rule(rule, (*path, index)) for index, rule in enumerate(as_list(data))]

    def _is_rule(self, data: dict[str, Any]) -> bool:
        return any(closest(str(key), _LOUD, SYNONYMS, cutoff=0.8) for key in list(data)[:LOOKED_AT_MAX])

    def _rule(self, rule: Any, path: DataPath) -> Any:
        rule = self._worded(self._keyed(rule, path, _RULE), path)
        if not isinstance(rule, dict):
            return rule
        mended = self._selectors(rule, "pipelines", path)
        if "send_to" in rule:
            mended["send_to"] = self._each(rule["send_to"], (*path, "send_to"), _RECIPIENT)
        return {**rule, **mended}

    def _mutes(self, data: Any) -> Any:
        return [self._mute(mute, ("mute", index)) for index, mute in enumerate(as_list(data))]

    def _mute(self, mute: Any, path: DataPath) -> Any:
        mute = self._without_selector(self.mapping(mute, path), path)
        mute = self.keys(mute, path, model.Mute.model_keys())
        return {**mute, **self._selectors(mute, "pipelines", path)} if isinstance(mute, dict) else mute

    def _without_selector(self, mute: Any, path: DataPath) -> Any:
        """A mute whose selector's keys are where they belong."""
        if not isinstance(mute, dict) or mute.keys().isdisjoint(model.SELECTOR_KEYS):
            return mute
        selector = {key: value for key, value in mute.items() if key in model.SELECTOR_KEYS}
        for key in selector:
            message = f"{quoted(key)} in {self.problems.holder(path)} is a selector's key (write pipelines: {{{key}: …}})"
            self.problems.add(Wrong(Check.UNKNOWN_KEY, message, (*path, key), at_key=True))
        return {"pipelines": selector, **{key: value for key, value in mute.items() if key not in selector}}

    def _delivery(self, data: Any) -> Any:
        path: DataPath = ("delivery",)
        data = self._keyed(data, path, model.Delivery.model_fields)
        if not isinstance(data, dict) or "budget" not in data:
            return data
        below = (*path, "budget")
        return {**data, "budget": self._keyed(data["budget"], below, model.Budget.model_fields)}
