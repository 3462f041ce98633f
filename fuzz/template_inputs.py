"""Templates: the tests' own, changed anywhere, and new ones with every filter, test, method and statement that is allowed."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import yaml
from example import ELSEWHERE, REPOSITORY, SERVER, Example, latin
from hypothesis import strategies as st
from mutations import HOSTILE, spoiled_text, texts
from policy_inputs import CASES, CI, REPORT

from tocsin.event import as_dict
from tocsin.templates.filters import FILTERS
from tocsin.templates.samples import EVERYTHING
from tocsin.templates.sandbox import DICT_METHODS, LOOP_FIELDS, TEXT_METHODS, Sandbox
from tocsin.templates.variables import variables


@cache
def originals() -> list[str]:
    """The templates of the tests."""
    rows = [row[0] for name in ("good", "bad") for row in yaml.safe_load((CASES / "templates" / f"{name}.yml").read_text("utf-8"))]
    files = [
        path.read_text("utf-8") for path in CASES.glob("payloads/*/*") if path.suffix in (".txt", ".json") and path.stat().st_size < 5000
    ]
    return [str(row) for row in rows] + files


@cache
def given() -> str:
    """Facts in which all is known."""
    known = as_dict(EVERYTHING)
    names = [name for name in known if name not in ("ci", "hook", "event", "sources", "transition", "tier")]
    return json.dumps({name: known[name] for name in names})


_KNOWN = variables(EVERYTHING)
_FIELDS = [*_KNOWN, *(f"{name}.{key}" for name, value in _KNOWN.items() if isinstance(value, dict) for key in value)]
names = st.sampled_from([*_FIELDS, *_FIELDS, "x", "ns", "loop", "f", "range(3)", "dict(a=1)", "namespace(n=0)"])
filters = st.sampled_from(sorted(name for name in FILTERS if name.isidentifier()))
tests = st.sampled_from(sorted(Sandbox().tests))
operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"])
methods = st.sampled_from([*sorted(TEXT_METHODS), *sorted(DICT_METHODS), *sorted(LOOP_FIELDS), "format", "__class__", "mro", "n"])
attributes = st.sampled_from(["name", "job", "title", "sha", "author.name", "0", "", "x"])
literals = st.one_of(
    st.sampled_from(
        ["0", "1", "-1", "7", "9**9", "1.5", "1e308", "10**70", "none", "true", "false", "''", "'a'", "'a' * 200000", "[]", "()", "{}"]
    ),
    st.integers(-5, 10**20).map(str),
    texts.filter(lambda text: len(text) < 400).map(repr),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = st.lists(inner, max_size=2).map(", ".join) | attributes.map(lambda name: f"attribute={name!r}")
    pairs = st.lists(st.tuples(inner, inner), max_size=2)
    return st.one_of(
        st.tuples(inner, filters, arguments).map(lambda p: f"({p[0]})|{p[1]}({p[2]})"),
        st.tuples(inner, filters).map(lambda p: f"({p[0]})|{p[1]}"),
        st.tuples(inner, filters, filters).map(lambda p: f"({p[0]})|{p[1]}|{p[2]}"),
        st.tuples(inner, st.sampled_from(["select", "reject", "map"]), tests | filters).map(lambda p: f"({p[0]})|{p[1]}({p[2]!r})"),
        st.tuples(inner, st.sampled_from(["selectattr", "rejectattr"]), attributes, tests, inner).map(
            lambda p: f"({p[0]})|{p[1]}({p[2]!r}, {p[3]!r}, {p[4]})"
        ),
        st.tuples(inner, st.sampled_from(["is", "is not"]), tests, arguments).map(lambda p: f"({p[0]}) {p[1]} {p[2]}({p[3]})"),
        st.tuples(inner, operators, inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]}) if ({p[1]}) else ({p[2]})"),
        st.tuples(inner, methods, arguments).map(lambda p: f"({p[0]}).{p[1]}({p[2]})"),
        st.tuples(inner, methods).map(lambda p: f"({p[0]}).{p[1]}"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})[{p[1]}]"),
        st.tuples(inner, inner, inner, inner).map(lambda p: f"({p[0]})[{p[1]}:{p[2]}:{p[3]}]"),
        st.lists(inner, max_size=3).map(lambda p: f"[{', '.join(p)}]"),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: f"({', '.join(p)},)"),
        pairs.map(lambda p: "{" + ", ".join(f"{key}: {value}" for key, value in p) + "}"),
        inner.map(lambda p: f"not ({p})"),
        inner.map(lambda p: f"-({p})"),
    )


expressions = st.recursive(names | literals, _grown, max_leaves=7)
_HOLDER = "{% set ns = namespace(n=N) %}{% set ns.n = [ns.n, ns] %}"
_REFUSED = (
    *("{% block a %}{% endblock %}", "{% macro a() %}{% endmacro %}", "{% include 'a' %}", "{% set x %}a{% endset %}"),
    *("{# a #}", "{%- if 1 -%}{%- endif -%}", "{% for a in [1] recursive %}{% endfor %}", "{% call a() %}{% endcall %}"),
)
_NESTED = "{% set x = [1] %}{% for f in range(30) %}{% set x = [x, x] %}{% endfor %}"


def _stated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(expressions, inner, inner).map(lambda p: f"{{% for f in {p[0]} %}}{p[1]}{{% else %}}{p[2]}{{% endfor %}}"),
        st.tuples(expressions, expressions, inner).map(lambda p: f"{{% for f in {p[0]} if {p[1]} %}}{p[2]}{{% endfor %}}"),
        st.tuples(expressions, inner, inner).map(lambda p: f"{{% if {p[0]} %}}{p[1]}{{% else %}}{p[2]}{{% endif %}}"),
        st.tuples(expressions, inner).map(lambda p: f"{{% set x = {p[0]} %}}{p[1]}"),
        st.tuples(expressions, inner).map(lambda p: f"{_HOLDER.replace('N', p[0])}{p[1]}{{{{ ns.n }}}}"),
        st.tuples(expressions, inner).map(lambda p: f"{{% with x = {p[0]} %}}{p[1]}{{% endwith %}}"),
        inner.map(lambda p: f"{{% raw %}}{p}{{% endraw %}}"),
        inner.map(lambda p: f"{_NESTED}{p}"),
        st.tuples(inner, inner).map("".join),
        st.sampled_from(_REFUSED),
    )  # fmt: skip


statements = st.recursive(
    expressions.map(lambda text: f"{{{{ {text} }}}}") | st.sampled_from([text for text in HOSTILE if len(text) < 100]),
    _stated,
    max_leaves=4,
)


def _payload(where: str, payload: Any) -> dict[str, Any]:
    if where == "file":
        return {"payload_file": "payload.json"}
    return {} if payload is None else {"payload": payload}


@st.composite
def templates(draw: st.DrawFn) -> Example:
    """A template in a webhook's payload, as a leaf, as the whole text, or in the policy's context; checked, and sent for two runs."""
    template = draw(st.one_of(statements, statements, statements, spoiled_text(originals())))
    where = draw(st.sampled_from(["leaf", "leaf", "leaf", "text", "context", "key", "file"]))
    text = json.dumps({"a": template, "b": [1]})
    files = {f"{REPOSITORY}/payload.json": latin(draw(spoiled_text([text, text[:-1] + ",}", *originals()])) if where == "file" else text)}
    payload: Any = {"leaf": {"a": template, "b": [1]}, "text": f'{{"a": {json.dumps(template)}}}', "key": {template: 1}}.get(where)
    policy = {
        "channels": {"webhook": {"kind": "webhook", "url": f"{SERVER}/webhook", **_payload(where, payload)}},
        **({"context": {"app": template}} if where == "context" else {}),
    }
    text = json.dumps(policy, ensure_ascii=draw(st.booleans()))[1:-1]
    facts = draw(st.sampled_from([given(), given(), "{}"]))
    send = ["send", "completion", "--status", "failure", "--facts", f"../{ELSEWHERE}/facts.json", "--report", REPORT]
    rest = '"notifications": [{"on": "failure", "send_to": "webhook"}], "delivery": {"timeout": 2, "budget": 3, "attempts": 1}'
    body = f"{{{text}, {rest}}}"
    return Example(
        commands=[["check"], send],
        env=CI,
        files={**files, f"{REPOSITORY}/.tocsin.yml": latin(body), f"{ELSEWHERE}/facts.json": facts},
        answers={"/webhook": [(200, {}, "", "answer")]},
    )
