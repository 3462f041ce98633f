"""A policy with its bases: each read from the repository, or from the text of it that lies in `.tocsin/bases`. Nothing is fetched."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from tocsin.checks import Check
from tocsin.policy.base_lock import Entry, digest, read_lock
from tocsin.policy.base_names import HOME, HTTPS, LOCK, VENDORED, BaseName, BaseNameError, without_pin
from tocsin.policy.layer import Layer, Whole
from tocsin.policy.layers import Layers
from tocsin.policy.nodes import FILE_MAX_BYTES, NODES_MAX, BadFileError, Node, compose, decode
from tocsin.policy.problem_places import Problems
from tocsin.policy.sharing import Sharing
from tocsin.policy.structure import Structure
from tocsin.policy.words import quoted
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.policy_text import Files, PolicyText

LEVELS_MAX = 10  # ours: bases of bases
BASES_MAX = 20  # ours: of one policy, in all
_UNTRUSTED = "it cannot be read here: the files beside the policy could be the untrusted head's own"

ReadLayer: TypeAlias = Callable[[Node, Problems], Layer]


class Vendor:
    """Reads files of the repository and texts that were vendored; `used` are the latter's names."""

    def __init__(self, source: PolicyText) -> None:
        self._files = source.files
        self._entries: dict[str, Entry] | None = None
        self.used: set[str] = set()
        up = "/".join(".." for _ in range(source.path.count("/")))
        self._root = posixpath.normpath(posixpath.join(posixpath.dirname(source.name), up)) if source.path else ""

    def shown(self, path: str) -> str:
        """A path from the repository's root on, as messages name it beside the policy."""
        return posixpath.normpath(posixpath.join(self._root, path))

    def at_home(self, path: str) -> bytes:
        """A file of the repository. Raises BadFileError."""
        if self._files is None:
            raise BadFileError(_UNTRUSTED, Check.BASE_MISSING)
        return self._files(path)

    def entries(self) -> dict[str, Entry]:
        """The lock's entries, none where there is no lock. Raises BadFileError."""
        if self._entries is None:
            try:
                data = self.at_home(LOCK)
            except BadFileError:
                if self._files is None:
                    raise
                self._entries = {}
            else:
                self._entries = read_lock(data)
        return self._entries

    def remote(self, name: BaseName) -> tuple[str, bytes]:
        """The path and the text of a base from elsewhere. Raises BadFileError."""
        try:
            entry = self.entries().get(str(name))
        except BadFileError as error:
            if error.wrong.check is Check.BASE_MISSING:
                raise
            raise BadFileError(f"{LOCK} cannot be read, line {error.wrong.line}: {error}", Check.BASE_LOCK_FILE) from None
        if entry is None:
            raise BadFileError(
                f"its text is not in this repository: run 'tocsin update', and commit {LOCK} and {VENDORED}", Check.BASE_NOT_VENDORED
            )
        path = f"{VENDORED}/{entry.file}"
        self.used.add(str(name))
        try:
            data = self.at_home(path)
        except BadFileError:
            raise BadFileError(f"its text {path} is not there: run 'tocsin update', and commit it", Check.BASE_NOT_VENDORED) from None
        wanted = name.pin if name.kind == HTTPS else entry.sha256
        if digest(data) != wanted or entry.sha256 != wanted:
            ends = " (its line ends may have been changed: keep them with .gitattributes)" if b"\r\n" in data else ""
            message = f"its text {path} is not the one whose digest is in {LOCK}: run 'tocsin update', and look at what it changes{ends}"
            raise BadFileError(message, Check.BASE_DIGEST)
        return path, data


