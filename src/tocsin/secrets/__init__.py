"""`${NAME}` in a channel's strings: recognised, resolved, refused.

A value is opaque: it is put in where the policy names it and nothing looks inside it again. `redactor` keeps it out of every output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tocsin.checks import Check
from tocsin.wrong import InvalidValueError

_TOKEN = re.compile(r"\$\$\{|\$\{(?P<expression>\{)?(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})?")
_GARBLED = re.compile("[\ud800-\udfff]")  # how Python reads bytes that are no UTF-8 (PEP 383)

# The CI's own credentials: they open the CI, not a channel, so a policy that sends them anywhere is wrong or hostile.
_REFUSED = (
    "GITHUB_TOKEN|GH_TOKEN|ACTIONS_.*|CI_JOB_TOKEN|CI_JOB_JWT.*|CI_.*_PASSWORD|CI_.*_TOKEN"
    "|CI_REPOSITORY_URL|INPUT_TOKEN|CIRCLE_.*TOKEN.*|JENKINS_.*_TOKEN|GITLAB_TOKEN|TOCSIN_GITLAB_TOKEN"
)


class MissingVariable(Exception):  # noqa: N818  a state of the environment, recorded as a reason
    """The environment lacks variables that a channel needs: they are not set, empty, or no UTF-8."""

    def __init__(self, names: Iterable[str], env: Mapping[str, str] | None = None) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._garbled = tuple(name for name in self.names if _GARBLED.search((env or {}).get(name, "")))
        super().__init__(", ".join(self.names))

    @property
    def reason(self) -> str:
        """The reason a report gives, with the variables' names."""
        absent = [name for name in self.names if name not in self._garbled]
        parts = []
        if absent:
            parts.append(f"{_variables(absent)} not set")
        if self._garbled:
            parts.append(f"{_variables(self._garbled)} not UTF-8 text: set it again, in UTF-8")
        return "; ".join(parts)


def _variables(names: Sequence[str]) -> str:
    return f"{'variable' if len(names) == 1 else 'variables'} {', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def value(name: str, env: Mapping[str, str]) -> str:
    """A variable's value; "" where it is not set, and where it is no UTF-8, which Python reads as lone surrogates.

    A trailing line break, which secret stores like to add, is no part of a value.
    """
    text = env.get(name, "").rstrip("\r\n")
    return "" if _GARBLED.search(text) else text


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
        if re.fullmatch(_REFUSED, token["name"]):
            raise InvalidValueError(
                f"{token['name']} is the CI's own credential and is never sent to a channel: use a secret made for this channel",
                Check.FORBIDDEN_VARIABLE,
            )
        found.append(token["name"])
    return found


def literals(text: str) -> list[str]:
    """What stands in `text` before, between and behind its `${NAME}`s: one piece more than there are references."""
    pieces, at = [""], 0
    for token in _TOKEN.finditer(text):
        pieces[-1] += text[at : token.start()]
        at = token.end()
        if token["name"]:
            pieces.append("")
        else:
            pieces[-1] += "${" if token[0] == "$${" else token[0]
    pieces[-1] += text[at:]
    return pieces


def resolve(text: str, env: Mapping[str, str]) -> str:
    """`text` with each `${NAME}` replaced by its variable, and `$${` by a literal `${`.

    Raises MissingVariable.
    """
    values = {name: value(name, env) for name in names(text)}
    missing = [name for name, text in values.items() if not text]
    if missing:
        raise MissingVariable(missing, env)
    return _TOKEN.sub(lambda token: values[token["name"]] if token["name"] else "${", text)


def resolve_all(value: Any, env: Mapping[str, str], missing: list[str]) -> Any:
    """`value` with all texts in it resolved, at any depth; `missing` gets the names of what cannot be put in."""
    if isinstance(value, dict):
        return {key: resolve_all(item, env, missing) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(resolve_all(item, env, missing) for item in value)
    if not isinstance(value, str):
        return value
    try:
        return resolve(value, env)
    except MissingVariable as error:
        missing += error.names
        return ""


def texts(value: Any) -> list[str]:
    """The texts in a value, at any depth; keys are none."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, (list, tuple)) else []
