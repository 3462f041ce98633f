"""Variables in the forms of shells, of Windows and of make, where `${NAME}` is meant."""

from __future__ import annotations

import re

from tocsin.checks import Check
from tocsin.wrong import InvalidValueError

_NAME = "[A-Z][A-Z0-9_]+"  # in capitals alone: a password may look like one
_FORM = rf"(?:.*\s)?(?:\$(?:env:)?(?P<shell>{_NAME})|%(?P<windows>{_NAME})%|\$\((?P<make>{_NAME})\))"


def refuse_other_form(text: str) -> None:
    """Raise InvalidValueError where a text is such a variable, or ends in one behind a space, as in "Bearer $TOKEN"."""
    if "${" in text or not ("$" in text or "%" in text):
        return  # most texts; the expression is compiled for the others alone
    other = re.fullmatch(_FORM, text)
    if other:
        name = other["shell"] or other["windows"] or other["make"]
        raise InvalidValueError(f"names a variable in a form that is not read here: write ${{{name}}}", Check.INVALID_REFERENCE)
