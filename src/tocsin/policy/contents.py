"""Contents: what the policy's texts hold. Templates compile, payload files are read, channels check their own options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tocsin import channels
from tocsin.channels.literals import written_out
from tocsin.channels.options import HOLDS_CREDENTIAL, WRITTEN_OUT
from tocsin.channels.payload_options import PayloadOptions
from tocsin.checks import Check
from tocsin.policy.meaning import context_rules
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError, decode
from tocsin.policy.selectors import WORDS, unknown_word
from tocsin.policy.words import holder, quoted, sentence
from tocsin.terms import SETTINGS
from tocsin.text import clean
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.layer import FilesAt
    from tocsin.policy.policy_text import Files
    from tocsin.policy.problem_places import Problems


def is_template(text: str) -> bool:
    """Whether a text has anything to render."""
    return "{{" in text or "{%" in text or "{#" in text


def check_literals(data: Any, problems: Problems) -> None:
    """Find the credentials that are written out, wherever in the policy they stand."""
    if not written_out("\n".join(text for _, text, _ in _texts(data, ()))):
        return
    for path, text, is_key in _texts(data, ()):
        if written_out(text) and not problems.is_marked(path, Check.CREDENTIAL_WRITTEN_OUT):
            problems.hide(text)
            message = sentence(problems.holder(path), HOLDS_CREDENTIAL)
            problems.add(Wrong(Check.CREDENTIAL_WRITTEN_OUT, message, path, at_key=is_key))


_SECRET_KEYS = frozenset(
    ("password", "passwd", "pass", "pwd", "token", "auth_token", "secret", "secret_access_key", "session_token", "api_key", "apikey")
)
_OWN_WORDS = ("payload", "headers", "context", "message")  # below these a key is the author's own, and is checked for itself


def check_secret_keys(data: Any, problems: Problems, path: DataPath = ()) -> None:
    """Find the secrets that are written out under a secret's name, wherever such a key stands."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        below = (*path, key)
        if key in _OWN_WORDS:
            continue
        if isinstance(value, str) and str(key).casefold().replace("-", "_") in _SECRET_KEYS:
            told = any(problems.is_marked(below, check) for check in (Check.CREDENTIAL_WRITTEN_OUT, Check.INVALID_REFERENCE))
            if value and "${" not in value and not told:
                problems.add(Wrong(Check.CREDENTIAL_WRITTEN_OUT, sentence(problems.holder(below), WRITTEN_OUT), below))
        else:
            check_secret_keys(value, problems, below)


