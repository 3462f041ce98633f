"""Policies: the tests' own, changed anywhere, and new ones with every key of the model and every option of every kind of channel."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml
from checks import CORES
from example import ELSEWHERE, REPOSITORY, SERVER, Example, latin
from hypothesis import strategies as st
from mutations import deep_values, scalars, spoiled_text, texts, values
from wired import WIRED, secrets

from tocsin import channels
from tocsin.policy.model import EVENTS, Delivery, Environment, Notification, Policy, Recipient
from tocsin.terms import SELECTORS, SETTINGS

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "cases"
REPORT = f"../{ELSEWHERE}/report.json"
CI = {"TOCSIN_CI": "generic", "TOCSIN_RUN_ID": "7", "TOCSIN_APP": "shop", "TOCSIN_BRANCH": "main"}
HOOKS = (("completion", "--status", "failure"), ("completion", "--status", "success"), ("trigger",))

SECRETS = {
    **{
        name: f"{SERVER}/{name.split('_')[0].lower()}/services/T0/{core}?sig={core[::-1]}"
        for name, core in CORES.items()
        if name.endswith("URL")
    },
    "TOKEN": CORES["TOKEN"],
    "PASSWORD": f'a "b"  c&d</e>{CORES["PASSWORD"]}',
    "KEY": "-----BEGIN PRIVATE KEY-----\n" + "\n".join(re.findall(".{1,40}", CORES["KEY"])) + "\n-----END PRIVATE KEY-----\n",
    "GITHUB_TOKEN": CORES["GITHUB_TOKEN"],
    **secrets(name for name, row in WIRED.items() if "URL" not in row.secret[0] or row.kind == "apprise"),
}


@cache
def originals() -> list[str]:
    """The policies of the tests, the examples and the docs."""
    places = [*CASES.glob("policy/*/*.yml"), *CASES.glob("*/policy.yml"), *(ROOT / "examples").glob("**/*tocsin*.yml")]
    places += [*CASES.glob("payloads/*/*.yml"), ROOT / "src" / "tocsin" / "demo" / "policy.yml"]
    return [path.read_bytes().decode("utf-8", "replace") for path in sorted(places) if path.stat().st_size < 20_000]


def mostly(good: st.SearchStrategy[Any], other: st.SearchStrategy[Any] = values) -> st.SearchStrategy[Any]:
    """`good`, and in one of thirty cases something else."""
    return st.integers(0, 29).flatmap(lambda number: other if number == 29 else good)


def _some(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return items | st.lists(items, min_size=1, max_size=4)


names = st.sampled_from(["team", "mail", "ops", "hook", "a", "X-1", "é"])
references = st.sampled_from([f"${{{name}}}" for name in SECRETS if name != "GITHUB_TOKEN"])
globs = st.sampled_from(["*", "main", "!main", "shop", "release/*", "[a-z]*", "!*", "v?"]) | texts
templates = st.sampled_from(["{{ app }}", "{{devtronAppName}}", "{% for f in failures %}{{ f.job }}{% endfor %}", "plain", "{{ x"]) | texts

# Good values for the keys that have their own forms; the others are tried with texts, numbers and switches.
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "url": references,
    "endpoint_url": st.just(SERVER),
    "host": st.just("127.0.0.1"),
    "port": st.sampled_from([25, 587, "2525"]),
    "from": st.sampled_from(["ci@example.com", "CI <ci@example.com>", '"C, I" <ci@example.com>']),
    "region": st.just("eu-west-1"),
    "security": st.sampled_from(["none", "tls", "starttls"]),
    "method": st.sampled_from(["POST", "PUT", "PATCH"]),
    "headers": st.dictionaries(st.sampled_from(["X-A", "Authorization", "Content-Type"]), references, max_size=3),
    "payload": st.recursive(
        templates | scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
    ),
    "payload_file": st.sampled_from(["payload.json", "../x", ".git/config"]),
    "thread_id": st.just("123456789"),
    "default": st.booleans(),
    "auth": st.sampled_from(["password", "xoauth2"]),
    "reply_to": st.just("a@example.com"),
    "topic": st.sampled_from(["builds", "${TOKEN}", "a b"]),
    "chat_id": st.sampled_from(["-1009876543210", "@builds", "7"]),
    "channel": st.sampled_from(["#builds", "C0123ABCD"]),
    "api_url": st.just(SERVER),
    "conversation": st.sampled_from(["update", "thread", "new"]),
    "update": st.booleans(),
    "fallback": st.sampled_from(["team", "mail", "dev@example.com"]),
    "format": st.just("cloudevents"),
    "text": templates,
    "message": st.dictionaries(st.sampled_from(["title", "text", "colour"]), templates, max_size=3),
    **dict.fromkeys(("token", "routing_key", "sign"), references),
    **dict.fromkeys(("password", "signing_secret", "access_key_id", "secret_access_key", "session_token", "username"), references),
}
REQUIRED = {
    "webhook": ("url",),
    "smtp": ("host", "port", "from", "security"),
    "ses": ("region", "from", "endpoint_url"),
    "telegram": ("chat_id",),
    "ntfy": ("topic",),
}


@st.composite
def records(draw: st.DrawFn, good: dict[str, st.SearchStrategy[Any]], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A mapping of some of the keys, now and then with a wrong value or an unknown key."""
    chosen = [*required, *draw(st.lists(st.sampled_from(sorted(good)), max_size=4, unique=True))]
    record = {key: draw(mostly(good[key])) for key in dict.fromkeys(chosen)}
    if draw(st.integers(0, 15)) == 15:
        record[draw(texts)] = draw(values)
    return record


