"""The policy of a trusted ref, from the CI's API: for runs beside which an untrusted head may lie."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence

from tocsin.ci.common import dig
from tocsin.ci.rest import Api
from tocsin.errors import PolicyError
from tocsin.text import clean


def trusted_policy(repository: str, ref: str, paths: Sequence[str], api: Api) -> tuple[bytes, str] | None:
    """The one of `paths` that is in `repository` at `ref`: its bytes, and its path.

    None where there is none that the token can see; a note says so where that is because the API did not answer.
    Raises PolicyError where there are two.
    """
    found = [(data, path) for path in paths if (data := trusted_file(repository, ref, path, api)) is not None]
    if len(found) > 1:
        names = " and ".join(path for _, path in found)
        raise PolicyError(f"there are {len(found)} policies in {repository} at {clean(ref, 100)}, {names}: keep one, or name the one meant")
    return found[0] if found else None


def trusted_file(repository: str, ref: str, path: str, api: Api) -> bytes | None:
    """The bytes of a file in `repository` at `ref`; None where it is not there or cannot be had.

    GitHub gives a file of up to 1 MB this way: a larger one is unknown, with a note.
    """
    where = api.file(repository, ref, path) if ref else None
    data = api.get(where[0], api.contents, where[1], missing=True) if where else None
    if data is None:
        return None
    content = dig(data, "content") if dig(data, "type") in (None, "file") and dig(data, "encoding") == "base64" else None
    if isinstance(content, str):
        try:
            return b64decode(content.replace("\n", ""), validate=True)
        except (binascii.Error, ValueError):
            pass
    api.note(f"{path} of {repository} is no file that {api.service}'s API hands out (up to 1 MB), so {api.contents.lost}")
    return None
