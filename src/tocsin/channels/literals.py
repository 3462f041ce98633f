"""Credentials that are written out as literal text: tokens by their beginnings, addresses that are secrets, logins within addresses.

The beginnings are those that the services document, so that scanners can find leaked tokens:
https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from typing import Literal

from tocsin import secrets
from tocsin.channels import KINDS
from tocsin.secrets.parts import KEY_MIN_CHARS, KEY_PARAMETERS, is_short_key, url_of

# Further addresses that are credentials, as Kind.secret_urls has those of the kinds: globs over host and path. They are of services
# that are no kind of channel, on hosts of anybody's, or of another form than the kind's url.
_OTHER_URLS = (
    f"*/hooks/{'[a-z0-9]' * 26}", "api.telegram.org/bot*", "events*.pagerduty.com/integration/*",
    "hooks.zapier.com/hooks/*", "hook.*.make.com/*", "maker.ifttt.com/trigger/*", "webexapis.com/v1/webhooks/incoming/*",
    "open.feishu.cn/open-apis/bot/*", "open.larksuite.com/open-apis/bot/*", "oapi.dingtalk.com/robot/send",
    "qyapi.weixin.qq.com/cgi-bin/webhook/*", "*.m.pipedream.net/*",
)  # fmt: skip

# What a token begins with, and its form. A form is only compiled where its beginning stands in a text: that costs a start nothing.
_TOKENS = {
    "xox": r"xox[abeoprs](?:\.xox[a-z])?-[\w-]{10,}", "xapp-": r"xapp-[\w-]{10,}",  # Slack
    **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[oprsu]_\w{20,}"), "github_pat_": r"github_pat_\w{20,}",
    **{f"gl{kind}-": rf"gl{kind}-[\w.-]{{16,}}" for kind in ("pat", "dt", "rt", "cbt", "ptt", "ft", "agent", "soat", "imt", "ffct", "oas")},
    "AKIA": r"AKIA[A-Z0-9]{12,}", "ASIA": r"ASIA[A-Z0-9]{12,}",  # AWS
    "AIza": r"AIza[\w-]{30,}", "ya29.": r"ya29\.[\w-]{20,}", "GOCSPX-": r"GOCSPX-[\w-]{20,}",  # Google
    "SG.": r"SG\.[\w-]{16,}\.[\w-]{16,}", "key-": r"key-[0-9a-f]{32}", "SK": r"SK[0-9a-f]{32}",  # SendGrid, Mailgun, Twilio
    "_live_": r"[prs]k_live_\w{10,}", "_test_": r"[prs]k_test_\w{10,}", "sk-": r"sk-[\w-]{20,}", "whsec_": r"whsec_[\w+/=]{16,}",
    "eyJ": r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{4,}(?:\.[\w-]*)?",  # a JSON web token
    ":AA": r"\d{6,12}:AA[\w-]{30,}",  # a Telegram bot's
    "tk_": r"tk_[a-z0-9]{25,}",  # ntfy's
    "npm_": r"npm_\w{30,}", "pypi-AgE": r"pypi-AgE[\w-]{20,}", "dckr_pat_": r"dckr_pat_[\w-]{20,}", "dop_v1_": r"dop_v1_[0-9a-f]{40,}",
    "hf_": r"hf_\w{30,}", "glc_": r"glc_[\w+/=]{20,}", "hvs.": r"hvs\.[\w-]{20,}", "ATATT3": r"ATATT3[\w=-]{20,}",
    "lin_api_": r"lin_api_\w{20,}", "shp": r"shp(?:at|ca|pa|ss)_[0-9a-f]{30,}", "dapi": r"dapi[0-9a-f]{32}",
    "PRIVATE KEY-----": r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END[A-Z -]*|\Z)",
}  # fmt: skip
_OPEN = r"\$\{\w+\}|\{\{[^{}]*\}\}|\{%[^{}]*%\}"  # what is put in later
_WORD = r"(?:\$\{\w+\}|\{\{[^{}]*\}\}|[^\s\"'<>`|,()\[\]])+"
_TRAILING = ".:;!…"
HOST_MAX_CHARS = 260  # more than DNS allows, with a port
_RANDOM = r"[A-Za-z0-9+/_=.~-]{20,}"
RANDOM_MIN_CHARS = 20  # ours
RANDOM_LETTERS_MIN = 24  # ours: no word has so many letters in a row
RANDOM_HEX_MIN = 32  # ours
RANDOM_DISTINCT_MIN = 8  # ours: different ones among them
RANDOM_CHANGES = 0.25  # ours: how often neighbours change between capitals, small letters and digits; in words it is rare


def written_out(text: str) -> list[str]:
    """The credentials that stand in a text, each as it stands there."""
    forms = dict.fromkeys(form for beginning, form in _TOKENS.items() if beginning in text)
    found = [token[0] for form in forms for token in re.finditer(rf"(?<![A-Za-z0-9]){form}", text)]
    if ("//" in text and ("@" in text or "?" in text)) or _near_secret_urls(text):
        words = re.finditer(_WORD, text.replace("\\/", "/"))
        found += [address for word in words if (address := _address(word[0])) and is_secret_address(address)]
    return found


def _address(word: str) -> str:
    """The address in a word, from its host on; "" where there is none. Linear: a stranger's policy is looked at too."""
    at = word.find("//")
    if at >= 0:
        return word[at:].rstrip(_TRAILING)
    at = word.find("/")
    host = re.split(r"[^\w.:-]", word[max(0, at - HOST_MAX_CHARS) : at])[-1]
    return f"{host}{word[at:]}".rstrip(_TRAILING) if at > 0 and "." in host else ""


