"""What must hold for whatever the program is given. `require` raises a Finding for the first thing that does not."""

from __future__ import annotations

import base64
import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, NoReturn
from urllib.parse import unquote

from example import Example, Result
from inprocess import CONTROLS, Answer

EXIT_CODES = (0, 1, 2, 3, 4)
RUNNER_VALUES = {"tocsin", "event", "delivered", "failed", "skipped", "report"}  # outputs, and the state of the step
LEAK_CHARS = 12  # so many characters of a secret in a row are a part of it, and no chance
_ANNOTATION = re.compile(r"::(error|warning)( [^\n]*)?::[^\n]*")  # what `check --format github` prints
_ACTION_LINE = re.compile(r"::(add-mask|debug|notice|warning|error|group|endgroup)( [^\n]*)?::[^\n]*")
_MASK_LINE = re.compile(r"^::add-mask::.*$", re.MULTILINE)
_DEFECT = re.compile(r"a defect of tocsin, please report it: ([^\n\"]*)")

# The parts of the secrets that nobody can guess, by the variable that holds them.
CORES = {
    "SLACK_WEBHOOK_URL": "Zk81Ncq0XvWr6TtPe4Ly2BsU",
    "DISCORD_WEBHOOK_URL": "q7Rb2Kd9Yf4Hs6Jw1Mx8Nv3C",
    "TEAMS_WEBHOOK_URL": "Ht5Gy8Vb2Qz7Mk4Lp9Xs1Wn6",
    "RINGCENTRAL_WEBHOOK_URL": "u3Te6Oa9Ri2Es5Nd8Gl1Pk4F",
    "GOOGLE_CHAT_WEBHOOK_URL": "Bx6Wq1Za8Sc3Xe9Dv5Rf2Tg7",
    "MATTERMOST_WEBHOOK_URL": "f8Lk3Vd6Hq1Ur4Yb9Oj2Zm5S",
    "MATTERMOST_TOKEN": "e7xq2nv9kb4yt6hw1cz8mj5r3d",
    "WEBHOOK_WEBHOOK_URL": "Ck2Jw7Nt4Ep9Gx1Dq6Ma3Rv8",
    "SLACK_BOT_TOKEN": "w6Ub1Xr8Fj3Tz5Ld9Py4Kc7H",
    "PAGERDUTY_ROUTING_KEY": "5b9e1d7a3f8c2e6b4d0a9f7e1c3b8d52",
    "TELEGRAM_BOT_TOKEN": "AAHs3Vy9Kq5Bn1Wt7Gc4Zf8J",
    "NTFY_TOKEN": "m4Eo9Si2Yx7Ql5Hv1Du8Rg3N",
    "APPRISE_URL": "Oz3Ct8Mf5Pb1Xk7Jw4Nq9Ld6",
    "TOKEN": "eyJhbGciOiJIUzI1NiJ9" + "Qm4Xw8Tz2Lp6Vn0Kc5Jd9Rs3Gf7Hb1" * 9,
    "PASSWORD": "Pw7Nc3Xk9Qv5Jz1Fh8Ly4Rd6",
    "KEY": "MIIEvQIBADANBgkqhkiG9w0B" + "Sd8Fg3Hj7Kl2Zx6Cv1Bn5Mq9" * 6,
    "GITHUB_TOKEN": "ghsLw4Qe8Rt2Yu6Io0Pa3Sd7Fg",
    "INPUT_TOKEN": "ghsXc5Vb9Nm1Qw4Er7Ty2Ui6Op",
    "TOCSIN_GITLAB_TOKEN": "glpatJk3Hg7Fd1Sa5Po9Iu2Yt6",
}


