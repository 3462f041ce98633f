"""`tocsin send --receipts FILE`: the file is read where it is there, and written with what was sent beside what it had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.commands.output_file import write_output
from tocsin.file_io import read_file
from tocsin.receipts import FILE_MAX_BYTES, Keeping, Receipts, as_json, kept, merged, read_receipts
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.pipeline import Plan
    from tocsin.verdict import Outcome
    from tocsin.world import World

MODE = 0o600  # what is in it is nobody else's business, although it opens nothing
PATH_MAX_CHARS = 100  # ours


class ReceiptsFile:
    """The file that `--receipts` names. What is in it and is none of ours stays as it is."""

    def __init__(self, path: str, world: World, console: Console) -> None:
        self._path, self._world, self._console = path, world, console
        self._usable = True

    def read(self) -> Keeping:
        """The receipts; none where there is no file, or one that cannot be used, of which a person is told."""
        return Keeping(self._receipts(), asked=True)

    def _receipts(self) -> Receipts:
        if not self._usable:
            return ()
        try:
            data = read_file(self._world.folder / self._path, FILE_MAX_BYTES, self._world.patience())
            return read_receipts(data) if data.strip() else ()
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            why = error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
            self._console.talk(f"the receipts {self._named()} are not used, so new messages are sent: {why}", "warning")
            self._usable = False
            return ()

    def write(self, planned: Plan, outcomes: Sequence[Outcome]) -> None:
        """Add what was sent to what the file has by now."""
        new, before = kept(planned.event, outcomes, planned.options), self._receipts()
        if not self._usable:
            return
        why_not = write_output(self._world, self._path, as_json(merged(before, new)), MODE)
        if why_not:
            self._console.talk(f"the receipts {self._named()} cannot be written: {why_not}", "warning")

    def _named(self) -> str:
        return clean(self._path, PATH_MAX_CHARS)
