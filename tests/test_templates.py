"""Templates: what they give, what is refused, and that all of it is known before anything is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from events import CASES, SAMPLES, hostile
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.event import Change, Event, PipelineRun
from tocsin.message import compose
from tocsin.templates import TemplateProblem, TooLarge, compile_text, find_problems, variables
from tocsin.templates.samples import EVERYTHING, NOTHING
from tocsin.templates.sandbox import NUMBER_MAX_BITS, Sandbox
from tocsin.templates.variables import LIMITS
from tocsin.templates.work import TooMuch

GOOD = yaml.safe_load((CASES / "templates" / "good.yml").read_text(encoding="utf-8"))
BAD = yaml.safe_load((CASES / "templates" / "bad.yml").read_text(encoding="utf-8"))
DEVTRON = json.loads((CASES / "templates" / "devtron.json").read_text(encoding="utf-8"))
ALL, NONE = variables(EVERYTHING), variables(NOTHING)


@pytest.mark.parametrize(("source", "everything", "nothing"), GOOD)
def test_a_template_gives_its_value(source: str, everything: Any, nothing: Any) -> None:
    template = compile_text(source)
    assert (template.value(ALL), template.value(NONE)) == (everything, nothing)


@pytest.mark.parametrize(("source", "problem"), BAD)
def test_what_is_wrong_is_found_when_it_is_compiled(source: str, problem: str) -> None:
    with pytest.raises(TemplateProblem) as raised:
        compile_text(source)
    assert f"{raised.value.wrong.line}:{raised.value.wrong.column} {raised.value}" == problem


def test_every_wrong_name_is_found_at_once() -> None:
    found = [(problem.message, problem.start, problem.end) for problem in find_problems("{{ foo }} {{ bar }} {{ foo }} {{ app }}")]
    assert found == [("unknown name foo", (1, 4), (1, 7)), ("unknown name bar", (1, 14), (1, 17))]


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "[" * 150 + "]" * 150 + " }}",
        "{{ " + "not " * 5000 + "app }}",
        "{{ app" + " | upper" * 5000 + " }}",
        "{% for a in rules %}" * 30 + "{% endfor %}" * 30,
    ],
)
def test_what_is_nested_too_deeply_is_refused(source: str) -> None:
    with pytest.raises(TemplateProblem, match="nested too deeply"):
        compile_text(source)


def test_a_template_has_a_length_and_a_plain_text_has_none() -> None:
    with pytest.raises(TemplateProblem, match="at most 65,536 characters"):
        compile_text("{{ app }}" * 10_000)
    assert compile_text("x" * 100_000).render(ALL) == "x" * 100_000


def test_the_text_of_a_value() -> None:
    texts = [compile_text(source).render(ALL) for source in ("{{ run.number }}", "{{ rules }}", "{{ none }}", "{{ 1 == 1 }}", "{{ 'ß' }}")]
    assert texts == ["42", "[]", "", "true", "ß"]


@pytest.mark.parametrize("source", ["{{ changes | map(attribute='title') | join }}", "{{ (commit.message or '') * 100 }}"])
def test_too_much_at_send_time_is_told_apart(source: str) -> None:
    template = compile_text(source)
    event = EVERYTHING._replace(changes=(Change(title="x" * 10_000),) * 100, commit=EVERYTHING.commit._replace(message="x" * 10_000))
    with pytest.raises(TooLarge):
        template.value(variables(event))
    assert len(template.value(variables(event, limit=LIMITS[-1]))) <= 100 * LIMITS[-1].chars


def test_what_only_the_data_brings_about_is_a_problem_with_its_place() -> None:
    template = compile_text("rate:\n{{ 100 / ((run.number or 1) - 41) }}")
    with pytest.raises(TemplateProblem, match="division by zero") as raised:
        template.render(variables(EVERYTHING._replace(run=PipelineRun(number=41))))
    assert raised.value.wrong.line == 2


@pytest.mark.parametrize("name", DEVTRON)
def test_devtron_s_variables_have_its_types_and_meanings(name: str) -> None:
    given_variables = variables(SAMPLES[name])
    assert {key: given_variables[key] for key in DEVTRON[name]} == DEVTRON[name]


@pytest.mark.parametrize(
    ("run", "number"),
    [(PipelineRun(id="jenkins-7", number=7), 7), (PipelineRun(id="12"), 12), (PipelineRun(id="٣", number=1), 1), (PipelineRun(), 0)],
)
def test_devtron_s_pipeline_id_is_a_number(run: PipelineRun, number: int) -> None:
    assert variables(Event(run=run))["devtronCdPipelineId"] == number


def test_the_variables_are_the_event_s_fields_and_the_message_s() -> None:
    message = compose(EVERYTHING)._replace(rules=("one", "two"))
    values = variables(EVERYTHING, message)
    assert (values["title"], values["text"], values["rules"]) == (message.title, message.text, ["one", "two"])
    assert set(Event._fields) - {"sources"} <= set(values)
    assert "sources" not in values
    assert variables(EVERYTHING, message, ["three"])["rules"] == ["three"]


def test_long_values_are_cut_but_addresses_never() -> None:
    values = variables(hostile("x" * 100_000, "https://ci.example.com/" + "x" * 3000))
    assert len(values["commit"]["message"]) == LIMITS[0].chars
    assert len(values["failures"]) == 60
    assert values["run"]["url"] is None
    assert len(variables(hostile("x"), limit=LIMITS[-1])["failures"]) == LIMITS[-1].items


TEXTS = st.text(st.characters(), max_size=60) | st.sampled_from(["{{ 7*7 }}", "{% for %}", "${HOME}", "{{{x}}}", "\ud800"])


@given(TEXTS)
@settings(max_examples=60)
def test_a_value_is_never_read_as_a_template(text: str) -> None:
    values = {**ALL, "app": text}
    assert compile_text("{{ app }}").value(values) == text
    assert compile_text("<{{ app }}>").render(values) == f"<{text}>"


NAMES = ["app", "commit.title", "commit", "failures", "run.number", "rules", "range(3)", "none", "'a'", "2", "title", "nope"]
FILTERS = [
    "upper",
    "length",
    "first",
    "join(',')",
    "list",
    "map(attribute='job')",
    "sort",
    "int",
    "round(2)",
    "tojson",
    "replace('', 9)",
    "nope",
]
MEMBERS = [".title", ".upper()", "[0]", "[-9]", "[1:]", ".split('a')", ".job", "()", "['x']", ".items()"]
EXPRESSIONS = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.builds("({})|{}".format, inner, st.sampled_from(FILTERS)),
        st.builds("({}){}".format, inner, st.sampled_from(MEMBERS)),
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "*", "**", "%", "~", "==", "<", "in", "or"]), inner),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_it_is_refused_or_renders_to_data(expression: str) -> None:
    source = f"{{{{ {expression} }}}}"
    if not find_problems(source):
        json.dumps(compile_text(source).value(ALL), allow_nan=False)
        assert isinstance(compile_text(source).render(NONE), str)


class Untouched(int):
    """A number that nobody may raise to a power."""

    def __pow__(self, _: int, __: int | None = None) -> int:
        raise AssertionError


def test_a_power_that_is_too_large_is_not_computed() -> None:
    context: Any = None  # it is asked only for what has been computed
    with pytest.raises(TooMuch, match="number that is too large"):
        Sandbox().call_binop(context, "**", Untouched(9), NUMBER_MAX_BITS)
    with pytest.raises(AssertionError):
        Sandbox().call_binop(context, "**", Untouched(9), 2)
