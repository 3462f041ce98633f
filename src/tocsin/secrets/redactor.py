"""Masks secrets in a text, whatever form they stand in there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate

from tocsin.secrets.parts import MASKED_MIN_CHARS, parts
from tocsin.secrets.readings import DEPTH_MAX, Reading, Span, readings, unescape, without

MASK = "***"
RUN_BYTES = 8  # ours: so many of a secret's bytes in a row are masked wherever they stand; fewer give nothing away, and words hold them
_GRAM_BYTES = 4
_STRIDE = RUN_BYTES - _GRAM_BYTES + 1  # in each run a gram begins at a multiple of this

# A secret is found however it is wrapped, and a form's space is a plus. Cases are not told apart.
_SPACE = bytes(range(0x21)) + b"\x7f"
_LOWER = bytes(range(256)).lower()


class Redactor:
    """Masks the secrets it was told of, in every reading of a text: any eight bytes of one in a row, and a shorter one whole."""

    def __init__(self) -> None:
        self._runs: set[bytes] = set()  # folded
        self._grams: set[bytes] = set()  # the beginnings by which runs are found
        self._wholes: set[bytes] = set()  # folded
        self._words: set[bytes] = set()  # as they are

    def learn(self, value: str) -> None:
        """Remember a secret's value. Of an address its keys, and the rest where it stands whole: hosts and words stay readable."""
        known = parts(value)
        for key in known.keys if known else (value,):
            self._learn(key, in_part=True)
        for whole in known.wholes if known else ():
            self._learn(whole, in_part=False)

    def learn_text(self, text: str) -> None:
        """Remember a secret that is one in every part, be it an address or not."""
        self._learn(text, in_part=True)

    def _learn(self, text: str, *, in_part: bool) -> None:
        if len(text) < MASKED_MIN_CHARS:
            return
        for form in _undone(text):
            if len(form) < MASKED_MIN_CHARS:
                continue
            for folded in (reading.data for reading in _folded(form)):
                if len(folded) < RUN_BYTES:
                    self._words.add(form)
                elif in_part:
                    self._runs.update(_pieces(folded, RUN_BYTES))
                    self._grams.update(_pieces(folded, _GRAM_BYTES))
                else:
                    self._wholes.add(folded)

    def __call__(self, text: str) -> str:
        """`text` with every known secret masked."""
        if not (self._runs or self._wholes or self._words):
            return text
        data = _encoded(text)
        spans = sorted(reading.back(span) for reading in readings(data) for span in self._found(reading.data))
        return _masked(text, _merged(spans)) if spans else text

    def _found(self, data: bytes) -> Iterator[Span]:
        for word in self._words:
            yield from _places(data, word)
        for folded in _folded(data):
            for whole in self._wholes:
                yield from map(folded.back, _places(folded.data, whole))
            yield from map(folded.back, _merged(self._parts(folded.data)))

    def _parts(self, folded: bytes) -> Iterator[Span]:
        for at in range(0, len(folded) - _GRAM_BYTES + 1, _STRIDE):
            if folded[at : at + _GRAM_BYTES] in self._grams:
                for start in range(max(0, at - _STRIDE + 1), at + 1):
                    if folded[start : start + RUN_BYTES] in self._runs:
                        yield start, start + RUN_BYTES


def _folded(data: bytes) -> Iterator[Reading]:
    """Without white space and in small letters; where there is a plus, without that too."""
    yield without(data, _SPACE, _LOWER)
    if b"+" in data:
        yield without(data, _SPACE + b"+", _LOWER)


def _encoded(text: str) -> bytes:
    """UTF-8, in which a byte that was none of it is itself again."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _undone(text: str) -> Iterator[bytes]:
    """A secret as it is, and with what looks like escapes in it undone, as its readings will have them."""
    data: bytes | None = _encoded(text)
    for _ in range(DEPTH_MAX + 1):
        if data is None:
            break
        yield data
        reading = unescape(data)
        data = reading.data if reading else None
    with suppress(UnicodeEncodeError):
        yield text.encode("latin-1")


def _pieces(data: bytes, size: int) -> Iterable[bytes]:
    return (data[at : at + size] for at in range(len(data) - size + 1))


def _places(data: bytes, word: bytes) -> Iterator[Span]:
    at = data.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = data.find(word, at + 1)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch as one."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _masked(text: str, spans: list[Span]) -> str:
    """`text` with the spans of its bytes masked; a character of which a byte is masked is."""
    pieces, at = [], 0
    if not text.isascii():
        ends = list(accumulate(len(_encoded(char)) for char in text))
        chars = [number for number, end in enumerate(ends) for _ in range(end - (ends[number - 1] if number else 0))]
        spans = _merged((chars[start], chars[end - 1] + 1) for start, end in spans)
    for start, end in spans:
        pieces += [text[at:start], MASK]
        at = end
    return "".join([*pieces, text[at:]])
