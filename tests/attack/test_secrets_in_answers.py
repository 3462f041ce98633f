"""A service repeats what it was sent, in any form: no part of a secret is in the log, the report or the talk."""

from __future__ import annotations

import base64
import html
import json
import ssl
import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import trustme
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mail_servers import ScriptedSmtp
from projects import Project, Result
from servers import Answer, ScriptedServer, redactor

from tocsin.secrets.redactor import MASK, RUN_BYTES, Redactor

TOKEN = "Kq7vR2xWm9ZtB4nLc8YdH3pFs6JgT1eUa5Xo0iVk"
JWT = f"eyJhbGciOiJSUzI1NiJ9.{'aB3dE6gH9jK2mN5pQ8sT' * 16}.{'xY1zW4vU7tS0rQ3p' * 8}"
PASSPHRASE = "correct  horse   battery  staple 42"
PEM = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(TOKEN[i:] + TOKEN[:i] for i in range(6)) + "\n-----END PRIVATE KEY-----"
ODD = 'p@ss/w"rd&<x>\\é+100%=?'

ENCODERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent with slashes": quote,
    "percent in small letters": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%3D", "%3d").replace("%2B", "%2b"),
    "form": quote_plus,
    "json": lambda text: json.dumps(text)[1:-1],
    "json with utf-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "php's json": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "go's json": lambda text: json.dumps(text)[1:-1].replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003E"),
    "html": html.escape,
    "html in numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "html in hex": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "a login": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "smtp's login": lambda text: base64.b64encode(f"\0ci@example.com\0{text}".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
    "escaped bytes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "folded": lambda text: " ".join(text.split()),
    "in lines": lambda text: "\r\n".join(text[at : at + 11] for at in range(0, len(text), 11)),
}


def leaks(secret: str, shown: str, encode: Callable[[str], str] = str) -> list[str]:
    """The runs of eight characters, without white space, of a secret that are shown, in the form that they were sent in."""
    runs = {secret[at : at + 8] for at in range(max(1, len(secret) - 7))}
    return [run for run in runs if len("".join(run.split())) == len(run) and encode(run) in shown]


# What a secret is made of: a run of it is in no text of ours by chance.
CHARS = st.sampled_from(string.ascii_letters + string.digits + "-_./+=%&\"'<>\\ @:#?é€")
SECRET = st.text(CHARS, min_size=12, max_size=80).map(str.strip).filter(lambda text: len("".join(text.split())) >= 12)


@settings(max_examples=300)
@given(SECRET, st.sampled_from(sorted(ENCODERS)), st.sampled_from(sorted(ENCODERS)), st.data())
@example(ODD, "base64", "base64", None)
@example(PASSPHRASE, "folded", "json", None)
def test_no_composition_of_two_encoders_shows_a_part(secret: str, first: str, second: str, data: st.DataObject | None):
    redact = Redactor()
    redact.learn_text(secret)
    sent = ENCODERS[second](ENCODERS[first](secret))
    cut = data.draw(st.integers(0, len(sent))) if data else 0
    for echo in (sent, sent[cut:], sent[:cut]):
        shown = redact(f"<{echo}> ; {echo}")
        assert leaks(secret, shown, lambda run: ENCODERS[second](ENCODERS[first](run))) == []
        assert leaks(secret, shown) == []
    assert MASK in redact(f"<{sent}>")


@given(
    st.lists(st.text(st.sampled_from("abcXYZ019/:"), min_size=4, max_size=20), min_size=1, max_size=6), st.randoms(use_true_random=False)
)
def test_what_is_masked_does_not_depend_on_the_order_in_which_secrets_were_learned(secrets: list[str], random):
    text = " | ".join([*secrets, "".join(secrets)])
    shuffled = list(secrets)
    random.shuffle(shuffled)
    assert redactor(*secrets)(text) == redactor(*shuffled)(text)
    for secret in secrets:
        assert secret not in redactor(*secrets)(text)


@given(st.text(max_size=200))
def test_a_text_without_a_secret_stays_as_it_is(text: str):
    assert redactor(TOKEN, JWT, PASSPHRASE, "hunter2")(text) == text


