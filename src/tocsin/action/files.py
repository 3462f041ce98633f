"""The files by which a step speaks to the runner, and the report. Each function returns what went wrong, or None.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tocsin.file_io import Remaining
from tocsin.whole_file import append_whole, why_not_written, write_whole

_LOSS = {
    "GITHUB_OUTPUT": "later steps get no outputs",
    "GITHUB_STATE": "nothing will be sent when the job ends",
    "GITHUB_STEP_SUMMARY": "the job has no summary of this step",
}


def temporary(env: Mapping[str, str]) -> Path:
    """The folder that the runner empties after the job."""
    if env.get("RUNNER_TEMP"):
        return Path(env["RUNNER_TEMP"])
    import tempfile

    return Path(tempfile.gettempdir())


def promise(env: Mapping[str, str], seconds: float) -> None:
    """Say to the shim within how many seconds from now this part ends: some seconds later it ends the program."""
    try:
        os.write(int(env["TOCSIN_WATCH"]), f"{max(0.0, seconds):.1f}\n".encode())
    except (KeyError, ValueError, OSError):  # nobody watches
        return


def put(env: Mapping[str, str], file: str, values: Mapping[str, str]) -> str | None:
    """Set outputs or state. The delimiter is random, so that no value can end early and set another."""
    delimiter = f"tocsin_{os.urandom(16).hex()}"
    return _append(env, file, "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items()))


def summarise(env: Mapping[str, str], text: str) -> str | None:
    """Add Markdown to the job's summary."""
    return _append(env, "GITHUB_STEP_SUMMARY", text)


def write(path: Path, text: str, checkouts: Sequence[Path], remaining: Remaining) -> str | None:
    """Write a file anew, whole or not at all, and through no link of a checkout."""
    try:
        write_whole(path, text, checkouts, remaining)
    except (OSError, ValueError) as error:
        return f"{path} cannot be written ({why_not_written(error)}): see whether its folder is there and the disk has room"
    return None


def _append(env: Mapping[str, str], file: str, text: str) -> str | None:
    path = env.get(file)
    if not path:
        return f"{file} is not set, so {_LOSS[file]}: the runner is older than this action needs"
    try:
        append_whole(Path(path), text)  # the runner fails a step whose file ends in the middle of a value
    except OSError as error:
        return f"{file} cannot be written ({why_not_written(error)}), so {_LOSS[file]}: see whether the disk has room"
    return None
