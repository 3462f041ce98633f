"""A file of a repository at a ref, from the CI's API: for runs beside which an untrusted head may lie."""

from __future__ import annotations

import binascii
from base64 import b64decode

from tocsin.ci.common import dig
from tocsin.ci.rest import Api


def read_remote_file(repository: str, ref: str, path: str, api: Api) -> bytes | None:
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
