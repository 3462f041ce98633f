"""What the policy itself says of a run, by its `context` and `environments`.

Constants see the event as it is known without the policy. The `when` and the values of rules see the constants and
what follows from them, never what a rule has set. The nearer word wins: a rule's over the environment's, that over a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from tocsin.derive.building import build
from tocsin.derive.consequences import conclude
from tocsin.derive.precedence import lay
from tocsin.errors import ContextError
from tocsin.event import Event, Fact, Facts, Rank
from tocsin.policy.contents import is_template
from tocsin.policy.match import fulfils, selector_values
from tocsin.templates.budget import together
from tocsin.terms import TERMS, spread
from tocsin.text import URL_MAX_CHARS, clean

if TYPE_CHECKING:
    from tocsin.derive.consequences import Moment
    from tocsin.policy.load import PolicyDocument
    from tocsin.wrong import DataPath

Settings: TypeAlias = dict[str, Fact]  # by the policy's key: one `triggered_by` takes all of another's place, not its email alone

# The first of which a word stands anywhere in the name, as GitLab's Environment#guess_tier has it.
_TIER_WORDS = (
    ("development", ("dev", "review", "trunk")),
    ("testing", ("test", "tst", "int", "accept", "acpt", "qa", "qc", "control", "quality")),
    ("staging", ("stag", "stg", "model", "modl", "pre", "demo", "non")),
    ("production", ("prod", "prd", "live")),
)


def guess_tier(environment: str | None) -> str | None:
    """The tier that an environment's name speaks of, "other" where it speaks of none; None without an environment."""
    if not environment:
        return None
    name = environment.lower()
    return next((tier for tier, words in _TIER_WORDS if any(word in name for word in words)), "other")


@together()
def policy_facts(document: PolicyDocument | None, said: Facts, moment: Moment) -> Facts:
    """What the policy says of a run of which the facts are `said`; without a policy only the tier that the environment's name speaks of.

    The tier's guess stands among the facts, so that all of them lie below what the CI says. Raises ContextError
    where a template cannot be rendered for this event.
    """
    environment = said["environment"].value if "environment" in said else None
    if document is None:
        return _facts(_guess(environment))
    event = build(conclude(said, moment))
    context = document.policy.context
    constants = cast("dict[str, str]", {key: text for key, text in context.items() if key != "rules"})
    always = _said(document, ("context",), constants, event)
    seen = build(conclude(lay(said, _facts(_laid(document, environment, always, {}))), moment))
    known, ruled = selector_values(seen), Settings()
    for index, rule in enumerate(context.get("rules", ())):
        if any(fulfils(selector, known) for selector in rule["when"]):
            ruled |= _said(document, ("context", "rules", index, "set"), cast("dict[str, str]", rule["set"]), seen)
    return _facts(_laid(document, environment, always, ruled))


def _facts(settings: Settings) -> Facts:
    return {name: fact for word, said in settings.items() for name, fact in spread(word, said).items()}


def _laid(document: PolicyDocument, environment: str | None, always: Settings, ruled: Settings) -> Settings:
    """Constants, the environment's facts and the rules' over each other; the environment may be the policy's own word."""
    said = {**always, **ruled}
    environment = environment or (said["environment"].value if "environment" in said else None)
    return {**_guess(environment), **always, **_of_environment(document, environment), **ruled}


def _guess(environment: str | None) -> Settings:
    """The tier that an environment's name speaks of; without an environment a None, of which `spread` makes no fact."""
    return {"tier": Fact(guess_tier(environment), "the environment's name", Rank.GUESS)}


def _of_environment(document: PolicyDocument, environment: str | None) -> Settings:
    if not environment or environment not in document.policy.environments:
        return {}
    known = document.policy.environments[environment]
    said = {"tier": known.tier, "cluster": known.cluster}
    return {
        key: Fact(value, _source(document, ("environments", environment, key)), Rank.POLICY)
        for key, value in said.items()
        if value is not None
    }


def _source(document: PolicyDocument, path: DataPath) -> str:
    file, line = document.place_of(path)
    return f"policy {file}:{line}"


def _said(document: PolicyDocument, path: DataPath, texts: Mapping[str, str], event: Event) -> Settings:
    """What some settings come to for an event; an empty value is none."""
    said: Settings = {}
    for key, text in texts.items():
        source = _source(document, (*path, key))
        value = _value(key, text, event, source)
        if value:
            said[key] = Fact(value, source, Rank.POLICY)
    return said


def _value(key: str, text: str, event: Event, source: str) -> str:
    if not is_template(text):
        return text
    from tocsin.templates import TemplateProblem, compile_text, variables

    try:
        value = clean(compile_text(text).render(variables(event)), URL_MAX_CHARS)
    except TemplateProblem as error:
        raise ContextError(f"{source}: the template of '{key}' cannot be rendered for this run: {error}") from None
    known = TERMS[key].words
    if not known or value in ("", *known):
        return value
    if key == "tier":
        return "other"
    raise ContextError(f"{source}: the template of '{key}' gives {clean(value, 40)!r}: it must give {' or '.join(known)}")
