"""Contents: what the policy's texts hold. Templates compile, payload files are read, channels check their own options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tocsin import channels
from tocsin.errors import Problem
from tocsin.event import KINDS, TIERS
from tocsin.policy.meaning import context_rules
from tocsin.policy.nodes import BadFileError, decode
from tocsin.policy.words import Suggestions, holder, quoted, sentence
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions, Finding
    from tocsin.policy.places import Path, Problems
    from tocsin.policy.structure import Opened
    from tocsin.policy.text import Files

_WORDS = {"kind": KINDS, "tier": TIERS}


def is_template(text: str) -> bool:
    """Whether a text has anything to render."""
    return "{{" in text or "{%" in text or "{#" in text


def check_context(context: Any, problems: Problems, suggest: Suggestions) -> None:
    """Compile the templates of a context, and hold its constants against the words that its fields know."""
    for path, text in _settings(context):
        key = str(path[-1])
        if is_template(text):
            from tocsin.templates import find_problems

            for problem in find_problems(text):
                problems.inside(path, problem.line, problem.column, f"{holder(path, {})}: {problem}")
        elif key in _WORDS and text not in _WORDS[key]:
            where = holder(path[:3] if len(path) > 3 else path[:1], {})
            problems.at_value(path, f"unknown {key} {quoted(text)} in {where}{suggest(text, _WORDS[key], listed='known')}")


def _settings(context: Any) -> Iterator[tuple[Path, str]]:
    if not isinstance(context, dict):
        return
    sets: list[tuple[Path, Any]] = [(("context",), context)]
    for index, rule in enumerate(context_rules(context)):
        if isinstance(rule, dict):
            sets.append((("context", "rules", index, "set"), rule.get("set")))
    for path, settings in sets:
        for key, text in settings.items() if isinstance(settings, dict) else ():
            if isinstance(text, str) and key != "rules":
                yield (*path, key), text


def check_channels(opened: Mapping[str, Opened], problems: Problems, files: Files | None) -> dict[str, ChannelOptions]:
    """The channels with the payloads of their files put in; notes what the channels find in their own options."""
    return {name: _check_channel(name, channel, problems, files) for name, channel in opened.items()}


def _check_channel(name: str, channel: Opened, problems: Problems, files: Files | None) -> ChannelOptions:
    options = channel.options
    file = getattr(options, "payload_file", None)
    if file is not None and files is not None:
        try:
            options = options.model_copy(update={"payload": decode(files(file), quoted(file))})
        except BadFileError as error:
            problems.at_value(("channels", name, "payload_file"), f"'payload_file' in channel {quoted(name)}: {error}")
    check = getattr(channels.load(options.kind), "check", None)
    for finding in check(options) if check else ():
        if not channel.wrong.intersection(map(str, finding.path[:1])):
            _note(finding, name, file, problems)
    return options


def _note(finding: Finding, name: str, file: str | None, problems: Problems) -> None:
    path: Path = ("channels", name, *finding.path)
    message = sentence(holder(path, {}), finding.message)
    if file is not None and finding.path[:1] == ("payload",):
        message = sentence(f"the payload of channel {quoted(name)}", finding.message)
        problem = Problem(clean(file), finding.line or 1, finding.column or 1, message, finding.severity)
        problems.elsewhere(("channels", name, "payload_file"), problem)
    elif finding.line:
        problems.inside(path, finding.line, finding.column, message, finding.severity)
    else:
        problems.at_value(path, message, finding.severity)
