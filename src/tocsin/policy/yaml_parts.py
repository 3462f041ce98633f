"""PyYAML, of which each part is loaded when somebody asks for it.

Its package loads all of itself: a writer, types, and an expression that takes longer to compile than a policy to read. Whoever imports
`yaml.parser` gets that first. So the package is put in its place without being run. It runs when a name is asked of it that is none of
its modules, and everybody else's `import yaml` is what it always was.
"""

from __future__ import annotations

import importlib.util
import sys
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNNING = RLock()
_to_run: list[Callable[[ModuleType], None]] = []


class _Waiting(ModuleType):
    """The package, which runs once."""

    def __getattr__(self, name: str) -> Any:
        try:
            return importlib.import_module(f"yaml.{name}")
        except ModuleNotFoundError:
            with _RUNNING:  # in which other threads wait for the names, and the package's own parts do not
                while _to_run:
                    _to_run.pop()(self)
        if name in vars(self):
            return vars(self)[name]
        raise AttributeError(f"module 'yaml' has no attribute {name!r}", name=name, obj=self)


found = None if "yaml" in sys.modules else importlib.util.find_spec("yaml")
if found and found.loader:
    _to_run.append(found.loader.exec_module)
    sys.modules["yaml"] = importlib.util.module_from_spec(found)
    sys.modules["yaml"].__class__ = _Waiting

import yaml.composer  # noqa: E402  # and not `from yaml import composer`: Python asks the package for such a name first
import yaml.parser  # noqa: E402

__all__ = ["yaml"]
