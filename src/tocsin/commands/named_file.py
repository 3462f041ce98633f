"""A file that a flag of the command line names, to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.world import World


def write_named(flag: str, path: str, text: str, world: World) -> None:
    """Write it, whole or not at all. Raises UsageError where that fails."""
    from tocsin.checkout import checkouts_of
    from tocsin.policy.words import quoted
    from tocsin.whole_file import why_not_written, write_whole

    try:
        write_whole(world.folder / path, text, list(checkouts_of(world.env, world.folder)), world.remaining)
    except (OSError, ValueError) as error:
        raise UsageError(f"{flag}: {quoted(path)} cannot be written: {why_not_written(error)}") from None