@pytest.mark.parametrize("echo", [TOKEN[:12], f"{TOKEN[:9]}…", TOKEN[20:], TOKEN[7:16], TOKEN.lower(), TOKEN.upper()])
def test_a_part_is_masked(echo: str):
    assert redactor(TOKEN)(f"bad token {echo}!") == f"bad token {MASK}{'…' if '…' in echo else ''}!"


def test_fewer_than_eight_bytes_stay_and_words_stay_readable():
    assert RUN_BYTES == 8
    redact = redactor(TOKEN, "https://hooks.slack.com/services/T0/B0/Zm9vYmFyYmF6cXV4cXV1")
    assert redact(f"{TOKEN[:7]} hooks.slack.com /services/") == f"{TOKEN[:7]} hooks.slack.com /services/"


@pytest.mark.parametrize("echo", ["hunter2", "x hunter2.", "aHVudGVyMg==", "68756e74657232", "%68unter2"])
def test_a_short_secret_is_masked_whole(echo: str):
    assert "hunter2" not in redactor("hunter2")(echo)
    assert MASK in redactor("hunter2")(echo)


def test_shorter_than_four_characters_is_not_masked():
    assert redactor("abc")("abc") == "abc"
    assert redactor("abcd")("abcd") == MASK


def test_the_work_is_bounded():
    """Base64 within base64 within base64, hex within hex, escapes of escapes: all readings together stay near the text's size."""
    from tocsin.secrets.readings import readings

    layers = b"x/%41\\" * 6000
    for _ in range(3):
        layers = base64.b64encode(layers)
    for text in (layers[:65536], b"%" * 65536, b"%2525" * 13107, b"\\" * 65536, b"&amp;" * 13107, b"61" * 32768, b"A" * 65536):
        assert sum(len(reading.data) for reading in readings(text)) < 24 * 65536


# At the edges that users touch.


def shown(result: Result, project: Project) -> str:
    return result.out + result.err + (project.folder / "report.json").read_text(encoding="utf-8")


def webhook(project: Project, body: str, env: dict[str, str], policy: str) -> str:
    """All that is shown after a webhook has answered with `body`."""
    with ScriptedServer(Answer(403, body.encode("utf-8", "surrogatepass"))) as server:
        project.policy(policy)
        result = project.send(env={"URL": server.url("/in"), **env})
        assert server.requests, result.err
    text = shown(result, project)
    assert "HTTP 403" in text
    return text


HEADER = 'channels: {a: {kind: webhook, url: "${URL}", headers: {Authorization: "Bearer ${TOKEN}"}}}\nnotifications: [{on: failure, send_to: a}]\n'
FIELD = 'channels: {a: {kind: webhook, url: "${URL}", payload: {text: "${TOKEN}"}}}\nnotifications: [{on: failure, send_to: a}]\n'


@pytest.mark.parametrize(
    ("secret", "body"),
    [
        (TOKEN, f"{'x' * 163}{TOKEN} is unknown"),
        (JWT, f'{{"message": "Invalid key=value pair (missing equal-sign) in Authorization header: Bearer {JWT}"}}'),
        (JWT, f"{'x ' * 60}{JWT[:150]}"),
        (PASSPHRASE, f"wrong: {PASSPHRASE}"),
        (PASSPHRASE, f"wrong: {' '.join(PASSPHRASE.split())}"),
        *((TOKEN + ODD, f'{{"headers": {{"authorization": "Bearer {encode(TOKEN + ODD)}"}}}}') for encode in ENCODERS.values()),
    ],
)
@pytest.mark.parametrize("policy", [HEADER, FIELD], ids=["header", "payload"])
def test_a_webhook_that_repeats_the_request(project: Project, policy: str, secret: str, body: str):
    if policy is HEADER:
        secret, body = (text.replace("é", "e") for text in (secret, body))
    text = webhook(project, body, {"TOKEN": secret}, policy)
    assert leaks(secret, text) == []
    for encode in ENCODERS.values():
        assert leaks(secret, text, encode) == []


def test_a_key_in_lines(project: Project):
    text = webhook(project, json.dumps({"error": "cannot read", "key": PEM}), {"TOKEN": PEM}, FIELD)
    assert [line for line in PEM.split("\n")[1:-1] if leaks(line, text)] == []


KEY = "Zm9vYmFyYmF6cXV4cXV1"


