"""Addresses in every spelling, and an administrator's list of hosts: what is not on it must never be asked for."""

from __future__ import annotations

import json

from checks import CORES
from example import ELSEWHERE, PORT, SERVER, Example, latin, variable
from hypothesis import strategies as st
from mutations import HOSTILE
from policy_inputs import CI, REPORT
from run_inputs import POLICY

HOSTS = (
    *("good.test", "evil.test", "a.good.test", "GOOD.test", "good.test.", "good.test..", "ｇood.test", "good。test", "goo\u00addtest"),
    *("127.0.0.1", "127.1", "127.0.0.9", "0177.0.0.1", "0x7f000001", "2130706433", "127.0.0.1.", "１２７.0.0.1", "localhost"),
    *("[::1]", "[::ffff:127.0.0.1]", "[::1%25lo]", "xn--good-.test"),
    *(f"evil.test{between}.good.test" for between in ("\\", "#", "?", "/", "%2f", "%00", "\t", "\n", " ", ";", "@", "\u3002")),
    *("", ".", "*.good.test", "${HOST}"),
)
LOGINS = (
    *("", "", "", "a@", "a:b@", "good.test@", "good.test\\@", "good.test:1\\@", "evil.test\\@", f"evil.test:{PORT}\\@"),
    *("good.test#@", "good.test%40@", "@", "a@b@", "${PASSWORD}@", "\\\\"),
)
SCHEMES = (*["http://"] * 4, "https://", "HTTP://", "http:/", "http:\\\\", "//", "", "http:", "ftp://", "http://http://", " http://")
PORTS = (f":{PORT}", f":{PORT}", f":{PORT}", "", ":", ":0", ":99999", f":{PORT}{PORT}", ":٨٠", ":+80", ":-1", ":${NUMBER}")
PATHS = ("/hook", "", "/", "?x", "#x", "/../x", "/\\x", "/%zz", "/é", "/a b", "/${PASSWORD}", "\\@good.test/")
LISTS = (
    *("good.test", "*.good.test", "good.test,127.0.0.1", "*.test", "127.0.0.1", "::1", "[::1]", ",", " ", "GOOD.TEST", "good.test."),
    *("*", "g?od.test", "[!e]*.test"),
)

pieces = st.tuples(*(st.sampled_from(names) for names in (SCHEMES, LOGINS, HOSTS, PORTS, PATHS))).map("".join)


@st.composite
def address(draw: st.DrawFn) -> str:
    """An address, now and then with something odd in it."""
    text = draw(pieces)
    if draw(st.integers(0, 3)) == 3:
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from([piece for piece in HOSTILE if len(piece) < 40])) + text[at:]
    return text


@st.composite
def addresses(draw: st.DrawFn) -> Example:
    """A message to an address that stands in the policy, or in a variable, where only some hosts are allowed."""
    where = draw(address())
    written = where if draw(st.booleans()) else "${WHERE}"
    kind = draw(st.sampled_from(["webhook", "webhook", "slack", "ntfy", "pagerduty", "telegram", "apprise", "ses", "smtp"]))
    channel = {
        "ntfy": {"url": written, "topic": "builds"},
        "pagerduty": {"api_url": written, "routing_key": "${PASSWORD}"},
        "telegram": {"api_url": written, "token": "${BOT}", "chat_id": "7"},
        "ses": {"endpoint_url": written, "region": "eu-west-1"},
        "smtp": {"host": draw(st.sampled_from([*HOSTS, "${WHERE}"])), "port": PORT, "security": "none"},
    }.get(kind, {"url": written})
    if kind in ("smtp", "ses"):
        channel["from"] = "ci@example.com"
    if kind == "ses":
        channel |= {"access_key_id": "${PASSWORD}", "secret_access_key": "${PASSWORD}"}
    policy = {
        "channels": {"hook": {"kind": kind, **channel}},
        "notifications": [{"on": "failure", "send_to": ["dev@example.com" if kind in ("smtp", "ses") else "hook"]}],
        "delivery": {"timeout": 1, "budget": 3, "attempts": 1},
    }
    env = {
        "WHERE": where,
        "HOST": draw(st.sampled_from(HOSTS)),
        "NUMBER": PORT,
        "PASSWORD": CORES["PASSWORD"],
        "BOT": f"7:{CORES['PASSWORD']}",
    }
    if draw(st.integers(0, 3)):
        env["TOCSIN_ALLOWED_HOSTS"] = draw(st.sampled_from(LISTS))
    if draw(st.integers(0, 5)) == 5:
        env[draw(st.sampled_from(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]))] = draw(
            st.sampled_from([SERVER, where, f"u:{CORES['TOKEN'][:40]}@127.0.0.1:{PORT}"])
        )
        env["NO_PROXY"] = draw(
            st.sampled_from(["", "*", "good.test", "*.test", ".test", "127.0.0.0/8", "::1/128", "[::1]", where, ",,", "127.0.0.0/99"])
        )
    send = ["send", "completion", "--status", "failure", "--policy", POLICY, "--report", REPORT]
    return Example(
        commands=[["check", POLICY], send],
        env={**{name: variable(value) for name, value in env.items()}, **CI},
        files={f"{ELSEWHERE}/policy.yml": latin(json.dumps(policy))},
        answers={"*": [(200, {}, "ok", "answer")]},
    )
