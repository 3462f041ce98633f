"""A payload in the policy's own form for a service: what is written is sent, and values in it stay text in the service's markup.

It is tried on made-up events when the policy is checked. At the time of sending one that the service would refuse is given less and less
of the event; where nothing helps, the caller sends the default words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tocsin.channels.literals import is_random
from tocsin.channels.options import HOLDS_CREDENTIAL
from tocsin.channels.payload_options import PayloadOptions, is_secret
from tocsin.checks import Check
from tocsin.event import Event
from tocsin.message import Message
from tocsin.named_tuple import NamedTuple
from tocsin.templates import Template, TemplateProblem, TooLarge, variables
from tocsin.templates.addresses import address_problems
from tocsin.templates.markup import ADDRESS, Reading
from tocsin.templates.payload import Payload, compile_payload, in_source, texts_below
from tocsin.templates.payload_rendering import MARK
from tocsin.templates.samples import EVERYTHING, LITTLE, MESSAGE
from tocsin.templates.variables import LIMITS
from tocsin.wrong import DataPath, Wrong


class Refusal(NamedTuple):
    """What a service would refuse in a payload, and where."""

    path: DataPath
    message: str


class Service(NamedTuple):
    """How a service takes a payload: how its texts are read, what it refuses, and what keeps a payload safe (in its compiled tree)."""

    reading: Reading
    refusals: Callable[[Any], Iterator[Refusal]]
    guarded: Callable[[Any], Any] = lambda tree: tree


def service_of(channel: Any, options: PayloadOptions) -> Service | None:
    """How a channel takes a payload, by its kind or, where that depends on them, by its options; None where any form will do."""
    found = getattr(options, "service", None) or getattr(channel, "service", None)
    service: Service | None = found() if found else None
    return service


def render_own(message: Message, options: PayloadOptions, service: Service) -> Any:
    """The payload of a message: plain data inside the service's limits. Raises TemplateProblem where that cannot be."""
    compiled = compile_payload(options.payload)
    payload = compiled._replace(tree=service.guarded(compiled.tree))
    problem = TemplateProblem("the payload has no form")
    for limit in LIMITS:
        try:
            rendered = payload.render(variables(message.told, message, limit=limit), options.payload_values, service.reading)
        except TooLarge as error:
            problem = error
            continue
        refused = next(service.refusals(rendered), None)
        if refused is None:
            return rendered
        problem = TemplateProblem(f"{dotted(refused.path)}: {refused.message}" if refused.path else refused.message)
    raise problem


def check_own(options: PayloadOptions, service: Service) -> Iterator[Wrong]:
    """All that is wrong with a payload: its form, its templates, and what the service would refuse of what they make."""
    payload = compile_payload(options.payload)
    yield from check_form(options, payload)
    if any(problem.severity == "error" for problem in payload.problems):
        return
    for wrong in dict.fromkeys((*_foreign_addresses(payload.tree, service), *_refused(payload, service, EVERYTHING))):
        yield _placed(options, wrong)


def check_form(options: PayloadOptions, payload: Payload) -> Iterator[Wrong]:
    """What is wrong with a payload and its templates, whoever takes it; `payload` is the compiled one."""
    yield from (problem.under(("payload",)) for problem in payload.problems)
    if any(is_random(text) and "{" not in text for text in texts_below(options.payload, is_secret)):
        yield Wrong(Check.CREDENTIAL_WRITTEN_OUT, HOLDS_CREDENTIAL, ("payload",))


def advise_own(options: PayloadOptions, service: Service) -> Iterator[Wrong]:
    """What of a sound payload the service would refuse on a run of which little is known, as warnings."""
    for wrong in dict.fromkeys(_refused(compile_payload(options.payload), service, LITTLE)):
        yield _placed(options, wrong._replace(message=f"{wrong.message}{_LITTLE}", severity="warning"))


def _placed(options: PayloadOptions, wrong: Wrong) -> Wrong:
    """What is wrong at its place: in a payload that is one text the path is no more than words."""
    if isinstance(options.payload, str) and wrong.path:
        wrong = wrong._replace(message=f"{dotted(wrong.path)} {wrong.message}")
    return in_source(options.payload, wrong).under(("payload",))


_LITTLE = " on a run of which little is known: the default words would be sent (write such as {{ environment or '-' }})"


def _refused(payload: Payload, service: Service, event: Event) -> Iterator[Wrong]:
    """What the service would refuse of a made-up event."""
    try:
        tree = service.guarded(payload.tree)
        rendered = payload._replace(tree=tree).render(variables(event) | MESSAGE, _Names(), service.reading)
    except TemplateProblem as problem:
        yield Wrong(Check.INVALID_TEMPLATE, str(problem))
        return
    for refusal in service.refusals(rendered):
        yield Wrong(Check.INVALID_PAYLOAD, refusal.message, refusal.path)


class _Names(dict[str, str]):
    """A value for each `${NAME}`: checking needs no secret."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return name


def _foreign_addresses(node: Any, service: Service, path: DataPath = (), holder: Mapping[str, Any] = {}) -> Iterator[Wrong]:
    """The addresses whose host a value could decide."""
    if isinstance(node, Template) and node.source:
        if service.reading(path, holder) is ADDRESS and not node.source.startswith(MARK):
            yield from (wrong._replace(path=path, line=0, end_line=0) for wrong in address_problems(node.source))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _foreign_addresses(value, service, (*path, key), node)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _foreign_addresses(value, service, (*path, index), holder)


def dotted(path: DataPath) -> str:
    """A path as people write it: blocks[0].text."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
