"""The file that a flag names for what a command has to say: written whole or not at all, through no link that a checkout brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.checkout import checkouts_of
from tocsin.errors import UsageError
from tocsin.whole_file import why_not_written, write_whole

if TYPE_CHECKING:
    from tocsin.world import World

WRITE_MIN_SECONDS = 1.0  # ours: for a pipe that somebody reads, where the budget is used up


def write_output(world: World, path: str, text: str, mode: int | None = None) -> str | None:
    """Write a file anew, with a `mode` where one is given. Why it cannot be written, None where it is."""
    checkouts = list(checkouts_of(world.env, world.folder))
    try:
        write_whole(world.folder / path, text, checkouts, lambda: max(WRITE_MIN_SECONDS, world.remaining()), mode)
    except (OSError, ValueError) as error:
        return why_not_written(error)
    return None


def require_output(world: World, flag: str, path: str, text: str) -> None:
    """Write a file anew. Raises UsageError, which names the flag, where that fails."""
    from tocsin.policy.words import quoted

    why_not = write_output(world, path, text)
    if why_not:
        raise UsageError(f"{flag}: {quoted(path)} cannot be written: {why_not}")
