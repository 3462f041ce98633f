"""Servers: the answers of every service, cut, nested and spoiled; and mail servers that say what none should."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from example import ELSEWHERE, SERVER, SMTP_PORT, Example, latin
from hypothesis import strategies as st
from mutations import deep_values, spoiled_json, spoiled_text, texts, values
from policy_inputs import CASES, CI, HOOKS, REPORT, SECRETS
from run_inputs import POLICY, good_answers, wired_channels
from wired import WIRED, channel_lines
from wired import secrets as secrets_of

HEADER_VALUES = (
    *("0", "1", "0.5", "-1", "1e3", "1e400", "-inf", "nan", "9" * 400, "1_0", "٣", "0x10", "", " ", "soon", "86400", "2,3"),
    *("Wed, 21 Oct 2099 07:28:00 GMT", "Wed, 21 Oct 1815 07:28:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"),
)
NAMES = ("Retry-After", "X-RateLimit-Reset-After", "X-RateLimit-Scope", "Content-Type", "Content-Encoding", "Location", "X-Request-Id")
OTHER_VALUES = ("application/json", "text/html; charset=utf-16", "gzip", "deflate", "br", "http://127.0.0.1:1/", "a" * 3000, "é", "x\ty")
STATUSES = (
    200,
    200,
    200,
    201,
    202,
    204,
    226,
    300,
    301,
    304,
    307,
    400,
    400,
    401,
    403,
    404,
    404,
    408,
    413,
    421,
    425,
    429,
    429,
    500,
    502,
    503,
    504,
    599,
    999,
)
SES = (
    f'  ses: {{kind: ses, endpoint_url: "{SERVER}", region: eu-west-1, from: ci@example.com, access_key_id: "${{TOKEN}}", '
    'secret_access_key: "${PASSWORD}"}\n'
)
WEBHOOK = ', headers: {Authorization: "Bearer ${TOKEN}", X-A: "${PASSWORD}"}, signing_secret: "${KEY}"'
RECEIPTS = f"../{ELSEWHERE}/receipts.json"

LIMITS = "{timeout: 1, budget: 3, attempts: 2}"
SLOW = ('"drip"', '"endless"', '"hang"', '"flood"')  # what takes real time, of HTTP and mail servers


@cache
def bodies() -> list[str]:
    """What services answered in the tests."""
    return [row.get("body", "") for path in sorted(CASES.glob("verdicts/*.json")) for row in json.loads(path.read_text("utf-8"))]


@cache
def json_bodies() -> list[Any]:
    """Those that are JSON."""
    found = []
    for body in bodies():
        try:
            found.append(json.loads(body))
        except (ValueError, RecursionError):
            continue
    return found


def _forms(value: str) -> list[str]:
    """The ways in which a service repeats what it was sent."""
    as_json = json.dumps(value)[1:-1]
    return [
        *(value, as_json, as_json.replace("/", "\\/"), as_json.replace("&", "\\u0026").replace("<", "\\u003c"), html.escape(value)),
        *(quote(value, safe=""), quote(value, safe="").lower(), base64.b64encode(value.encode()).decode(), " ".join(value.split())),
        *(value[: len(value) // 2], value[len(value) // 2 :], value.replace("/", "/\n "), "".join(f"\\u{ord(char):04x}" for char in value)),
    ]


@st.composite
def echoes(draw: st.DrawFn, secrets: Sequence[str]) -> str:
    """A body that repeats one of the secrets in some form, at some place, whole or at the cut."""
    whole = draw(st.sampled_from(secrets))
    form = draw(st.sampled_from([*_forms(whole), *_forms(whole.rpartition("/")[2])]))
    before = draw(st.sampled_from(["", "no ", "x" * 150, "x" * 185, "<p>", '{"error": {"message": "', '{"message": "']))
    after = draw(st.sampled_from(["", '"}', '"}}', "</p>", " is not right"]))
    return f"{before}{form}{after}"


def body(secrets: Sequence[str]) -> st.SearchStrategy[str]:
    """Any body of an answer, by a service that knows the secrets it was sent."""
    return st.one_of(
        st.sampled_from([*bodies()]),
        spoiled_text(bodies()),
        spoiled_json(json_bodies()).map(json.dumps),
        spoiled_json(json_bodies()).map(json.dumps),
        deep_values.map(json.dumps),
        values.map(json.dumps),
        echoes(secrets),
        echoes(secrets),
        texts,
        st.binary(max_size=50).map(lambda data: data.decode("latin-1")),
    )


QUICK = ("answer",) * 30 + ("close", "reset", "malformed", "truncated") * 2


@st.composite
def http_answer(draw: st.DrawFn, secrets: Sequence[str], *, slow: bool = True) -> tuple[int, Mapping[str, str], str, str]:
    """Any answer; with `slow`, now and then one that takes time."""
    headers: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        headers[name] = draw(st.sampled_from(HEADER_VALUES if "R" in name else OTHER_VALUES)).encode("utf-8").decode("latin-1")
    behaviour = draw(st.sampled_from(QUICK + ("drip", "endless") * slow))
    return draw(st.sampled_from(STATUSES)), headers, latin(draw(body(secrets))), behaviour


@st.composite
def answers(draw: st.DrawFn) -> Example:
    """Every kind of channel over HTTP, at services that answer anything."""
    names = draw(wired_channels)
    ses = draw(st.integers(0, 5)) == 5
    policy = f"channels:\n{channel_lines(names, {'webhook': WEBHOOK})}{SES * ses}{_rule([*names, *['dev@example.com'] * ses])}"
    env = secrets_of(names)
    secrets = [*env.values(), *(SECRETS[name] for name in ("TOKEN", "PASSWORD", "KEY") if f"${{{name}}}" in policy)]
    served = {path: draw(_some(secrets, slow=name != "apprise")) for name in names for path in WIRED[name].taken}
    return _sent(
        draw, policy, {**SECRETS, **env}, answers={**served, **({"/v2/email/outbound-emails": draw(_some(secrets))} if ses else {})}
    )


def _some(secrets: Sequence[str], *, slow: bool = True) -> st.SearchStrategy[list[tuple[int, Mapping[str, str], str, str]]]:
    return st.lists(http_answer(secrets, slow=slow), min_size=1, max_size=3)


@st.composite
def conversations(draw: st.DrawFn) -> Example:
    """The start and the end of a run, at services that answer anything to the change of a message; in half of them, to all."""
    talking = [name for name, row in WIRED.items() if row.changed]
    names = draw(st.lists(st.sampled_from(talking), min_size=1, max_size=3, unique=True))
    asked = {name: draw(st.sampled_from(["", *(f', "conversation": "{word}"' for word in ("update", "thread", "new"))])) for name in names}
    policy = f"channels:\n{channel_lines(names, asked)}{_rule(names).replace('trigger,', 'trigger, waiting,', 1)}"
    env, sound = secrets_of(names), draw(st.booleans())
    secrets = list(env.values())
    served = {row.changed: draw(_some(secrets, slow=False)) for row in map(WIRED.__getitem__, names) if row.changed}
    taken = good_answers(names)
    served |= (
        taken if sound else {path: [*rows, *draw(_some(secrets, slow=False))][draw(st.integers(0, 1)) :] for path, rows in taken.items()}
    )
    given = ["--policy", POLICY, "--receipts", RECEIPTS]
    end = draw(st.sampled_from(["success", "failure", "cancelled"]))
    commands = [["send", "trigger", *given], ["send", "completion", "--status", end, *given, "--report", REPORT]]
    files = {f"{ELSEWHERE}/policy.yml": latin(policy)}
    return Example(commands, {**SECRETS, **env, **CI}, files, answers=served, heard=names if sound else ())


VERBS = ("greeting", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "body", "RSET", "QUIT")
CODES = (
    *(220, 220, 250, 250, 250, 354, 235, 334, 221, 421, 421, 450, 451, 452, 454, 500, 501, 503, 530, 535, 550, 552, 554),
    *(0, 99, 199, 299, 600, 999),
)


@st.composite
def line(draw: st.DrawFn, secrets: Sequence[str]) -> str:
    """A line of a mail server, or several, or none."""
    if draw(st.integers(0, 12)) == 12:
        return str(draw(st.sampled_from(("close", "reset") * 6 + ("hang", "flood", "drip", "endless"))))
    code = draw(st.sampled_from(CODES))
    words = draw(
        st.one_of(
            texts,
            echoes(secrets),
            st.sampled_from(["OK", "5.7.1 no", "4.7.0 later", "SIZE 10", "AUTH PLAIN LOGIN", "AUTH XOAUTH2", "SMTPUTF8", "STARTTLS"]),
        )
    )
    more = draw(st.sampled_from(["", "", f"{code}-", f"{code}-x\r\n{code} ", f"{code}-SIZE 1\r\n{code} ", "250-a\r\n", "\r\n"]))
    end = draw(st.sampled_from(["", "", "", "", " then close", "\r\n250 more"]))
    said: str = more + (f"{code} " if not more.endswith("-") else "") + words + end
    return said.encode("utf-8", "replace").decode("latin-1")


@st.composite
def mail_answers(draw: st.DrawFn) -> Example:
    """A mail server that says anything at some of its phases."""
    phases = draw(st.lists(st.sampled_from(VERBS), max_size=4, unique=True))
    login = draw(
        st.sampled_from(["", ', username: "${SES_USER}", password: "${PASSWORD}"', ', username: u, password: "${TOKEN}", auth: xoauth2'])
    )
    secured = "starttls" if login else draw(st.sampled_from(["none", "none", "none", "starttls", "tls"]))
    channel = f"  mail: {{kind: smtp, host: 127.0.0.1, port: {SMTP_PORT}, security: {secured}, from: ci@example.com{login}}}\n"
    secrets = [SECRETS[name] for name in SECRETS if name in login] or ["x"]
    script = {phase: draw(st.lists(line(secrets), min_size=1, max_size=3)) for phase in phases}
    told = draw(
        st.lists(
            st.sampled_from(["dev@example.com", "b@example.com", "ä@example.com", "c@münchen.example"]), min_size=1, max_size=3, unique=True
        )
    )
    return _sent(draw, f"channels:\n{channel}{_rule(told)}", {**SECRETS, "SES_USER": "AKIA"}, mail=script)


def _rule(told: list[str]) -> str:
    rule = f"notifications: [{{on: [trigger, success, failure, cancelled], send_to: {json.dumps(told)}}}]\n"
    return f"{rule}delivery: {LIMITS}\n"


def _sent(draw: st.DrawFn, policy: str, env: Mapping[str, str], **served: Any) -> Example:
    hook = draw(st.sampled_from(HOOKS))
    slow = any(deed in json.dumps(list(served.values())) for deed in SLOW)
    if slow:
        policy = policy.replace(LIMITS, "{timeout: 0.3, budget: 1, attempts: 2}")
    strict = ["--strict"] if draw(st.booleans()) else []
    return Example(
        commands=[["explain", *hook, "--policy", POLICY, "--json"], ["send", *hook, "--policy", POLICY, "--report", REPORT, *strict]],
        env={**env, **CI},
        files={f"{ELSEWHERE}/policy.yml": latin(policy)},
        virtual=not slow,
        **served,
    )
