"""Which program on PATH is not the repository's own: one in its checkout may be a stranger's.

plugins/launch.py asks the same before the program is there, in its own words.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tocsin.checkout import checkouts_of, is_within


def find_program(name: str, env: Mapping[str, str], root: Path) -> str | None:
    """The path of the first program of that name on PATH that the repository in `root` did not bring; None where there is none.

    An entry that is relative or empty, or that lies in a checkout, does not count, and neither does a link that leads into one.
    """
    import shutil

    checkouts = list(checkouts_of(env, root))
    for folder in env.get("PATH", "").split(os.pathsep):
        if not Path(folder).is_absolute() or is_within(Path(folder), checkouts):
            continue
        found = shutil.which(name, path=folder)
        if found and not is_within(Path(found), checkouts):
            return found
    return None