def suspects(text: str) -> list[str]:
    """What an error must not show: credentials, and what looks as if it were random."""
    return [*written_out(text), *(word[0] for word in re.finditer(_RANDOM, text) if is_random(word[0]))]


def is_secret_address(text: str) -> bool:
    """Whether an address is a credential by its service's form, its login or its parameters. What is put in later is none by itself."""
    url = url_of(text if "://" in text else f"https://{text.lstrip('/')}")
    login, _, _ = url.netloc.rpartition("@")
    if ":" in login and re.sub(_OPEN, "", login.partition(":")[2]):
        return True
    host = re.sub(r"(:\d*)?$", "", url.netloc.rpartition("@")[2].lower()).rstrip(".")
    if any(fnmatchcase(f"{host}{url.path}", glob) for glob in _near_secret_urls(text)) or is_ended_connector(text):
        return not re.search(_OPEN, text) or any(_is_key(piece) for piece in _pieces(f"{url.path}?{url.query}"))
    pairs = (pair.partition("=") for pair in re.split("[&;]", url.query))
    return any(re.fullmatch(KEY_PARAMETERS, name) and _is_key(value) for name, _, value in pairs if not re.search(_OPEN, value))


def _pieces(text: str) -> list[str]:
    return re.split(r"[/?&=#:.\0]", re.sub(_OPEN, "\0", text))


def _is_key(text: str) -> bool:
    return not text.isdigit() and (len(text) >= KEY_MIN_CHARS or (is_short_key(text) and len(re.findall("[0-9]", text)) > 1))


def _near_secret_urls(text: str) -> list[str]:
    """The globs of which the longest part stands in a text: so that few are compiled, and mostly none."""
    if "/" not in text:  # as in all of them
        return []
    lower = text.lower()
    return [glob for glob, part in _longest_parts().items() if part in lower]


@cache
def _longest_parts() -> dict[str, str]:
    globs = (*(glob for kind in KINDS.values() for glob in kind.secret_urls), *_OTHER_URLS)
    return {glob: max(re.split(r"(?:\[.*?\]|[*?/])+", glob), key=len) for glob in globs}


def is_ended_connector(url: str) -> bool:
    """Whether an address is that of an Office 365 connector, which Microsoft ended in May 2026."""
    parts = url_of(url)
    host = re.sub(r"(:\d*)?$", "", parts.netloc.rpartition("@")[2].lower()).rstrip(".")
    if host in ("outlook.office.com", "outlook.office365.com"):  # people's mail is there too
        return parts.path.lower().startswith("/webhook")
    return host == "webhook.office.com" or host.endswith(".webhook.office.com")


def is_random(text: str) -> bool:
    """Whether a text looks as if it were made by chance, as keys are: long, without words."""
    letters = re.search(f"[A-Za-z]{{{RANDOM_LETTERS_MIN},}}", text)
    hexadecimal = re.search(f"[0-9a-fA-F]{{{RANDOM_HEX_MIN},}}", text)
    kinds = ["A" if char.isupper() else "a" if char.islower() else "0" if char.isdigit() else "" for char in text]
    changes = sum(bool(one and other and one != other) for one, other in pairwise(kinds))
    long = len(text) >= RANDOM_MIN_CHARS
    mixed = any(found and len(set(found[0])) >= RANDOM_DISTINCT_MIN for found in (letters, hexadecimal))
    return long and (mixed or changes >= RANDOM_CHANGES * len(text))


# Words beside a reference that name a scheme or a form, and give nothing away: "Bearer ${TOKEN}", "whsec_${KEY}".
_SCHEMES = r"(?i:(?:(?:bearer|basic|token|digest|bot|splunk|apikey|genie-?key|key|negotiate|user|username|auth)\b|whsec_|[\s:=,;/@])*)"


def holds_literal(text: str, form: Literal["secret", "address", "header"] = "secret") -> bool:
    """Whether a secret with references in it has literal text around them that could be a secret itself.

    Of an address only its keys are. In a header words of letters may stand apart from a reference: `Token token="${T}"`.
    """
    pieces = secrets.literals(text)
    if len(pieces) == 1 or written_out(text):
        return True
    if form == "address":
        behind_host = text.partition("://")[2].partition("/")[2] if "://" in text else text
        return any(_is_key(piece) for piece in _pieces(behind_host))
    if form == "secret":
        return not all(re.fullmatch(_SCHEMES, piece) for piece in pieces)
    return any(not _is_plain_header(piece, first=not number, last=number + 1 == len(pieces)) for number, piece in enumerate(pieces))


def _is_plain_header(piece: str, *, first: bool, last: bool) -> bool:
    if re.fullmatch(_SCHEMES, piece):
        return True
    glued = (not last and piece[-1:].isalnum()) or (not first and piece[:1].isalnum())
    return not glued and all(
        (word.isalpha() and len(word) < RANDOM_LETTERS_MIN) or word.isdigit() for word in re.findall(r"[^\W_]+", piece)
    )
