"""`${NAME}` in a channel's strings: recognised, resolved, refused, and kept out of every output.

A value is opaque: it is put in where the policy names it and nothing looks inside it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, quote, urlsplit

from tocsin.checks import Check
from tocsin.wrong import InvalidValueError

_TOKEN = re.compile(r"\$\$\{|\$\{(?P<expression>\{)?(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})?")

# The CI's own credentials: they open the CI, not a channel, so a policy that sends them anywhere is wrong or hostile.
REFUSED = (
    "GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_*", "CI_JOB_TOKEN", "CI_JOB_JWT*", "CI_*_PASSWORD", "CI_*_TOKEN",
    "CI_REPOSITORY_URL", "INPUT_TOKEN", "CIRCLE_*TOKEN*", "JENKINS_*_TOKEN", "GITLAB_TOKEN", "TOCSIN_GITLAB_TOKEN",
)  # fmt: skip

MASK = "***"
MASKED_MIN_CHARS = 4  # masking shorter values would garble every line and hide nothing
KEY_MIN_CHARS = 16  # ours: a shorter part of an address is a word, not a key


class MissingVariable(Exception):  # noqa: N818  a state of the environment, recorded as a reason
    """The environment lacks variables that a channel needs, or they are empty."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        super().__init__(", ".join(self.names))

    @property
    def reason(self) -> str:
        """The reason a report gives, with the variables' names."""
        one = len(self.names) == 1
        return f"{'variable' if one else 'variables'} {', '.join(self.names)} {'is' if one else 'are'} not set"


def names(text: str) -> list[str]:
    """The variables that `text` refers to, in order.

    Raises ValueError, in words for the policy's author, for `${{ }}`, a malformed reference, or a refused variable.
    """
    found = []
    for token in _TOKEN.finditer(text):
        if token[0] == "$${":
            continue
        if token["expression"]:
            raise InvalidValueError(
                "CI expressions (${{ … }}) are not evaluated here: pass the value to the step as an environment variable and write ${NAME}",
                Check.INVALID_REFERENCE,
            )
        if not token["name"]:
            raise InvalidValueError("${ does not begin a variable's name: write ${NAME}, or $${ for a literal ${", Check.INVALID_REFERENCE)
        if any(fnmatchcase(token["name"], pattern) for pattern in REFUSED):
            raise InvalidValueError(
                f"{token['name']} is the CI's own credential and is never sent to a channel: use a secret made for this channel",
                Check.FORBIDDEN_VARIABLE,
            )
        found.append(token["name"])
    return found


def resolve(text: str, env: Mapping[str, str]) -> str:
    """`text` with each `${NAME}` replaced by its variable, and `$${` by a literal `${`.

    A trailing line break, which secret stores like to add, is no part of a value. Raises MissingVariable.
    """
    values = {name: env.get(name, "").rstrip("\r\n") for name in names(text)}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise MissingVariable(missing)
    return _TOKEN.sub(lambda token: values[token["name"]] if token["name"] else "${", text)


def keys(text: str) -> list[str]:
    """The parts of an address, or of what stands in one behind its host, that are long enough to be keys."""
    parts = re.split("[/?&=#]", text.partition("://")[2])[1:] if "://" in text else re.split("[/?&=#]", text)
    return [part for part in parts if len(part) >= KEY_MIN_CHARS]


def long_paths(text: str) -> list[str]:
    """What stands behind the host of an address that is a secret as a whole: a service's errors and logs repeat it without the host."""
    url = _url(text)
    paths = [*([f"{url.path}?{url.query}"] if url.query else []), url.path]
    return [path for path in paths if len(path) >= KEY_MIN_CHARS]


def password(text: str) -> str:
    """The password in a URL, "" where there is none."""
    return _url(text).password or ""


def _url(text: str) -> SplitResult:
    """The parts of a URL; of any other text, or of a malformed one, there are none."""
    try:
        return urlsplit(text if "://" in text else "")
    except ValueError:
        return urlsplit("")


def forms(values: Iterable[str]) -> frozenset[str]:
    """Values as they may be shown, plain and percent-encoded, but for those too short to be masked."""
    return frozenset(form for value in values for form in (value, quote(value, safe="")) if len(form) >= MASKED_MIN_CHARS)


class Redactor:
    """Masks the secrets it has been told of, whole, percent-encoded, or as the path of a URL."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def learn(self, value: str) -> None:
        """Remember a secret's value, and the parts of it that are secrets by themselves."""
        url = _url(value)
        parts = (url.path, f"{url.path}?{url.query}", url.query, url.password or "")
        self._secrets |= {*forms((value,)), *(part for part in parts if len(part) >= MASKED_MIN_CHARS)}

    @property
    def known(self) -> frozenset[str]:
        """All that is masked."""
        return frozenset(self._secrets)

    def __call__(self, text: str) -> str:
        """`text` with every known secret masked."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text
