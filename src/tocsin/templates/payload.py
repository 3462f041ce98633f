"""A JSON payload: parsed once, then only its texts (never its keys) are rendered, so that no value can change its structure.

A `${NAME}` in a text is opaque: while the text is rendered a token nobody can guess stands for it, so that neither is the
secret's value read as a template nor is what was rendered searched for `${`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, NamedTuple

from tocsin import secrets
from tocsin.checks import Check
from tocsin.templates import Template, TemplateProblem, TooLarge, compile_text, find_problems, variables
from tocsin.templates.jsontext import DEPTH_MAX, PROBLEMS_MAX, VALUES_MAX, Parsed, parse_json, raw_offset
from tocsin.templates.markup import Reading
from tocsin.templates.offsets import line_column, offset
from tocsin.templates.payload_rendering import APART, MARK, PayloadRendering, token
from tocsin.wrong import DataPath, Place, Wrong, check_of

TEMPLATES_MAX = 1000  # ours: texts of one payload with something to render

_REFERENCE = re.compile(r"\$\$\{|\$\{\w+\}")
_OPENINGS = ("{{", "{%", "{#")


class Payload(NamedTuple):
    """A payload: plain data, in it templates where a text has something to render or to put in; and what is wrong with it."""

    tree: Any
    problems: tuple[Wrong, ...]

    def render(self, variables: Mapping[str, Any], values: Mapping[str, str], reading: Reading | None = None) -> Any:
        """The payload for these variables, with `values` for its `${NAME}`s; `reading` says how a service reads its texts.

        Raises TemplateProblem.
        """
        for problem in self.problems:
            if problem.severity == "error":
                raise TemplateProblem(problem.message, problem)
        return PayloadRendering(variables, values, reading).of(self.tree)


def compile_payload(source: Any) -> Payload:
    """The payload of a policy: JSON as text, or plain data."""
    compiler = _Compiler()
    if not isinstance(source, str):
        tree = compiler.tree(source)
        return Payload(tree, (*compiler.problems, *(_odd_key(path) for path in compiler.odd_keys)))
    parsed = parse_json(source)
    if any(problem.severity == "error" for problem in parsed.problems):
        return Payload(None, tuple(parsed.problems))
    tree = compiler.tree(parsed.value)
    odd_keys = (_odd_key(()).placed(*_key_span(source, parsed.keys[path], str(path[-1]))) for path in compiler.odd_keys)
    problems = [*parsed.problems, *(_in_text(source, parsed, problem) for problem in compiler.problems), *odd_keys]
    return Payload(tree, tuple(sorted(problems, key=lambda problem: problem.start)))


def in_source(source: Any, problem: Wrong) -> Wrong:
    """A problem at a path of a payload, at its place in the text where the payload is one: at the next thing above that has one."""
    if not isinstance(source, str):
        return problem
    parsed = parse_json(source)
    path = problem.path
    while path and path not in parsed.keys and path not in parsed.strings:
        path = path[:-1]
    if path in parsed.strings:
        begin = parsed.strings[path]
        return problem._replace(path=()).placed(line_column(source, begin), line_column(source, begin + 1))
    if path in parsed.keys:
        return problem._replace(path=()).placed(*_key_span(source, parsed.keys[path], str(path[-1])))
    return problem._replace(path=()).placed((1, 1), (1, 1))


def _odd_key(path: DataPath) -> Wrong:
    return Wrong(Check.ODD_PAYLOAD, _ODD_KEY, path, severity="warning")


def _key_span(source: str, start: int, key: str) -> tuple[Place, Place]:
    return line_column(source, start), line_column(source, raw_offset(source, start, len(key)))


_ODD_KEY = "a key is sent as it stands: templates and ${NAME} belong into values"


def variable_names(source: Any) -> list[str]:
    """The variables that a payload's texts refer to. Raises ValueError for a malformed reference."""
    data = parse_json(source).value if isinstance(source, str) else source
    return [name for text in _texts(data, DEPTH_MAX) for name in secrets.names(text)]


def _texts(node: Any, levels: int) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list, tuple)) and levels >= 0:
        for item in node.values() if isinstance(node, dict) else node:
            yield from _texts(item, levels - 1)


def texts_below(source: Any, chosen: Callable[[str], bool]) -> Iterator[str]:
    """The texts of a payload that stand at or below a key that is `chosen`."""
    yield from _texts_below(parse_json(source).value if isinstance(source, str) else source, chosen, DEPTH_MAX)


def _texts_below(node: Any, chosen: Callable[[str], bool], levels: int) -> Iterator[str]:
    if not isinstance(node, (dict, list, tuple)) or levels < 0:
        return
    for key, item in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(key, str) and chosen(key):
            yield from _texts(item, levels - 1)
        else:
            yield from _texts_below(item, chosen, levels - 1)


