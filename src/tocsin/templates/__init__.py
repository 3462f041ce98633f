"""Templates over an event: Jinja2 in a sandbox, strict about unknown names; a known but absent value is empty text.

All that can be wrong with a template is found when it is compiled: it is tried on an event of which everything is known,
taking every branch, and on one of which nothing is. Jinja2 is loaded only for a text that has something to render.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.templates.offsets import line_column, offset
from tocsin.templates.variables import SHAPES, variables
from tocsin.text import clean
from tocsin.wrong import Wrong

if TYPE_CHECKING:
    from tocsin.templates.escaping import Escape
    from tocsin.templates.syntax import Program

__all__ = ["Template", "TemplateProblem", "TooLarge", "compile_text", "find_problems", "variables"]

TOO_DEEP = "this template is nested too deeply"
TOO_LARGE = "this template holds a number that is too large"
PROBLEMS_MAX = 20  # ours: of one template
SOURCE_MAX_CHARS = 64 * 1024  # ours: a template that a person wrote is far shorter


class TemplateProblem(ValueError):  # noqa: N818  something to mend in a policy
    """Why a template cannot be used, in words for its author; `wrong` has the place in its text."""

    def __init__(self, message: str, wrong: Wrong | None = None) -> None:
        super().__init__(message)
        self.wrong = wrong or Wrong(Check.INVALID_TEMPLATE, message)


class TooLarge(TemplateProblem):
    """What a template makes of an event is too long, or takes too much work."""


class Template:
    """A template in which nothing wrong was found, or a text without anything to render."""

    def __init__(self, source: str, program: Program | None) -> None:
        self._source, self._program = source, program

    @property
    def source(self) -> str:
        """Its text."""
        return self._source

    def render(self, variables: Mapping[str, Any], escape: Escape | None = None, *, keep_links: bool = False) -> str:
        """The text, with `escape` done to each value in it; `keep_links` leaves the marks of links in it, for `links.pieces`.

        Raises TemplateProblem for what only these values bring about.
        """
        if self._program is None:
            return self._source
        from tocsin.templates.escaping import escaped, escaping
        from tocsin.templates.links import in_plain, unmarked
        from tocsin.templates.rendering import to_text

        single = self._program.single
        with escaping(escape):
            text = str(_run(self._source, self._program, variables, lambda value: escaped(to_text(value)) if single else to_text(value)))
        return text if keep_links else unmarked(text, in_plain)

    def value(self, variables: Mapping[str, Any], escape: Escape | None = None) -> Any:
        """The text, or, where the template is one whole expression, its value as plain data; `escape` is done to each value in a text.

        Raises TemplateProblem.
        """
        if self._program is None:
            return self._source
        from tocsin.templates.escaping import escaping
        from tocsin.templates.links import in_plain, unmarked
        from tocsin.templates.rendering import to_data

        with escaping(escape):
            value = _run(self._source, self._program, variables, to_data)
        if isinstance(value, str) and escape:
            return escape(value) if self._program.single else value
        return unmarked(value, in_plain) if isinstance(value, str) else value


def compile_text(source: str) -> Template:
    """The template of a text. Raises TemplateProblem for the first thing wrong with it."""
    program, problems = _bounded(source)
    if problems:
        raise TemplateProblem(problems[0].message, problems[0])
    return Template(source, program)


def find_problems(source: str) -> tuple[Wrong, ...]:
    """All that is wrong with a template and can be told apart, with the places in its text."""
    return _bounded(source)[1]


def _bounded(source: str) -> tuple[Program | None, tuple[Wrong, ...]]:
    """What is found in a template, or that the templates of the policy have had their share: then nothing is remembered of it."""
    if not any(opening in source for opening in ("{{", "{%", "{#")):
        return None, ()
    from tocsin.templates.work import TooMuch

    try:
        return _examined(source)
    except TooMuch as error:
        return None, (_wrong(str(error)),)


@lru_cache(maxsize=1024)
def _examined(source: str) -> tuple[Program | None, tuple[Wrong, ...]]:
    if len(source) > SOURCE_MAX_CHARS:
        return None, (_wrong(f"a template has at most {SOURCE_MAX_CHARS:,} characters"),)
    from tocsin.templates import mustache
    from tocsin.templates.work import SOURCE_CHARACTER_STEPS, TEMPLATE_STEPS, spend_together

    spend_together(TEMPLATE_STEPS + len(source) * SOURCE_CHARACTER_STEPS)
    foreign = tuple(_wrong(message, source, *span) for span, message in islice(mustache.mustache_problems(source), PROBLEMS_MAX))
    if foreign:
        return None, foreign
    text = mustache.translated(source)
    problems = tuple(islice(_wrong_words(text), PROBLEMS_MAX))
    return (None, problems) if problems else _tried(text)


def _wrong(message: str, source: str = "", begin: int = 0, end: int = 0) -> Wrong:
    """What is wrong between two characters of a template; with none of them, the whole is meant."""
    wrong = Wrong(Check.INVALID_TEMPLATE, message)
    return wrong.placed(line_column(source, begin), line_column(source, end)) if source else wrong


def _wrong_words(source: str) -> Iterator[Wrong]:
    """What is wrong by syntax and names alone."""
    from jinja2 import TemplateSyntaxError

    from tocsin.templates import syntax
    from tocsin.templates.samples import NOTHING

    known = frozenset(variables(NOTHING))
    try:
        for line, word, message in syntax.syntax_problems(source, known):
            yield _near(source, line, word, message)
    except TemplateSyntaxError as error:
        yield _near(source, error.lineno, "", f"this is no valid template: {clean(error.message)}")
    except (RecursionError, MemoryError, SyntaxError):
        yield _wrong(TOO_DEEP)
    except ValueError:
        yield _wrong(TOO_LARGE)


def _tried(source: str) -> tuple[Program | None, tuple[Wrong, ...]]:
    """The program, once it has run on both sample events; what data it would meet at the worst is not known to it."""
    from tocsin.templates import syntax
    from tocsin.templates.rendering import to_data
    from tocsin.templates.samples import EVERYTHING, MESSAGE, NOTHING
    from tocsin.templates.work import spend_together

    try:
        program = syntax.build_program(source)
        everywhere = syntax.build_program(source, every_branch=True) if program.branches else program
    except (RecursionError, MemoryError, SyntaxError):
        return None, (_wrong(TOO_DEEP),)
    everything, nothing = variables(EVERYTHING) | MESSAGE, variables(NOTHING)
    for tried, values, when in ((program, everything, ""), (everywhere, everything, ""), (program, nothing, _ABSENT)):
        try:
            _run(source, tried, values, to_data)
        except TemplateProblem as problem:
            spend_together(1)  # what ran short with all others may be right by itself: it is not remembered
            return None, (problem.wrong._replace(message=f"{problem}{when}"),)
    return program, ()


_ABSENT = " (it fails where a value is absent: write (name or 0), or ask first, {% if name %} … {% endif %})"


def _run(source: str, program: Program, values: Mapping[str, Any], convert: Any) -> Any:
    from jinja2 import TemplateError

    from tocsin.templates.records import wrap
    from tocsin.templates.work import TemplateRefusal, TooMuch, rendering

    try:
        with rendering():
            return convert(program.run({name: wrap(name, value, SHAPES) for name, value in values.items()}))
    except (
        TemplateError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        MemoryError,
        NameError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        word = error.word if isinstance(error, TemplateRefusal) else ""
        wrong = _near(source, program.line_of(error), word, _said(error))
        raise (TooLarge if isinstance(error, (TooMuch, MemoryError)) else TemplateProblem)(wrong.message, wrong) from None


def _said(error: Exception) -> str:
    """An error of the sandbox or of Python as one line for a template's author."""
    from jinja2 import TemplateError

    if isinstance(error, TemplateError):
        return clean(error)
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if isinstance(error, MemoryError):
        return "this takes more memory than there is"
    if isinstance(error, NameError):  # how Python reads 1e999, since it writes it as inf
        return TOO_LARGE
    return f"this cannot be computed: {clean(error)}"


def _near(source: str, line: int, word: str, message: str) -> Wrong:
    """A problem at `word` from a line on, or at the first tag from there on."""
    start = offset(source, line, 1) if line else 0
    found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)" if word else r"\{[{%#]").search(source, start)
    return _wrong(message, source, *(found.span() if found else (start, start)))
