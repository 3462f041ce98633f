"""A comparison as lines of text, and as the data that `diff --json` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tocsin.comparison.changes import TOLD, Change
from tocsin.comparison.moments import words
from tocsin.comparison.patterns import NOTHING
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.comparison.boxes import Point
    from tocsin.comparison.compare import Comparison
    from tocsin.comparison.settings import ChannelChange, PersonChange, Setting
    from tocsin.comparison.values import Patterns
    from tocsin.explanation.places import RulePlace

NOTHING_CHANGES = "no change in who is told"
ROLE_WORDS = {"author": "the author", "authors": "one of the authors", "triggered_by": "whoever triggered the run"}
RULES_MAX = 5  # ours: names in one line
_VALUES_MAX = 20  # ours: values of a key in one line


def lines(comparison: Comparison) -> Iterator[str]:
    """Every change, a line each; that nothing changes, where nothing does."""
    if not comparison.changes:
        yield NOTHING_CHANGES
    yield from (change_line(comparison, change) for change in (*comparison.changes, *comparison.mentions))
    yield from setting_lines(comparison)


def change_line(comparison: Comparison, change: Change) -> str:
    """A change in words: `team: newly told of failure on app checkout (rule "broken builds", line 12)`."""
    sampled = ", by a sample" if change.sampled else ""
    return f"{clean(change.recipient)}: {what_changes(change)}{sampled} ({rules(comparison.rules_of(change), change.change)})"


def what_changes(change: Change) -> str:
    """What becomes of the recipient, and of which events: "newly told of failure on app checkout"."""
    return f"{change_word(change)} {'for' if change.mention else 'of'} {words(change.on)} on {pipelines(change.pipelines)}{as_role(change)}"


def change_word(change: Change) -> str:
    """What becomes of the recipient: "newly told", "no longer mentions ada"."""
    if change.mention:
        return f"{'newly' if change.change == TOLD else 'no longer'} mentions {clean(change.mention)}"
    return "newly told" if change.change == TOLD else change.change


def as_role(change: Change) -> str:
    """Whose the runs are, where that decides: ", as the author"."""
    return f", as {ROLE_WORDS[change.role]}" if change.role else ""


def pipelines(selector: Sequence[tuple[str, Patterns]]) -> str:
    """A selector in words: "app checkout, branch main or release/*"."""
    return ", ".join(_said(key, patterns) for key, patterns in selector) or "all pipelines"


def _said(key: str, patterns: Patterns) -> str:
    name = key.replace("_", " ")
    if patterns == NOTHING:
        return f"no {name}"
    plain = [pattern for pattern in patterns if not pattern.startswith("!")]
    excluded = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    parts = [_listed(plain)] if plain else []
    if excluded:
        parts.append(f"{'but ' if plain else ''}not {_listed(excluded)}")
    return f"{name} {' '.join(parts)}"


def _listed(texts: Sequence[str]) -> str:
    shown = [clean(text) for text in texts[:_VALUES_MAX]]
    if len(texts) > _VALUES_MAX:
        shown.append(f"{len(texts) - _VALUES_MAX} more")
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def rules(places: Sequence[RulePlace], change: str) -> str:
    """The rules of a change with their lines: `rule "broken builds", line 12`; those of the old policy with its name."""
    shown = [f"{_rule(place)}, line {place.line}" for place in places[:RULES_MAX]]
    if len(places) > RULES_MAX:
        shown.append(f"{len(places) - RULES_MAX} more")
    where = f" of {clean(places[0].file)}" if places and change != TOLD else ""
    return f"{'; '.join(shown)}{where}"


def _rule(place: RulePlace) -> str:
    return f'rule "{clean(place.rule.name)}"' if place.rule.name else f"rule {place.name}"


def setting_lines(comparison: Comparison) -> Iterator[str]:
    """What else differs: channels, people, ways of mail, delivery."""
    named = [(f"channel {clean(change.channel)}", change.change, change.settings) for change in comparison.channels]
    named += [(f"person {clean(change.person)}", change.change, change.settings) for change in comparison.people]
    for name, word, settings in named:
        yield f"{name}: {': '.join(filter(None, (word, '; '.join(map(_setting, settings)))))}"
    for way in comparison.ways:
        yield f"{clean(way.recipient)}: mail goes through {_listed(way.head)}, before through {_listed(way.base)}"
    yield from (f"delivery: {_setting(setting)}" for setting in comparison.delivery)
    if comparison.mute:
        yield "mute differs, and with it what is told at which time"


def _setting(setting: Setting) -> str:
    if setting.base is None and setting.head is None:
        return f"{setting.key} differs"
    if setting.base == setting.head:
        return f"{setting.key} differs, with {clean(setting.head)} as before"
    if setting.base is None or setting.head is None:
        return f"{setting.key} {clean(setting.head)}" if setting.head else f"{setting.key} no longer {clean(setting.base)}"
    return f"{setting.key} {clean(setting.head)}, before {clean(setting.base)}"


def as_data(comparison: Comparison) -> dict[str, Any]:
    """The same as `diff --json` prints it."""
    return {
        "changes": [_change_data(comparison, change) for change in comparison.changes],
        "mentions": [_mention_data(comparison, change) for change in comparison.mentions],
        "sampled": bool(comparison.sampled),
        "sampled_why": list(comparison.sampled),
        "base": _side_data(comparison.base),
        "head": _side_data(comparison.head),
        "channels": [_settings_data(change) for change in comparison.channels],
        "people": [_settings_data(change) for change in comparison.people],
        "ways": [{"recipient": way.recipient, "base": list(way.base), "head": list(way.head)} for way in comparison.ways],
        "delivery": [setting._asdict() for setting in comparison.delivery],
        "mute": comparison.mute,
    }


def _side_data(side: Any) -> dict[str, Any]:
    return {"name": side.name, "policy": side.document.file if side.document else None}


def _settings_data(change: ChannelChange | PersonChange) -> dict[str, Any]:
    return {**change._asdict(), "settings": [setting._asdict() for setting in change.settings]}


def _mention_data(comparison: Comparison, change: Change) -> dict[str, Any]:
    word = "mentioned" if change.change == TOLD else "no longer mentioned"
    return {**_change_data(comparison, change), "change": word, "mention": change.mention}


def _change_data(comparison: Comparison, change: Change) -> dict[str, Any]:
    said, places = words(change.on), comparison.rules_of(change)
    return {
        "recipient": change.recipient,
        "channel": change.channel,
        "change": change.change,
        "on": list(said.on),
        "but_not": list(said.but_not),
        "pipelines": {key: patterns[0] if len(patterns) == 1 else list(patterns) for key, patterns in change.pipelines},
        "rules": [place.name for place in places],
        "places": [{"name": place.name, "file": place.file, "line": place.line} for place in places],
        "sampled": change.sampled,
        "example": _example_data(change.example) if change.example else None,
        **({"role": change.role} if change.role else {}),
    }


def _example_data(point: Point) -> dict[str, Any]:
    """An event: its words, and what it is called by selector key, a list where it has several names."""
    from tocsin.comparison.moments import MOMENTS

    event, transition = MOMENTS[point.moment]
    called = {key: (None if not names else names[0] if len(names) == 1 else list(names)) for key, names in point.names.items()}
    return {"event": event, "transition": transition, **called}
