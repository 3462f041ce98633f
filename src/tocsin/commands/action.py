"""`tocsin action main` and `tocsin action post`: the two parts of the GitHub Action's step. No help lists them."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Run one part of the step."""
    from tocsin import action

    return action.run(words.stage, world, console, stop)
