"""All texts that a policy needs from elsewhere: its bases, theirs, and the files that their channels name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tocsin.channels import KINDS
from tocsin.errors import PolicyError
from tocsin.policy.base_names import HOME, BaseName, BaseNameError, without_pin
from tocsin.policy.nodes import BadFileError, decode, root_node
from tocsin.policy.plain import Plain
from tocsin.record import as_list

if TYPE_CHECKING:
    from tocsin.policy.policy_text import PolicyText

TEXTS_MAX = 50  # ours: bases and the files of their channels

Fetch = Callable[[BaseName], bytes]


def collect(source: PolicyText, fetch: Fetch) -> dict[BaseName, bytes]:
    """The texts by their names, those of the repository left out. What is wrong with the policy itself `load` says.

    Raises PolicyError where a text cannot be fetched, is no policy, or where there are too many.
    """
    found: dict[BaseName, bytes] = {}
    seen: set[BaseName] = set()
    left = [(BaseName(HOME, "", source.path, ""), source.data)]
    while left:
        here, data = left.pop()
        for name, is_base in _named(here, _policy(here, data)):
            if name in seen:
                continue
            seen.add(name)
            if name.kind != HOME:
                if len(found) >= TEXTS_MAX:
                    raise PolicyError(f"the policy's bases come to more than {TEXTS_MAX} files")
                found[name] = text = fetch(name)
            else:
                text = _at_home(source, name)
            if is_base and text:
                left.append((name, text))
    return found


def _at_home(source: PolicyText, name: BaseName) -> bytes:
    try:
        return source.files(name.path) if source.files else b""
    except BadFileError:
        return b""  # as `load` will say


def data_of(data: bytes) -> dict[str, Any]:
    """A policy's data as they stand, with what is wrong in them. Raises BadFileError."""
    root = root_node(decode(data))
    return Plain(lambda *_: None).policy(root) if root else {}


def _policy(here: BaseName, data: bytes) -> dict[str, Any]:
    """The data of one file; of one in the repository nothing where it is none. Raises PolicyError."""
    try:
        return data_of(data)
    except BadFileError as error:
        if here.kind == HOME:
            return {}
        raise PolicyError(f"the base {without_pin(str(here))} is no policy: line {error.wrong.line}: {error}") from None


def _named(here: BaseName, data: dict[str, Any]) -> Iterator[tuple[BaseName, bool]]:
    """The files that a file names, and whether each is a base."""
    for text in as_list(data.get("extends", [])):
        if isinstance(text, str):
            yield from _known(here.beside, text, is_base=True)
    channels = data.get("channels")
    for channel in channels.values() if isinstance(channels, dict) and here.kind != HOME else ():
        kind = KINDS.get(str(channel.get("kind"))) if isinstance(channel, dict) else None
        for key in kind.files if kind else ():
            if isinstance(channel.get(key), str):
                yield from _known(here.file, channel[key], is_base=False)


def _known(resolve: Callable[[str], BaseName], text: str, *, is_base: bool) -> Iterator[tuple[BaseName, bool]]:
    try:
        yield resolve(text), is_base
    except BaseNameError:
        return  # as `load` will say
