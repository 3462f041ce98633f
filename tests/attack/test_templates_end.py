"""Templates that are short and would take for ever, or all memory, or the interpreter: each is refused, or cheap, when it is tried.

They run in one process with a limit of its own: what goes on in a library sees no signal of Python's.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory import PEAK_MIB

from tocsin.templates import TemplateProblem, compile_text, variables
from tocsin.templates.payload import compile_payload
from tocsin.templates.samples import EVERYTHING
from tocsin.templates.work import STEPS_MAX, Steps, TooMuch, compare, rendering, spend, weigh

SECONDS = 100
MEMORY_MIB = 300

NS = "{% set ns = namespace(x=[1], y=[1]) %}"
LISTS = NS + "{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}"
TUPLES = LISTS.replace("[ns.x, ns.x]", "(ns.x, ns.x)").replace("[ns.y, ns.y]", "(ns.y, ns.y)").replace("[1]", "(1,)")
DEEP = NS + "{% for i in range(100) %}{% for j in range(1000) %}{% set ns.x = (ns.x,) %}{% endfor %}{% endfor %}"
WORDS = "{% set l = ('a ' * 131072).split() %}"
LONG = "{% set s = 'a' * 200000 %}"

TWICE_EACH = (
    "ns.x == ns.y", "ns.x < ns.y", "ns.x in [ns.y]", "[ns.x, ns.y]|sort|length", "[ns.x, ns.y]|min|length", "[ns.x, ns.y]|max|length",
    "[{'a': ns.x}, {'a': ns.y}]|groupby('a')|length", "ns.x is lower", "ns.x is eq ns.y", "ns.x is in [ns.y]", "ns.x|tojson", "ns.x|join",
    "[ns.x]|select('eq', ns.y)|list|length", "{1: ns.x} == {1: ns.y}", "{1: ns.x, 2: ns.y}|dictsort(by='value')|length",
    "{1: ns.x}.items() == {1: ns.y}.items()", "ns.x ~ ''", "ns.x|string", "ns.x|upper",
)  # fmt: skip
HASHED = (
    "{ns.x: 1}|length",
    "{}.get(ns.x)",
    "{1: 2}[ns.x]",
    "[ns.x, ns.y]|unique|list|length",
    "dict([(ns.x, 1)])|length",
    "ns.x is filter",
)
FOR_THE_INPUT = (
    WORDS + "{{ l|sort|length }}" * 40,
    WORDS + "{{ l|select|list|length }}" * 900,
    WORDS + "{{ l|map('upper')|list|length }}" * 100,
    WORDS + "{% for i in range(180) %}{% for j in range(1000) %}{{ 'b' in l }}{{ l == [i] }}{% endfor %}{% endfor %}",
    LONG + "{{ s|trim('b' * 200000) }}",
    LONG + "{{ s.rfind('b' ~ 'a' * 100000) }}" * 20,
    LONG + "{{ s.strip('bcdefgh' * 20000) }}" * 50,
    LONG + "{% for i in range(1000) %}{{ ('a' * 1000 ~ 'b') in s }}{% endfor %}",
    LONG + "{% set t = (s ~ 'b',) * 200000 %}{{ (s ~ 'c').startswith(t) }}",
    LONG + "{{ s|wordcount }}" * 900,
    "{{ ('1' * 262144)|float }}" * 500,
    "{{ '%999999999d' is odd }}",
    "{{ '%999999999d' is divisibleby 3 }}",
    "{{ (failures * 60000)|sort(attribute='job,' * 30000)|length }}",
    "{{ ['a' * 262144] * 49000 }}",
    "{{#" + "a" * 60000,
    "{%raw%}" * 9000,
    "{{ app|d|d|d|d|d|d|d }}" * 2500,
    "{{ [" + "1," * 30000 + "] }}",
    "{% if n0 %}" + "".join(f"{{{{ n{number} }}}}" for number in range(6000)) + "{% endif %}",
)
SOURCES = [
    *(LISTS + f"{{{{ {expression} }}}}" for expression in TWICE_EACH),
    *(TUPLES + f"{{{{ {expression} }}}}" for expression in (*TWICE_EACH[:4], *HASHED)),
    *(DEEP + f"{{{{ {expression} }}}}" for expression in (*HASHED, "ns.x == (ns.x,)", "ns.x", "ns.x in [ns.x]", "[ns.x]|sort|length")),
    LISTS + "{% for i in [1, 2] %}{{ loop.changed(ns.x if i == 1 else ns.y) }}{% endfor %}",
    LISTS + "{% for i in [ns.x, ns.y] %}{{ loop|sort|length }}{% endfor %}",
    *FOR_THE_INPUT,
]
CHILD = f"""{PEAK_MIB}
import json, sys
from tocsin.templates import find_problems
for source in json.load(sys.stdin):
    print(source[:80] + source[-60:], "->", [problem.message for problem in find_problems(source)][:1], flush=True)
print(peak_mib())
"""


@pytest.mark.long
def test_every_one_of_them_ends_within_bounds():
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(SOURCES), capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    *lines, memory = done.stdout.splitlines()
    assert len(lines) == len(SOURCES)
    assert int(memory) < MEMORY_MIB


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(VALUES, VALUES)
def test_a_comparison_is_python_s_own_and_is_paid_for(left: object, right: object):
    with rendering():
        assert compare("eq", left, right) is (left == right)
        assert compare("ne", left, right) is (left != right)
        assert compare("in", left, [right, left])
        assert compare("notin", left, [right]) is (left != right)


@given(VALUES)
def test_a_weight_is_the_size_of_what_is_written_out(value: object):
    def size(part: object) -> int:
        if isinstance(part, dict):
            return 1 + sum(size(key) + size(item) for key, item in part.items())
        return 1 + sum(map(size, part)) if isinstance(part, (list, tuple)) else 1

    steps, paid = Steps(STEPS_MAX, ""), size(value)
    with rendering():
        from tocsin.templates import work

        token = work._own.set(steps)
        weigh(value)
        work._own.reset(token)
    assert STEPS_MAX - steps.left == paid


def test_a_rendering_has_its_steps_and_no_more():
    with rendering():
        spend(STEPS_MAX)
        with pytest.raises(TooMuch):
            spend()


@pytest.mark.parametrize("text", ["{{ '${A}'|replace('xAx', 'xBx') }}", "{{ '${A}'|upper }}", "{{ '${A}'[:60] }}"])
def test_a_reference_is_not_taken_apart(text: str):
    problems = [problem.message for problem in compile_payload({"a": text}).problems]
    assert problems == ["${NAME} is put in as it stands: a template cannot take it apart, or change it"]


def test_a_whole_reference_stays_what_it_is():
    payload = compile_payload({"a": "{{ ['${A}', app ~ '${B}'] }}", "b": "{{ {'k': '${A}'} }}"})
    assert not payload.problems
    assert payload.render(variables(EVERYTHING), {"A": "1", "B": "2"}) == {"a": ["1", "payments2"], "b": {"k": "1"}}


def test_a_reference_s_value_is_counted_before_it_is_put_in():
    payload = compile_payload({"a": "{{ '${A}' * 2000 }}"})
    with pytest.raises(TemplateProblem, match="make more than"):
        payload.render(variables(EVERYTHING), {"A": "x" * 100_000})


def test_an_unhashable_key_is_a_problem_of_the_template():
    with pytest.raises(TemplateProblem, match="unhashable"):
        compile_text("{{ {[1]: 2}|length }}")
