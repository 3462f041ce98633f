"""Every way in which somebody could read a text: as it stands, with its escapes undone, as base64, as hex, and these within each other.

A server's answer may repeat a secret in any of these forms. Instead of all the forms of a secret, which are without number, the few
readings of a text are looked at. What is found in one is mapped back to the text.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeAlias

from tocsin.named_tuple import NamedTuple

DEPTH_MAX = 3  # ours: one encoding more than the two that are found in practice, JSON within JSON and base64 within a URL
TEXT_MIN_BYTES = 8  # ours: of decoded bytes, what may be text of which a secret's part is read further

Span: TypeAlias = tuple[int, int]
"""From one byte to just before another."""


class Reading(NamedTuple):
    """Bytes, and how a span of them is found in the bytes they were read from."""

    data: bytes
    back: Callable[[Span], Span]


_SPACE = bytes(range(0x21)) + b"\x7f"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_AS_BASE64 = bytes(byte if byte in _BASE64 else {0x2D: 0x2B, 0x5F: 0x2F}.get(byte, 0x41) for byte in range(256))  # - and _ are + and /
_AS_HEX = bytes(byte if byte in b"0123456789ABCDEFabcdef" else 0x30 for byte in range(256))
_TEXT = rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){%d,}" % TEXT_MIN_BYTES
_ESCAPE = (
    rb"%(?P<percent>[0-9A-Fa-f]{2})"
    rb"|\\u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})"
    rb"|\\(?:u(?P<u4>[0-9A-Fa-f]{4})|U(?P<u8>[0-9A-Fa-f]{8})|u\{(?P<u>[0-9A-Fa-f]{1,6})\})"
    rb"|\\(?:x(?P<x>[0-9A-Fa-f]{2})|(?P<octal>[0-3][0-7]{2})|(?P<plain>[\x00-\xff]))"
    rb"|&\#(?:[xX](?P<html_hex>[0-9A-Fa-f]{1,6})|(?P<html>[0-9]{1,7}));?"
    rb"|&(?P<entity>[A-Za-z][A-Za-z0-9]{1,31});"
)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"0": b"\0"}
_ENTITIES = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


def readings(data: bytes, depth: int = DEPTH_MAX) -> Iterator[Reading]:
    """All readings of `data`, itself first. Their bytes together are bounded: a step down is three quarters of its source in size."""
    yield Reading(data, lambda span: span)
    if not depth:
        return
    unescaped = unescape(data)
    if unescaped:
        yield from _below(unescaped, depth - 1)
    packed = without(data, _SPACE)
    unwrapped = unescape(packed.data) if b"\n" in data else None  # a line may end within an escape
    if unwrapped:
        yield from _below(_through(packed, unwrapped), depth - 1)
    for decoded in (*_from_base64(packed.data), *_from_hex(packed.data)):
        found = _through(packed, decoded)
        yield found
        for text in re.finditer(_TEXT, found.data):
            if depth > 1:
                yield from _below(_part(found, text.span()), depth - 1, itself=False)


def _below(reading: Reading, depth: int, *, itself: bool = True) -> Iterator[Reading]:
    inner = readings(reading.data, depth)
    first = next(inner)
    if itself:
        yield _through(reading, first)
    for one in inner:
        yield _through(reading, one)


def _through(outer: Reading, inner: Reading) -> Reading:
    return Reading(inner.data, lambda span: outer.back(inner.back(span)))


def _part(reading: Reading, span: Span) -> Reading:
    return Reading(reading.data[slice(*span)], lambda inner: reading.back((inner[0] + span[0], inner[1] + span[0])))


def without(data: bytes, dropped: bytes, table: bytes | None = None) -> Reading:
    """`data` without some bytes, the others by a table where one is given."""

    @cache
    def positions() -> list[int]:
        return [at for at, byte in enumerate(data) if byte not in dropped]

    return Reading(data.translate(table, dropped), lambda span: (positions()[span[0]], positions()[span[1] - 1] + 1))


def _from_base64(data: bytes) -> Iterator[Reading]:
    """Decoded from each of four beginnings, one of which is right for every piece of base64 that stands anywhere in `data`."""
    digits = data.translate(_AS_BASE64)
    for shift in range(4):
        size = len(digits) - shift

        def back(span: Span, shift: int = shift, size: int = size) -> Span:
            first, last = span[0], span[1] - 1
            return shift + first // 3 * 4 + first % 3, shift + min(size, last // 3 * 4 + last % 3 + 2)

        if size >= 2:
            yield Reading(a2b_base64(digits[shift:] + b"A" * (-size % 4)), back)


def _from_hex(data: bytes) -> Iterator[Reading]:
    digits = data.translate(_AS_HEX)
    for shift in range(2):
        end = len(digits) - (len(digits) - shift) % 2

        def back(span: Span, shift: int = shift) -> Span:
            return shift + span[0] * 2, shift + span[1] * 2

        yield Reading(bytes.fromhex(digits[shift:end].decode()), back)


def unescape(data: bytes) -> Reading | None:
    """`data` with the escapes of URLs, JSON, programs and HTML undone, once; None where it has none."""
    if b"%" not in data and b"\\" not in data and b"&" not in data:
        return None
    pieces: list[bytes] = []
    starts: list[int] = []  # of each piece in the result
    sources: list[tuple[int, int, bool]] = []  # where each piece comes from, and whether it is an escape
    size = at = 0

    def add(piece: bytes, begin: int, end: int, *, escape: bool) -> None:
        nonlocal size
        if piece:
            pieces.append(piece)
            starts.append(size)
            sources.append((begin, end, escape))
            size += len(piece)

    for found in re.finditer(_ESCAPE, data):
        char = _char(found)
        if char is not None:
            add(data[at : found.start()], at, found.start(), escape=False)
            add(char, found.start(), found.end(), escape=True)
            at = found.end()
    if not at:
        return None
    add(data[at:], at, len(data), escape=False)

    def back(span: Span) -> Span:
        first, last = bisect_right(starts, span[0]) - 1, bisect_right(starts, span[1] - 1) - 1
        begin, _, is_escape = sources[first]
        source, end, ends_in_escape = sources[last]
        return (
            begin if is_escape else begin + span[0] - starts[first],
            end if ends_in_escape else source + span[1] - starts[last],
        )

    return Reading(b"".join(pieces), back)


def _char(found: re.Match[bytes]) -> bytes | None:
    """What an escape stands for; None where it is none after all."""
    kind, value = found.lastgroup or "", found[found.lastgroup or 0]
    if kind == "low":
        return _utf8(0x10000 + ((int(found["high"], 16) - 0xD800) << 10) + int(value, 16) - 0xDC00)
    if kind in ("percent", "x"):
        return bytes((int(value, 16),))
    if kind == "octal":
        return bytes((int(value, 8),))
    if kind == "plain":
        return _PLAIN.get(value, value)
    if kind == "entity":
        return _ENTITIES.get(value) or _rare_entity(value.decode())
    return _utf8(int(value, 10 if kind == "html" else 16))


def _utf8(code: int) -> bytes | None:
    return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else None


def _rare_entity(name: str) -> bytes | None:
    from html.entities import html5

    char = html5.get(f"{name};")
    return char.encode() if char else None