@pytest.mark.parametrize("path", [f"/hook/{KEY}", f"/in?api-version=1&sig={KEY}", "/hook/k3yk3yk3", "/in?token=k3yk"])
@pytest.mark.parametrize("said", ["no hook {key}", "cannot POST {path}", '{{"url": "{escaped}"}}'])
def test_a_webhook_s_address_in_part(project: Project, path: str, said: str):
    key = path.rpartition("=" if "=" in path else "/")[2]
    with ScriptedServer(Answer(404, said.format(key=key, path=path, escaped=path.replace("/", "\\/")).encode())) as server:
        project.policy('channels: {a: {kind: webhook, url: "${URL}"}}\nnotifications: [{on: failure, send_to: a}]\n')
        result = project.send(env={"URL": server.url(path)})
    text = shown(result, project)
    assert "HTTP 404" in text
    assert key not in text


@pytest.mark.parametrize("encode", ENCODERS.values(), ids=ENCODERS)
def test_slack_repeats_its_key(project: Project, encode: Callable[[str], str]):
    key = f"{KEY}/{TOKEN}"
    with ScriptedServer(Answer(404, f"no_service_here for {encode(key)}".encode())) as server:
        project.policy("channels: {a: {kind: slack}}\nnotifications: [{on: failure, send_to: a}]\n")
        result = project.send(env={"SLACK_WEBHOOK_URL": server.url(f"/services/T0/B0/{key}")})
    text = shown(result, project)
    assert "HTTP 404" in text
    assert leaks(KEY, text) + leaks(TOKEN, text) + leaks(KEY, text, encode) + leaks(TOKEN, text, encode) == []


@pytest.mark.parametrize("phase", ["AUTH", "MAIL", "RCPT", "DATA", "body"])
@pytest.mark.parametrize("form", ["plain", "smtp's login", "base64", "hex"])
def test_a_mail_server_repeats_the_login(project: Project, tmp_path: Path, phase: str, form: str):
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    said = f"5.7.0 {'x' * 170} {ENCODERS[form](TOKEN)}"
    script = {"EHLO": "250-mail.test\r\n250 AUTH PLAIN", phase: f"535 {said}"}
    with ScriptedSmtp(script, tls=context) as server:
        project.policy(
            f'channels: {{m: {{kind: smtp, host: 127.0.0.1, port: {server.port}, security: tls, username: ci@example.com, password: "${{P}}", '
            "from: ci@example.com}}\nnotifications: [{on: failure, send_to: dev@example.com}]\n"
        )
        result = project.send(env={"P": TOKEN, "TOCSIN_CA_FILE": str(tmp_path / "ca.pem")})
    text = shown(result, project)
    assert "535" in text
    assert leaks(TOKEN, text) + leaks(TOKEN, text, ENCODERS[form]) == []


def test_ses_repeats_the_keys(project: Project):
    said = json.dumps({"message": f"{'x' * 180} credential {TOKEN} {base64.b64encode(TOKEN.encode()).decode()}"})
    with ScriptedServer(Answer(403, said.encode(), {"x-amzn-errortype": "AccessDeniedException"})) as server:
        project.policy(
            f'channels: {{m: {{kind: ses, region: eu-west-1, access_key_id: "${{ID}}", secret_access_key: "${{S}}", from: ci@example.com, '
            f'endpoint_url: "{server.url("")}"}}}}\nnotifications: [{{on: failure, send_to: dev@example.com}}]\n'
        )
        result = project.send(env={"ID": "AKIAEXAMPLE000000", "S": TOKEN, "HOME": str(project.folder)})
        assert server.requests
    text = shown(result, project)
    assert "AccessDenied" in text
    assert leaks(TOKEN, text) + leaks(TOKEN, text, ENCODERS["base64"]) == []


def test_what_only_configures_a_channel_stays_readable(project: Project):
    with ScriptedServer(Answer(404, b"no main at smtp.example.com for ci@example.com, true")) as server:
        project.policy(
            'channels: {a: {kind: webhook, url: "http://${HOST}/x", headers: {X-Branch: "${BRANCH}"}, payload: {debug: "${FLAG}"}}}\n'
            "notifications: [{on: failure, send_to: a}]\n"
        )
        result = project.send(env={"HOST": f"127.0.0.1:{server.port}", "BRANCH": "main", "FLAG": "true"})
    assert result.rows()["a"] == ("failed", "HTTP 404: no main at smtp.example.com for ci@example.com, true")
