"""A generic webhook: JSON to any address, as the policy words it or as the event is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal

from tocsin import secrets
from tocsin.channels.literals import holds_literal, is_secret_address
from tocsin.channels.options import WRITTEN_OUT, Credential, Text, Url
from tocsin.channels.payload_options import PayloadOptions, is_secret
from tocsin.checks import Check
from tocsin.http import USER_AGENT, Transport, judge
from tocsin.message import Message
from tocsin.record import Field
from tocsin.templates import TooLarge, variables
from tocsin.templates.variables import LIMITS, Limit, event_data
from tocsin.verdict import Failed, Verdict
from tocsin.wrong import Wrong

ADDED_MAX_BYTES = 256 * 1024  # ours: what an event may add to a body; receivers commonly take 1 MiB

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")  # RFC 9110, 5.5, in the one-byte characters that HTTP/1.1 can carry
_OURS = ("host", "content-length", "transfer-encoding", "connection", "idempotency-key", "webhook-*")
_NOT_BESIDE = {"signing_secret": ("sign",), "format": ("payload", "payload_file")}


class Options(PayloadOptions):
    """A webhook: any address that takes JSON."""

    kind: Literal["webhook"]
    url: Url = Field(description="The address; a secret one as ${NAME}.")
    method: Literal["POST", "PUT", "PATCH"] = Field(default="POST", description="The HTTP method.")
    headers: dict[str, Text] = Field(default={}, description="Further headers; one that is named like a secret must hold a ${NAME}.")
    payload: Any = Field(
        default=None,
        description="The body: JSON as text, a mapping or a list; its texts are templates. Without it, the event in a fixed form.",
    )
    sign: Credential | None = Field(
        default=None, description="The secret that signs each request by Standard Webhooks: whsec_ and base64, or any text."
    )
    signing_secret: Credential | None = Field(default=None, description="An older name of `sign`.")
    format: Literal["cloudevents"] | None = Field(
        default=None, description="The body's form without a payload: cloudevents is a CloudEvent with a CDEvent in it."
    )

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """One secret, and a payload or a form of the event."""
        value = super().check_field(name, value, earlier)
        for other in _NOT_BESIDE.get(name, ()) if value is not None else ():
            if earlier.get(other) is not None:
                raise ValueError(f"stands beside {other}: keep one of them")
        return value

    def _declared(self) -> Iterator[str]:
        """Beside the credentials, what stands in a header or below a key of the payload that is named like one."""
        yield from super()._declared()
        yield from (value for name, value in self.headers.items() if is_secret(name))

    def _sent(self) -> Iterator[str]:
        yield from self.headers.values()
        yield from super()._sent()


def check(options: Options) -> Iterator[Wrong]:
    """All that is wrong with the payload, its templates, the headers and the address, and what is odd (as warnings)."""
    yield from _check_url(options.url)
    yield from _check_headers(options.headers)
    if options.payload is not None:
        from tocsin.channels.own_payload import check_form
        from tocsin.templates.payload import compile_payload

        yield from check_form(options, compile_payload(options.payload))


def _check_url(url: str) -> Iterator[Wrong]:
    if is_secret_address(url):
        yield Wrong(Check.CREDENTIAL_WRITTEN_OUT, WRITTEN_OUT, ("url",))


def _check_headers(headers: Mapping[str, str]) -> Iterator[Wrong]:
    seen: set[str] = set()
    for name, value in headers.items():
        problem = _header_problem(name, value)
        if name.lower() in seen:
            problem = "stands twice: header names do not differ by case"
        seen.add(name.lower())
        if problem:
            check = Check.CREDENTIAL_WRITTEN_OUT if problem == WRITTEN_OUT else Check.INVALID_HEADER
            yield Wrong(check, problem, ("headers", name))


def _header_problem(name: str, value: str) -> str | None:
    lower = name.lower()
    if not _HEADER_NAME.fullmatch(name):
        return "is no name of a header: it may have letters, digits and hyphens"
    if any(fnmatchcase(lower, pattern) for pattern in _OURS):
        return "is set by tocsin itself: leave it out"
    if not _HEADER_VALUE.fullmatch(value):
        return "holds a line break or another character that a header cannot have"
    if is_secret(lower) and (not secrets.names(value) or holds_literal(value, "header")):
        return WRITTEN_OUT
    return None


def render(message: Message, options: Options) -> Any:
    """The body: plain data for JSON, at most ADDED_MAX_BYTES larger than the payload is by itself.

    Raises templates.TemplateProblem for what only this event brings about in a template.
    """
    problem = TooLarge(f"its templates add more than {ADDED_MAX_BYTES // 1024} KiB to the body")
    for body in _bodies(message, options):
        if isinstance(body, TooLarge):
            problem = body
        elif len(encoded_body(body)) <= ADDED_MAX_BYTES + len(encoded_body(options.payload)):
            return body
    raise problem


def _bodies(message: Message, options: Options) -> Iterator[Any]:
    """The body with all that the event has, then with less and less of it; a TooLarge where it was too much even to make it."""
    if options.payload is None:
        yield from (_default_body(message, options, limit) for limit in LIMITS)
        return
    from tocsin.templates.payload import compile_payload

    payload = compile_payload(options.payload)
    for limit in LIMITS:
        try:
            yield payload.render(variables(message.told, message, limit=limit), options.payload_values)
        except TooLarge as problem:
            yield problem


def _default_body(message: Message, options: Options, limit: Limit) -> dict[str, Any]:
    body = {
        "version": 1,
        "title": message.title,
        "text": message.text,
        "event": event_data(message.told, limit),
        "rules": list(message.rules),
        **({"runbooks": list(message.runbooks)} if message.runbooks else {}),
        **({"in_place_of": [name for name, _ in message.in_place_of]} if message.in_place_of else {}),
    }
    if not options.format:
        return body
    from tocsin.channels.cloud_event import cloud_event

    return cloud_event(message, body)


def encoded_body(body: Any) -> bytes:
    """Strict JSON. A half of a surrogate pair, which UTF-8 cannot hold, becomes a question mark."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def send(payload: Any, options: Options, transport: Transport) -> Verdict:
    """One request. Any 2xx is a success, whatever its body."""
    content_type = "application/json"
    if options.format:
        from tocsin.channels.cloud_event import CONTENT_TYPE, timed

        payload, content_type = timed(payload, transport.clock.time()), CONTENT_TYPE
    body = encoded_body(payload)
    headers = {"User-Agent": USER_AGENT, "Content-Type": content_type, "webhook-id": transport.key, "Idempotency-Key": transport.key}
    if secret := options.sign or options.signing_secret:
        from tocsin.channels.signature import signature, signing_key

        key = signing_key(secret)
        if key is None:
            name = "sign" if options.sign else "signing_secret"
            return Failed(f"{name} begins with whsec_, but no base64 follows: copy it again from the receiver")
        headers |= signature(key, transport.key, int(transport.clock.time()), body)
    return judge(transport.request(options.method, options.url, body, _merged(headers, options.headers)))


def _merged(headers: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Headers and others that replace them, without regard to case."""
    spelled = {name.lower(): name for name in headers}
    return {**headers, **{spelled.get(name.lower(), name): value for name, value in others.items()}}