class _Reader:
    """Reads the bases of one policy, each once, into `found`: first to last, those that they extend before them."""

    def __init__(self, source: PolicyText, read: ReadLayer, own: Layer, nodes: int) -> None:
        self.vendor = Vendor(source)
        self.found: list[tuple[Layer, Sharing]] = []
        self.names: dict[int, BaseName] = {}  # by the order of the layer's file
        self.complete = True
        self._read, self._own = read, own
        self._seen: set[BaseName] = set()
        self._bytes, self._nodes = len(source.data), nodes

    def add(self, layer: Layer, here: BaseName, chain: tuple[BaseName, ...]) -> None:
        """Read what a layer extends, then take in the layer itself."""
        self.names[layer.problems.own.order] = here
        sharing = Structure(layer.data, layer.problems).sharing() or Sharing()
        for index, text in enumerate(sharing.extends):
            wrong = self._extend(here, chain, text)
            if wrong:
                self.complete = False
                layer.problems.add(wrong._replace(path=("extends", index)))
        self.found.append((layer, sharing))

    def _extend(self, here: BaseName, chain: tuple[BaseName, ...], text: str) -> Wrong | None:
        try:
            base = here.beside(text)
        except BaseNameError as error:
            return Wrong(Check.BASE_PATH, f"the base {quoted(text)} {error}")
        if base in chain:
            words = " extends ".join(without_pin(str(name)) for name in (*chain[chain.index(base) :], base))
            return Wrong(Check.BASE_LOOP, f"the bases extend each other in a circle: {words}")
        if len(chain) > LEVELS_MAX:
            words = ", ".join(without_pin(str(name)) for name in chain)
            return Wrong(Check.BASE_LOOP, f"bases extend bases over more than {LEVELS_MAX} levels: {words}")
        if base in self._seen:
            return None
        if len(self._seen) >= BASES_MAX:
            return Wrong(Check.BASE_LOOP, f"the policy has more than {BASES_MAX} bases in all")
        self._seen.add(base)
        try:
            path, data = self._data(base)
        except BadFileError as error:
            check = error.wrong.check if error.wrong.check in _OURS else Check.BASE_MISSING
            return Wrong(check, f"the base {quoted(without_pin(text))} cannot be used: {error}")
        below = self._layer(path, data)
        if below:
            self.add(below, base, (*chain, base))
        else:
            self.complete = False
        return None

    def _data(self, base: BaseName) -> tuple[str, bytes]:
        path, data = (base.path, self.vendor.at_home(base.path)) if base.kind == HOME else self.vendor.remote(base)
        self._bytes += len(data)
        if self._bytes > FILE_MAX_BYTES:
            raise BadFileError(f"the policy and its bases have more than {FILE_MAX_BYTES:,} bytes together", Check.TOO_LARGE)
        return path, data

    def _layer(self, path: str, data: bytes) -> Layer | None:
        """A base's own data; None where it cannot be read, which is a problem of its own file."""
        file, beside = self.vendor.shown(path), self._own.problems
        try:
            text = decode(data, "the base")
            root, nodes = compose(text, NODES_MAX - self._nodes)
            self._nodes += nodes
            if root is not None:
                return self._read(root, Problems(file, root, text, beside))
            wrong = Wrong(Check.EMPTY_POLICY, "the base is empty")
        except BadFileError as error:
            wrong = error.wrong
        beside.hide(data.decode("utf-8", "replace"))
        beside.elsewhere(("extends",), file, wrong)
        return None


_OURS = (Check.BASE_MISSING, Check.BASE_NOT_VENDORED, Check.BASE_DIGEST, Check.BASE_LOCK_FILE, Check.TOO_LARGE)


def with_bases(own: Layer, source: PolicyText, read: ReadLayer, nodes: int) -> Whole:
    """A policy laid over its bases. `read` makes a layer of a file; `nodes` are those of the policy itself."""
    reader = _Reader(source, read, own, nodes)
    home = BaseName(HOME, "", source.path, "")
    reader.add(own, home, (home,))
    layers = Layers(complete=reader.complete)
    for layer, sharing in reader.found:
        layers.lay(layer, sharing)
    data, own.problems.origins = layers.merged()

    def files_at(path: DataPath) -> Files | None:
        """What reads the files that a channel names: beside the base that has the channel."""
        here = reader.names[own.problems.origin(path).file.order]
        return source.files if here.kind == HOME else lambda name: reader.vendor.remote(_file(here, name))[1]

    return Whole([layer for layer, _ in reader.found], data, files_at, reader.vendor.used, reader.complete)


def _file(here: BaseName, name: str) -> BaseName:
    try:
        return here.file(name)
    except BaseNameError as error:
        raise BadFileError(f"{quoted(name)} of a base {error}", Check.BASE_PATH) from None


def check_lock(source: PolicyText, whole: Whole, problems: Problems) -> None:
    """Note what the lock has for this policy, and the policy does not use."""
    vendor = Vendor(source)
    try:
        entries = vendor.entries()
    except BadFileError:  # there is none, or what extends a base has said so
        return
    for name, entry in entries.items():
        if name not in whole.used and source.path in entry.policies:
            message = f"nothing extends {quoted(without_pin(name))} any more (run 'tocsin update', which takes it out)"
            wrong = Wrong(Check.UNUSED_BASE, message, severity="warning").placed((entry.line, 3))
            problems.elsewhere(("extends",), vendor.shown(LOCK), wrong)