@st.composite
def channel(draw: st.DrawFn) -> dict[str, Any]:
    """A channel of any kind, with any of its options."""
    kind = draw(st.sampled_from(sorted(channels.KINDS)))
    fields = channels.load(kind).Options.model_fields
    keys = [field.alias or name for name, field in fields.items() if name != "kind"]
    options = draw(records({key: GOOD.get(key, scalars) for key in keys}, REQUIRED.get(kind, ())))
    return {"kind": kind, **options}


def _literals(field: str) -> st.SearchStrategy[Any]:
    words = get_args(Environment.model_fields["tier"].annotation)
    return st.sampled_from(["production", "other", *map(str, words)]) if field == "tier" else texts


selectors = records({name: _some(st.sampled_from(term.words) if term.words else globs) for name, term in SELECTORS.items()})
settings = records(dict.fromkeys(SETTINGS, templates))
recipients = st.one_of(
    names,
    st.sampled_from(["dev@example.com", "a+b@example.com", "ä@example.com"]),
    records({key: names | st.just("dev@example.com") for key in Recipient.model_fields}),
)
rules = records(
    {
        **dict.fromkeys(Notification.model_fields, texts),
        "on": _some(st.sampled_from(EVENTS)),
        "pipelines": _some(selectors),
        "send_to": _some(recipients),
    },
    ("on", "send_to"),
)
numbers = st.sampled_from([0.5, 1, 2, 3, "1", 300, 0])
SECTIONS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(Policy.model_fields, values),
    "version": st.just(1),
    "context": records(
        {
            **dict.fromkeys(SETTINGS, templates),
            "rules": st.lists(records({"when": selectors, "set": settings}, ("when", "set")), max_size=3),
        }
    ),
    "environments": st.dictionaries(texts, records({key: _literals(key) for key in Environment.model_fields}), max_size=3),
    "channels": st.dictionaries(names, channel(), min_size=1, max_size=4),
    "notifications": st.lists(rules, max_size=4),
    "delivery": records(
        {
            **dict.fromkeys(Delivery.model_fields, numbers),
            "budget": numbers | st.fixed_dictionaries({"trigger": numbers, "completion": numbers}),
        }
    ),
}


@st.composite
def made(draw: st.DrawFn) -> str:
    """A policy of the model's keys, as YAML or JSON."""
    policy = draw(records(SECTIONS, ("channels", "notifications")))
    if draw(st.integers(0, 3)):
        _serve(policy)
    if draw(st.booleans()):
        return json.dumps(policy, ensure_ascii=draw(st.booleans()))
    try:
        return yaml.safe_dump(policy, allow_unicode=True, default_flow_style=draw(st.sampled_from([None, False])))
    except (yaml.YAMLError, UnicodeError):
        return json.dumps(policy)


def _serve(policy: dict[str, Any]) -> None:
    """Let the rules name channels that are there."""
    listed, found = policy["notifications"], policy["channels"]
    named = (
        [name for name, options in found.items() if isinstance(options, dict) and options.get("kind") not in channels.MAIL_KINDS]
        if isinstance(found, dict)
        else []
    )
    for rule in listed if named and isinstance(listed, list) else []:
        if isinstance(rule, dict):
            rule["send_to"] = named


def _large(shape: tuple[str, int, str]) -> str:
    piece, times, end = shape
    return piece * times + end


PIECES = (
    *("x-a: [" + "a, " * 50, "[", "{a: ", "- ", "? ", "'", '"', "{{#a", "{% raw %}", "&a ", "*a ", "!a "),
    *("x: {", "# ", "\n", "  ", "a: b\n", "x-: &a [*a, ", ">\n ", "\\"),
)
large = st.tuples(st.sampled_from(PIECES), st.sampled_from([10, 1000, 30_000]), st.sampled_from(["", "]", "\nchannels: {}\n", "x"])).map(
    _large
)
raw = st.binary(max_size=200).map(lambda data: data.decode("latin-1"))


@st.composite
def policies(draw: st.DrawFn) -> Example:
    """A policy, which is checked, explained, listed and sent by without sending."""
    source = draw(st.sampled_from(["made", "made", "made", "spoiled made", "spoiled", "spoiled", "spoiled", "large", "deep", "raw"]))
    if source == "raw":
        return example(draw(raw), {}, draw(st.sampled_from(HOOKS)))
    if source == "deep":
        text = json.dumps({draw(st.sampled_from(["channels", "x-a", "notifications"])): draw(deep_values)})
    elif source == "large":
        text = draw(large)
    elif source == "made":
        text = draw(made())
    else:
        text = draw(spoiled_text(originals() if source == "spoiled" else [draw(made())]))
    return example(latin(text), {}, draw(st.sampled_from(HOOKS)), draw(st.sampled_from(["text", "json", "github", "gitlab"])))


def example(policy: str, env: dict[str, str], hook: tuple[str, ...], form: str = "text") -> Example:
    """The commands that read a policy, on a run of a generic CI."""
    named = dict.fromkeys(re.findall(r"\$\{(\w+)\}", policy)[:50], f"{SERVER}/p/{CORES['TEAMS_WEBHOOK_URL']}")
    commands = [["check", "--format", form], ["explain", *hook, "--json"], ["send", *hook, "--dry-run", "--report", REPORT]]
    return Example(
        commands=[*commands, *([["channels", "list"]] if form == "text" else [])],
        env={**named, **SECRETS, **CI, **env},
        files={f"{REPOSITORY}/.tocsin.yml": policy, f"{REPOSITORY}/payload.json": '{"a": "{{ app }}",}'},
    )
