"""Where a test file lies, and which policy it is about.

FILE? ─ named, else tocsin.test.yml beside the policy ─ policy: --policy, else the file's own word, else TOCSIN_POLICY, else
the one that is found from the file's folder upward
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tocsin.errors import PolicyError, Problem, UsageError
from tocsin.file_io import read_file
from tocsin.policy.load import PolicyDocument, load
from tocsin.policy.nodes import FILE_MAX_BYTES
from tocsin.policy.words import quoted
from tocsin.policy_tests.case_parts import Around
from tocsin.policy_tests.cases import Case
from tocsin.policy_tests.reading import CaseReader
from tocsin.request import STDIN
from tocsin.source import STDIN_NAME, file_text, policy_name, policy_path, stdin_text
from tocsin.source.places import PLACES, files_of, levels, shown, why_no_path

if TYPE_CHECKING:
    from tocsin.policy.policy_text import PolicyText
    from tocsin.world import World

NAME = "tocsin.test.yml"
_NEAR = ("tocsin.test.yaml", ".tocsin.test.yml", ".tocsin.test.yaml", "tocsin.tests.yml", "tocsin_test.yml")  # what people write for it
SMALLEST = "{cases: [{name: a broken build, event: failure, told: [team]}]}"


class Suite(NamedTuple):
    """A policy, and the cases that are about it, of one or more test files."""

    document: PolicyDocument
    cases: list[Case]


def suites(world: World, names: Sequence[str], policy: str | None) -> list[Suite]:
    """What the test files of these names say, else the one beside the policy: a suite a policy.

    Raises PolicyError with the problems of all files, UsageError where two things come by standard input.
    """
    if policy_name(world, policy) == STDIN and (STDIN in names or not names):
        raise UsageError("the policy comes by standard input: name the test file, which is another one: tocsin test --policy - FILE")
    policies = _Policies(world, policy)
    found: dict[int, Suite] = {}
    problems: dict[Problem, None] = {}
    errors: dict[str, None] = {}
    for name in dict.fromkeys(names) or [default_file(world, policy)]:
        try:
            document, cases = _read(world, name, policies)
            found.setdefault(id(document), Suite(document, [])).cases.extend(cases)
        except PolicyError as error:
            problems |= dict.fromkeys(error.problems)
            errors[str(error)] = None
    if errors:
        raise PolicyError("; ".join(errors), list(problems))
    return list(found.values())


def default_file(world: World, policy: str | None) -> str:
    """The test file beside the policy, else the nearest one upward. Raises PolicyError where there is none."""
    path = policy_path(world, policy_name(world, policy), world.folder)
    beside = [path.parent / NAME] if path else []
    found = next((place for place in [*beside, *(level / NAME for level in levels(world.folder))] if place.is_file()), None)
    if found:
        return shown(found, world.folder)
    for name in _NEAR:
        near = (path.parent if path else world.folder) / name
        if near.is_file():
            raise PolicyError(f"{shown(near, world.folder)} is not read: rename it to {NAME}, or name it: tocsin test FILE")
    where = f"beside {shown(path, world.folder)}" if path else "here"
    raise PolicyError(f"there is no {NAME} {where}: write one, or name another: tocsin test FILE; the smallest: {SMALLEST}")


def place_of_record(world: World, policy: str | None, output: str | None) -> tuple[Around, bytes]:
    """What a recorded case is made with, and the bytes of the test file that it is for, none where there is no such file yet.

    Raises PolicyError.
    """
    policies = _Policies(world, policy)
    folder = (world.folder / output).parent if output else world.folder
    data = _bytes(world, output) if output and _is_file(world.folder / output) else b""
    reader = CaseReader(output, data) if output and data.strip() else None
    return Around(policies.document(reader, folder), world, folder), data


class _Policies:
    """The policies that the test files are about, each loaded once."""

    def __init__(self, world: World, named: str | None) -> None:
        self._world, self._named = world, named
        self._loaded: dict[object, PolicyDocument] = {}

    def document(self, reader: CaseReader | None, folder: Path) -> PolicyDocument:
        """The policy of a test file in a folder. Raises PolicyError."""
        named = policy_name(self._world, self._named) if self._named or not (reader and reader.policy) else None
        if named == STDIN:
            return self._load(STDIN, lambda: stdin_text(self._world, files_of(self._world.folder)))
        path = self._path(reader, folder, named)
        return self._load(path.resolve(), lambda: file_text(path, shown(path, self._world.folder), self._world))

    def _path(self, reader: CaseReader | None, folder: Path, named: str | None) -> Path:
        if named is None and reader and reader.policy:
            path = folder / reader.policy
            if not _is_file(path):
                raise reader.no_policy(f"there is no policy {quoted(reader.policy)} (the path is counted from this file's folder)")
            return path
        found = policy_path(self._world, named, self._world.folder if named else folder)
        if found is None:
            what = f" for {reader.name}" if reader else ""
            raise PolicyError(f"there is no policy{what}: looked for {', '.join(PLACES)} from its folder upward; write one, or name it")
        return found

    def _load(self, key: object, text: Callable[[], PolicyText]) -> PolicyDocument:
        if key not in self._loaded:
            self._loaded[key] = load(text())
        return self._loaded[key]


def _read(world: World, name: str, policies: _Policies) -> tuple[PolicyDocument, list[Case]]:
    """The cases of a test file and their policy. Raises PolicyError with what is wrong with either."""
    reader = CaseReader(STDIN_NAME if name == STDIN else name, _bytes(world, name))
    folder = world.folder if name == STDIN else (world.folder / name).parent
    try:
        document = policies.document(reader, folder)
    except PolicyError as error:
        raise _together(error, _error_without_policy(reader, Around(None, world, folder))) from None
    return document, reader.cases(Around(document, world, folder))


def _error_without_policy(reader: CaseReader, around: Around) -> PolicyError | None:
    """What is wrong with a test file by itself, where its policy cannot be had."""
    try:
        reader.cases(around)
    except PolicyError as error:
        return error
    return None


def _together(policy: PolicyError, own: PolicyError | None) -> PolicyError:
    """Both errors as one; the file's own may have the other's problems in it."""
    if own is None:
        return policy
    if policy.problems and all(problem in own.problems for problem in policy.problems):
        return own
    return PolicyError(f"{policy}; {own}", [*policy.problems, *own.problems])


def _is_file(path: Path) -> bool:
    """Whether a path is that of a file; False for one that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _bytes(world: World, name: str) -> bytes:
    if name == STDIN:
        return world.read_stdin() if world.read_stdin else b""
    path = world.folder / name
    try:
        if path.is_dir():
            raise PolicyError(f"the test file {quoted(name)} is a folder: name a file in it")
        return read_file(path, FILE_MAX_BYTES, world.patience())
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        raise PolicyError(f"the test file {quoted(name)} cannot be read: {why_no_path(error)}") from None
