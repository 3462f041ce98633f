"""From a template's text to its program: Jinja2 parses, what is not allowed is refused, and what could grow is bounded.

A program can be built so that it takes every branch: so a check sees what no sample event would reach.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import Template, meta, nodes
from jinja2.filters import FILTERS
from jinja2.visitor import NodeTransformer

from tocsin.templates.filters import COMPARISON, CONCAT, HELPERS, MAPPING, SLICE, STEPS, SYNTAX
from tocsin.templates.sandbox import Sandbox, meant
from tocsin.templates.work import PART_STEPS, TooMuch, fitting, spend_together

PARTS_MAX = 10_000  # ours: of one template; to compile one takes a tenth of a millisecond
_RESULT = "result"  # the variable that holds the value of a template that is one expression
_STATEMENTS = (nodes.Output, nodes.For, nodes.If, nodes.Assign, nodes.With)
_WORDS = {"AssignBlock": "a set block", "CallBlock": "call", "FilterBlock": "a filter block", "FromImport": "import"}
_BRANCHES = (nodes.If, nodes.CondExpr, nodes.And, nodes.Or, nodes.For)


class Program(NamedTuple):
    """A template, ready to run. `single`: it is one whole expression, whose value keeps its type; `branches`: it may take several ways."""

    template: Template
    single: bool
    branches: bool

    def run(self, variables: Mapping[str, Any]) -> Any:
        """The value of a single expression, else the text. Raises TemplateRefusal, and whatever Python does for a wrong type."""
        context = self.template.new_context(dict(variables))
        parts, size = [], 0
        for part in self.template.root_render_func(context):
            size += len(part)
            fitting(size)
            parts.append(part)
        return context.vars[_RESULT] if self.single else "".join(parts)

    def line_of(self, error: BaseException) -> int:
        """The line of the template at which running it raised `error`, from 1; 0 if unknown."""
        line, trace = 0, error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename == "<template>":
                line = self.template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return line


@lru_cache(maxsize=1)
def _sandbox() -> Sandbox:
    return Sandbox()


def syntax_problems(source: str, known: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    """What is wrong by its words alone: line, the word meant, a message. Raises TemplateSyntaxError."""
    sandbox = _sandbox()
    tree = sandbox.parse(source)
    _pay_for_parts(tree)
    for statement in tree.find_all(nodes.Stmt):
        if not isinstance(statement, _STATEMENTS) or (isinstance(statement, nodes.For) and statement.recursive):
            name = type(statement).__name__
            word = "a recursive loop" if isinstance(statement, nodes.For) else _WORDS.get(name, name.lower())
            yield statement.lineno, "", f"{word} is not available in a template"
            return
    unknown = [*_unknown(tree.find_all(nodes.Filter), "filter", sandbox.filters.keys() - SYNTAX.keys(), FILTERS)]
    unknown += _unknown(tree.find_all(nodes.Test), "test", sandbox.tests.keys())
    if unknown:
        yield from unknown
        return
    undeclared = meta.find_undeclared_variables(_rewritten(sandbox, source, every_branch=False)) - known - sandbox.globals.keys()
    for used in tree.find_all(nodes.Name):
        if used.name in undeclared:
            undeclared.discard(used.name)
            yield used.lineno, used.name, f"unknown name {used.name}{meant(used.name, known | HELPERS.keys())}"
    yield from _foreign_links(tree)
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name == "event" and node.attr in known:
            yield node.lineno, node.attr, f"event is a text, such as failure; the event's fields stand by themselves: write {node.attr}"


def _foreign_links(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """The links that lead where a value says: an address begins with the event's own, or its host is written out."""
    used: list[nodes.Filter | nodes.Call] = [*tree.find_all(nodes.Filter), *tree.find_all(nodes.Call)]
    for node in used:
        if isinstance(node, nodes.Filter):
            name, given = node.name, node.args[:1]
        else:
            name, given = getattr(node.node, "name", ""), node.args[1:2]
        given = given or [pair.value for pair in node.kwargs if pair.key == "url"]
        if name == "link" and not (given and _is_address(given[0])):
            yield node.lineno, "link", "the address of a link must be one of the event's, such as run.url, or begin with a host in quotes"


def _is_address(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Concat):
        head, second = node.nodes[0], node.nodes[1]
        is_path = isinstance(second, nodes.Const) and str(second.value)[:1] in ("/", "?", "#")
        return _has_written_host(head, "[/?#]") or (is_path and _is_address(head))
    if isinstance(node, nodes.Const):
        return _has_written_host(node, "([/?#]|$)")
    if isinstance(node, (nodes.Or, nodes.CondExpr)):
        ends = (node.left, node.right) if isinstance(node, nodes.Or) else (node.expr1, node.expr2)
        return all(end is not None and _is_address(end) for end in ends)
    if isinstance(node, nodes.Filter) and node.name in ("default", "d") and node.node and node.args:
        return _is_address(node.node) and _is_address(node.args[0])
    word = node.attr if isinstance(node, nodes.Getattr) else node.name if isinstance(node, nodes.Name) else ""
    return word.lower().endswith(("url", "link"))