class _TooBigError(Exception):
    pass


class _EnoughError(Exception):
    pass


class _Compiler:
    """Walks a payload once and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Wrong] = []
        self.odd_keys: list[DataPath] = []
        self.values, self.templates = 0, 0

    def note(self, message: str, path: DataPath, check: Check = Check.INVALID_PAYLOAD) -> None:
        self.problems.append(Wrong(check, message, path))
        if len(self.problems) > PROBLEMS_MAX:
            raise _EnoughError

    def tree(self, data: Any) -> Any:
        try:
            return self.node(data, ())
        except _TooBigError as error:
            self.note(str(error), ())
        except _EnoughError:
            pass
        return None

    def node(self, value: Any, path: DataPath) -> Any:
        self.values += 1
        if len(path) > DEPTH_MAX or self.values > VALUES_MAX:
            raise _TooBigError(f"a payload has at most {DEPTH_MAX} levels and {VALUES_MAX:,} values")
        if isinstance(value, str):
            return self.leaf(value, path)
        if isinstance(value, dict):
            return {key: self.node(item, (*path, key)) for key, item in value.items() if self.key(key, (*path, key))}
        if isinstance(value, (list, tuple)):
            return [self.node(item, (*path, index)) for index, item in enumerate(value)]
        if value is not None and not isinstance(value, (bool, int)) and not (isinstance(value, float) and value - value == 0):
            self.note(f"JSON has no value for this {type(value).__name__}: write it as a text, in quotes", path)
        return value

    def key(self, key: Any, path: DataPath) -> bool:
        if not isinstance(key, str):
            self.note("a key must be a text: put it in quotes", path)
            return False
        if len(self.odd_keys) < PROBLEMS_MAX and ("${" in key or any(opening in key for opening in _OPENINGS)):
            self.odd_keys.append(path)
        return True

    def leaf(self, text: str, path: DataPath) -> Any:
        if "${" not in text and not any(opening in text for opening in _OPENINGS):
            return text
        self.templates += 1
        if self.templates > TEMPLATES_MAX:
            raise _TooBigError(f"a payload has at most {TEMPLATES_MAX:,} templates")
        try:
            hidden = _hidden(text)
        except ValueError as error:
            self.note(str(error), path, check_of(error))
            return None
        problems = find_problems(hidden)
        self.problems += [_at_leaf(text, hidden, problem).under(path) for problem in problems]
        if len(self.problems) > PROBLEMS_MAX:
            raise _EnoughError
        if problems:
            return None
        template = compile_text(hidden)
        if hidden != text and _taken_apart(template, secrets.names(text)):
            self.note(APART, path, Check.INVALID_TEMPLATE)
        return template


def _hidden(text: str) -> str:
    """A text with a token for each `${NAME}`, and for `$${`. Raises ValueError."""
    if "${" not in text:
        return text
    tokens = {name: token(name) for name in secrets.names(text)}
    return secrets.resolve(text.replace("$${", token("")), tokens)


def _taken_apart(template: Template, names: Iterable[str]) -> bool:
    """Whether a template makes something else of a `${NAME}`, on the event of which everything is known."""
    from tocsin.templates.samples import EVERYTHING, MESSAGE

    try:
        value = PayloadRendering({**variables(EVERYTHING), **MESSAGE}, dict.fromkeys(names, "")).of(template)
    except TooLarge:
        return False
    except TemplateProblem:
        return True
    return MARK[-8:] in str(value).casefold()


def _at_leaf(text: str, hidden: str, problem: Wrong) -> Wrong:
    """A template's problem, in the text as its author wrote it."""
    if MARK in problem.message:
        return Wrong(Check.INVALID_TEMPLATE, "${NAME} is put in as text: write it outside {{ }}, or inside quotes in it")

    def as_written(place: Place) -> Place:
        at = offset(hidden, *place)
        for reference in _REFERENCE.finditer(text):
            longer = len(token(reference[0].strip("${}"))) - len(reference[0])
            at = max(reference.start(), at - longer) if reference.start() < at else at
        return line_column(text, at)

    return problem.moved(as_written)


def _in_text(source: str, parsed: Parsed, problem: Wrong) -> Wrong:
    """A problem of one text of a payload, as one of the text of the whole payload."""
    text = reduce(lambda node, key: node[key], problem.path, parsed.value)
    if not problem.line:
        problem = problem.placed((1, 1), line_column(text, len(text)) if isinstance(text, str) else None)
    begin = parsed.strings.get(problem.path, 0)
    return problem.moved(lambda place: line_column(source, raw_offset(source, begin, offset(text, *place))))._replace(path=())