def _texts(data: Any, path: DataPath) -> Iterator[tuple[DataPath, str, bool]]:
    """All keys and texts, each with its path, and whether it is a key."""
    if isinstance(data, str):
        yield path, data, False
    elif isinstance(data, dict):
        for key, value in data.items():
            if isinstance(key, str):
                yield (*path, key), key, True
            yield from _texts(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _texts(value, (*path, index))


def check_context(context: Any, problems: Problems) -> None:
    """Compile the templates of a context, and hold its constants against the words that its fields know."""
    for path, text in settings(context):
        key = str(path[-1])
        if is_template(text):
            from tocsin.templates import find_problems

            for wrong in find_problems(text):
                problems.add(wrong._replace(message=f"{holder(path)}: {wrong.message}").under(path))
        elif key in SETTINGS and key in WORDS and text not in WORDS[key]:
            where = f" in {holder(path[:3] if len(path) > 3 else path[:1])}"
            problems.add(unknown_word(key, text, where, problems.suggest).under(path))


def settings(context: Any) -> Iterator[tuple[DataPath, str]]:
    """The texts that a context sets, each with its path."""
    if not isinstance(context, dict):
        return
    sets: list[tuple[DataPath, Any]] = [(("context",), context)]
    for index, rule in enumerate(context_rules(context)):
        if isinstance(rule, dict):
            sets.append((("context", "rules", index, "set"), rule.get("set")))
    for path, given in sets:
        for key, text in given.items() if isinstance(given, dict) else ():
            if isinstance(text, str) and key != "rules":
                yield (*path, key), text


def check_channels(given: Mapping[str, ChannelOptions], problems: Problems, files: FilesAt) -> dict[str, ChannelOptions]:
    """The channels with the texts of their files put in; notes what the channels find in their own options."""
    limited = _limited(files)
    return {name: _check_channel(name, options, problems, limited(("channels", name))) for name, options in given.items()}


def _limited(files_at: FilesAt) -> FilesAt:
    """The files, which have as many bytes together as one may have by itself."""
    read = 0

    def limited_at(path: DataPath) -> Files | None:
        files = files_at(path)

        def limited(name: str) -> bytes:
            nonlocal read
            data = files(name) if files and read <= FILE_MAX_BYTES else b""
            read += len(data)
            if read > FILE_MAX_BYTES and len(data) <= FILE_MAX_BYTES:
                raise BadFileError(f"the policy's payload files have more than {FILE_MAX_BYTES:,} bytes together")
            return data

        return limited if files else None

    return limited_at


def _check_channel(name: str, options: ChannelOptions, problems: Problems, files: Files | None) -> ChannelOptions:
    for key, stands_for in channels.KINDS[options.kind].files.items():
        if getattr(options, key) is None:
            continue
        options = _with_file(name, options, key, stands_for, problems, files)
        if written_out(str(getattr(options, stands_for) or "")):
            message = sentence(f"the file of channel {quoted(name)}", HOLDS_CREDENTIAL)
            problems.add(Wrong(Check.CREDENTIAL_WRITTEN_OUT, message, ("channels", name, key)))
    module = channels.load(options.kind)
    _note(name, options, module.check(options) if hasattr(module, "check") else (), problems)
    if isinstance(options, PayloadOptions) and options.payload is not None:
        from tocsin.channels.own_payload import check_own, service_of

        service = service_of(module, options)
        _note(name, options, check_own(options, service) if service else (), problems)
    return options


def advise_payloads(given: Mapping[str, ChannelOptions], problems: Problems) -> None:
    """Warn of the payloads that their services would refuse on some runs: a run that sends has no use for it."""
    for name, options in given.items():
        module = channels.load(options.kind)
        if isinstance(options, PayloadOptions) and options.payload is not None:
            from tocsin.channels.own_payload import advise_own, service_of

            service = service_of(module, options)
            _note(name, options, advise_own(options, service) if service else (), problems)


def _note(name: str, options: ChannelOptions, found: Iterable[Wrong], problems: Problems) -> None:
    """Note what is wrong with a channel's options, in the file that one of them names where it is there."""
    named = {stands_for: key for key, stands_for in channels.KINDS[options.kind].files.items() if getattr(options, key) is not None}
    for wrong in found:
        if wrong.path and wrong.path[0] in named:
            key = named[str(wrong.path[0])]
            message = sentence(f"the {wrong.path[0]} of channel {quoted(name)}", wrong.message)
            problems.elsewhere(("channels", name, key), clean(getattr(options, key)), wrong._replace(message=message))
        else:
            placed = wrong.under(("channels", name))
            problems.add(placed._replace(message=sentence(holder(placed.path), wrong.message)))


def _with_file(name: str, options: ChannelOptions, key: str, stands_for: str, problems: Problems, files: Files | None) -> ChannelOptions:
    """The options with the text of the file that `key` names; as they are where it cannot be read."""
    file = getattr(options, key)
    try:
        if not files:
            return options
        text = decode(files(file), quoted(file))
        problems.hide(text)
        return options.model_copy(update={stands_for: text})
    except BadFileError as error:
        problems.add(Wrong(Check.PAYLOAD_FILE, f"{quoted(key)} in channel {quoted(name)}: {error}", ("channels", name, key)))
        return options