def _has_written_host(node: nodes.Node, end: str) -> bool:
    return isinstance(node, nodes.Const) and bool(re.match(rf"https?://[^/?#\s]+{end}", str(node.value), re.IGNORECASE))


def _pay_for_parts(tree: nodes.Template) -> None:
    """Raise TooMuch where a template has too many parts by itself, or all of a policy have together."""
    count = sum(1 for _ in tree.find_all(nodes.Node))
    if count > PARTS_MAX:
        raise TooMuch(f"a template has at most {PARTS_MAX:,} parts (names, texts, filters): this one has {count:,}")
    spend_together(count * PART_STEPS)


def _unknown(
    used: Iterable[nodes.Filter | nodes.Test], what: str, known: Collection[str], elsewhere: Collection[str] = ()
) -> Iterator[tuple[int, str, str]]:
    for node in used:
        if node.name in elsewhere and node.name not in known:
            yield node.lineno, node.name, f"the {what} {node.name} is not available in a template"
        elif node.name not in known:
            yield node.lineno, node.name, f"unknown {what} {node.name}{meant(node.name, known)}"


def build_program(source: str, *, every_branch: bool = False) -> Program:
    """The program of a template in which `problems` finds none."""
    sandbox = _sandbox()
    tree = _rewritten(sandbox, source, every_branch=every_branch)
    branches = any(True for _ in tree.find_all(_BRANCHES))
    output = tree.body[0].nodes if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) else []
    single = len(output) == 1 and not isinstance(output[0], nodes.TemplateData)
    if single:
        tree.body = [nodes.Assign(nodes.Name(_RESULT, "store"), output[0], lineno=output[0].lineno)]
        tree.set_environment(sandbox)
    template = Template.from_code(sandbox, sandbox.compile(tree), sandbox.make_globals(None))
    return Program(template, single, branches)


def _rewritten(sandbox: Sandbox, source: str, *, every_branch: bool) -> nodes.Template:
    tree: nodes.Template = (_EveryBranch() if every_branch else _Bounded()).visit(sandbox.parse(source))
    tree.set_environment(sandbox)
    return tree


def _filter(name: str, node: nodes.Node, *args: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def _all(*expressions: nodes.Expr) -> nodes.Expr:
    """An expression that takes the value of the last, once all have been computed."""
    return _filter("last", nodes.List(list(expressions), lineno=expressions[-1].lineno))


class _Bounded(NodeTransformer):
    """Makes filters, which are paid for, of loops, ~, slices, comparisons and mappings (for which Jinja2 does not ask the sandbox)."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  Jinja2's naming, here and below
        self.generic_visit(node)
        return _filter(CONCAT, nodes.List(node.nodes, lineno=node.lineno))

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        ends = (end or nodes.Const(None, lineno=node.lineno) for end in (node.arg.start, node.arg.stop, node.arg.step))
        return _filter(SLICE, node.node, *ends)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        values = nodes.List([node.expr, *(operand.expr for operand in node.ops)], lineno=node.lineno)
        return _filter(COMPARISON, values, nodes.Const([operand.op for operand in node.ops], lineno=node.lineno))

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        pairs = [nodes.List([pair.key, pair.value], lineno=pair.lineno) for pair in node.items]
        return _filter(MAPPING, nodes.List(pairs, lineno=node.lineno))

    def visit_For(self, node: nodes.For) -> Any:  # noqa: N802
        self.generic_visit(node)
        node.iter = _filter(STEPS, node.iter)
        return node


class _EveryBranch(_Bounded):
    """Makes a sequence of what would be a choice: for a check against an event that has everything."""

    def visit_If(self, node: nodes.If) -> Any:  # noqa: N802
        self.generic_visit(node)
        return [nodes.ExprStmt(node.test, lineno=node.lineno), *node.body, *node.elif_, *node.else_]

    def visit_For(self, node: nodes.For) -> Any:  # noqa: N802
        super().visit_For(node)
        if node.test:
            node.body.insert(0, nodes.ExprStmt(node.test, lineno=node.lineno))
        after, node.else_, node.test = node.else_, [], None
        return [node, *after]

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _all(node.test, *([node.expr2] if node.expr2 else []), node.expr1)

    def visit_Or(self, node: nodes.Or) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _all(node.right, node.left)

    def visit_And(self, node: nodes.And) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _all(node.left, node.right)
