"""Short ways to a policy and an event."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from tocsin.errors import PolicyError, Problem
from tocsin.event import Commit, Event, Job, Ref
from tocsin.policy.load import PolicyDocument, load
from tocsin.policy.nodes import BadFileError
from tocsin.policy.policy_text import Files, PolicyText
from tocsin.source.places import files_of

CASES = Path(__file__).parent / "cases" / "policy"

CHANNELS = """
channels:
  team: {kind: slack}
  ops: {kind: discord, url: "${OPS_URL}"}
  scoped: {kind: teams, url: "${TEAMS_URL}", project: payments}
  mail: {kind: smtp, host: smtp.example.com, from: ci@example.com}
"""


# What a process of its own does first, to read all YAML in Python alone, or by libyaml.
READERS = {
    "plain": "import sys; sys.modules['yaml.cyaml'] = None",
    "libyaml": "from tocsin.policy import nodes; nodes.LIBYAML_FROM_CHARS = 0; assert nodes._libyaml()",
}


def read(text: str, folder: Path = Path("/nowhere")) -> PolicyDocument:
    """The policy in a text."""
    return load(PolicyText(".tocsin.yml", text.encode(), files_of(folder) if folder else None))


def found(data: bytes, folder: Path = Path("/nowhere")) -> list[Problem]:
    """All that is wrong with a policy."""
    try:
        return load(PolicyText(".tocsin.yml", data, files_of(folder) if folder else None), advise=True).warnings
    except PolicyError as error:
        return error.problems


def found_in_case(path: Path) -> list[Problem]:
    """All that is wrong with a policy among the cases, whose payload files lie there too."""
    try:
        return load(case_text(path, _file_of_a_case), advise=True).warnings
    except PolicyError as error:
        return error.problems


def case_text(path: Path, files: Files) -> PolicyText:
    """A policy among the cases."""
    return PolicyText(path.name, path.read_bytes(), files, f"{path.parent.name}/{path.name}")


def _file_of_a_case(name: str) -> bytes:
    path = (CASES / name).resolve()
    if not path.is_file() or not path.is_relative_to(CASES.resolve()):
        raise BadFileError(f"there is no file {name!r}")
    return path.read_bytes()


def ids() -> dict[str, list[str]]:
    """The ids of all problems of all cases, by the case, in the file's order."""
    paths = sorted(CASES.glob("*/*.yml"))
    return {f"{path.parent.name}/{path.stem}": [problem.check.value for problem in found_in_case(path)] for path in paths}


def problems(text: str | bytes, folder: Path = Path("/nowhere")) -> list[str]:
    """All that check would print of a policy."""
    return [str(problem) for problem in found(text.encode() if isinstance(text, str) else text, folder)]


def run(**fields: object) -> Event:
    """A failed build of shop on main, with other fields as given."""
    known = {
        "ci": "github",
        "hook": "completion",
        "status": "failure",
        "event": "failure",
        "kind": "ci",
        "project": "payments",
        "app": "shop",
        "pipeline": "Build",
        "source": "push",
        "job": Job(id="1", name="test"),
        "ref": Ref(type="branch", name="main", branch="main"),
        "commit": Commit(sha="0" * 40, title="Fix it", message="Fix it"),
    }
    return Event(**{**known, **fields})


def copied(root: Path) -> Path:
    """A copy of the cases that is a repository of its own: payload files are sought from its root."""
    shutil.copytree(CASES, root, dirs_exist_ok=True)
    (root / ".git").mkdir()
    return root


def outcome(path: Path) -> tuple[bool, str]:
    """Is the policy valid, and the lines that check prints for it."""
    try:
        problems, valid = load(case_text(path, files_of(path.parent)), advise=True).warnings, True
    except PolicyError as error:
        problems, valid = error.problems, False
    return valid, "".join(f"{problem}\n" for problem in problems)


def write() -> None:
    """Write what `check` says of every case, and the ids of it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in copied(Path(folder)).glob("*/*.yml"):
            place = CASES / path.parent.name / f"{path.stem}.expected"
            place.write_text(outcome(path)[1], encoding="utf-8")
    (CASES / "checks.json").write_text(json.dumps(ids(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