class Finding(Exception):  # noqa: N818  it is no error of the fuzzer's
    """What did not hold. `kind` is the same for the same fault, `text` shows it."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind, self.text = kind, text


def fail(kind: str, text: object = "") -> NoReturn:
    """Raise the Finding."""
    raise Finding(kind, str(text)[:2000])


def require(example: Example, result: Result) -> None:
    """Hold what came of an example against all that the program promises."""
    for words, answer in _each(example, result):
        _require_decent(words, answer)
    for text in result.broken:
        fail(text)
    outputs = [text for answer in result.answers for text in (answer.out, answer.err)]
    for place, text in {"the output": "\n".join(outputs), "the report": result.report or ""}.items():
        _require_no_secret(place, _MASK_LINE.sub("", text))
    for request in result.requests:
        if request.method != "GET" and request.headers.get("content-type", "").startswith("application/json"):
            _json(request.body.decode("utf-8"), f"a body sent to {request.path.partition('?')[0]}")
    if not any(name.endswith("_PROXY") for name in example.env):  # a proxy is asked for whatever may be sent to
        _require_allowed(example.env.get("TOCSIN_ALLOWED_HOSTS", ""), result.contacted)
    strange = {name for values in result.values.values() for name in values} - RUNNER_VALUES
    if strange:
        fail("a foreign output or state of the step", strange)
    _require_report(example, result)


def _require_allowed(allowed: str, contacted: Sequence[str]) -> None:
    """Where an administrator names hosts, none but those are asked for."""
    globs = [_plain_host(glob) for glob in allowed.replace(",", " ").split()]
    for host in contacted if allowed else ():
        if not any(fnmatchcase(_plain_host(host), glob) for glob in globs):
            fail("a host that is not allowed is asked for", f"{host!r} is not among {allowed!r}")


def _plain_host(text: str) -> str:
    return text.lower().strip("[]").rstrip(".") if ":" in text else text.lower().rstrip(".")


def _each(example: Example, result: Result) -> Iterator[tuple[Sequence[str], Answer]]:
    """The commands of an example and their answers."""
    return zip(example.commands, result.answers, strict=True)


def _require_decent(words: Any, answer: Answer) -> None:
    defect = _DEFECT.search(answer.out + answer.err)
    if defect:
        fail(f"a defect: {defect[1]}")
    if answer.code not in EXIT_CODES:
        fail(f"exit code {answer.code}", answer)
    if "Traceback (most recent" in answer.out + answer.err:
        fail("a traceback", answer)
    if answer.code > 1 and "error" not in answer.err + answer.out:
        fail(f"exit code {answer.code} without an error", answer)
    commands = _ACTION_LINE if words[0] == "action" else _ANNOTATION if "github" in words else None
    for line in answer.out.split("\n"):
        _require_plain(line, commands)
    for line in answer.err.splitlines():
        _require_plain(line, None)
        if not line.startswith("tocsin: "):
            fail("a line of talk that does not say who talks", line)
    if answer.code == 0 and ("--json" in words or "json" in words or "gitlab" in words):
        _json(answer.out, f"{words[0]}'s answer")


def _require_plain(line: str, commands: re.Pattern[str] | None) -> None:
    control = CONTROLS.search(line)
    if control:
        fail(f"control character U+{ord(control[0]):04X} in the output", line)
    if line.lstrip().startswith("::") and not (commands and commands.fullmatch(line)):
        fail("a forged log command", line)
    if "##[" in line:
        fail("a forged log command", line)


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda word: fail(f"{word} in {what}"))
    except ValueError as error:
        fail(f"{what} is no JSON", f"{error}\n{text}")


def _require_no_secret(place: str, text: str) -> None:
    for name, piece in leaked(text):
        fail(f"a part of {name} in {place}", piece)


def leaked(text: str) -> Iterator[tuple[str, str]]:
    """The variables of which a part stands in a text, plain, escaped, folded or in base64, and where it stands."""
    forms = (text, unquote(text), html.unescape(text), re.sub(r"\\[rnt]|[\s\\…]+", "", text))
    for name, pieces in _PIECES.items():
        for form, piece in product(forms, pieces):
            at = form.find(piece)
            if at >= 0:
                yield name, f"{piece} in …{form[max(0, at - 300) : at + 300]}…"
                break


def _pieces(core: str) -> list[str]:
    plain = [core[start : start + LEAK_CHARS] for start in range(0, len(core) - LEAK_CHARS + 1, 1 if len(core) < 40 else 5)]
    return plain + [base64.b64encode(core[start : start + 18].encode()).decode() for start in range(3)]


_PIECES = {name: _pieces(core) for name, core in CORES.items()}


def _require_report(example: Example, result: Result) -> None:
    """Each destination that `explain` names stands in the report once, and what it says agrees with what arrived."""
    sent = [answer for words, answer in _each(example, result) if words[0] == "send" and "--report" in words]
    if not sent or sent[-1].code > 1:
        return
    if result.report is None:
        fail("no report", sent[-1])
    found = _DEFECT.search(result.report)
    if found:
        fail(f"a defect: {found[1]}")
    report = _json(result.report, "the report")
    rows = report["deliveries"]
    _require_rows(rows, report["totals"])
    names = Counter((row["channel"], row["recipient"]) for row in rows)
    for words, answer in _each(example, result):
        if words[0] == "explain" and "--json" in words and answer.code == 0:
            wanted = Counter((row["channel"], row["recipient"]) for row in json.loads(answer.out)["deliveries"])
            if wanted != names:
                fail("the report's rows are not explain's", f"{wanted - names} are missing, {names - wanted} are too many")
    if len(sent) == len([words for words in example.commands if words[0] == "send"]):
        _require_arrivals(rows, Counter(request.path.partition("?")[0] for request in result.requests))
    lost = [row for row in rows if row["channel"] in example.heard and row["outcome"] != "delivered"]
    if lost:
        fail("a message is lost because another one cannot be changed", lost)


def _require_rows(rows: Any, totals: Any) -> None:
    told = Counter(row["outcome"] for row in rows)
    if {word: told.get(word, 0) for word in totals} != totals or not set(told) <= {"delivered", "failed", "skipped"}:
        fail("the report's totals are wrong", f"{told} {totals}")
    for row in rows:
        if row["reason"] is None and row["outcome"] != "delivered":  # a delivered one may say what it could not change
            fail("a row without its reason", row)
        if row["outcome"] == "delivered" and not row["attempts"]:
            fail("delivered without an attempt", row)
        if CONTROLS.search(str(row["reason"])) or len(str(row["reason"])) > 1000:
            fail("a reason with control characters, or without end", row)


def _require_arrivals(rows: Any, arrived: Mapping[str, int]) -> None:
    """Of a channel that sends to a path of its own name, /NAME, as many requests arrived as attempts are told of, at most."""
    for row in rows:
        path = f"/{row['channel']}"
        if arrived.get(path, 0) > row["attempts"] or (path in arrived and row["outcome"] == "skipped"):
            fail("more arrived than is told", f"{arrived} {row}")
