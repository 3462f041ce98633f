"""Rewrite the addresses in the docs, the examples and the plug-ins: for a release, and for the owner of the repository.

    python release/references.py --version 1.2.3     from `main`, or from the release before, to this one
    python release/references.py --owner acme        from OWNER, which the sources say, to the repository's real owner

Until a first release is out they lead to `main`. Lines that are needed until then alone end in `# until a release is out`, and
paragraphs stand between `<!-- until a release is out -->` and `<!-- /until -->`: a release takes both away.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMED = (  # where addresses stand: what people copy, and what `tocsin init` writes
    *("README.md", "docs/*.md", "site/mkdocs.yml", "examples/*/*", "release/texts/*/*", "plugins/gitlab/templates/*.yml"),
    *("src/tocsin/init/*.py", "src/tocsin/homepage.py", "tests/cases/init/*.yml", "schema/*.json", "release/schemastore.json"),
)
TAG, MOVING = r"(?:main|v\d+\.\d+\.\d+)", r"(?:main|v\d+)"
UNTIL = re.compile(
    r"^[^\n]*# until a release is out[^\n]*\n|^<!-- until a release is out -->\n.*?^<!-- /until -->\n\n?", re.MULTILINE | re.DOTALL
)
NO_INPUTS = re.compile(r"^ +inputs:\n(?! +\w)", re.MULTILINE)  # what stays of GitLab's inputs when all are taken away
OWNER = re.compile(r"\bOWNER(?=/tocsin\b)")
PLACES = (  # what stands before the name of a state, the state, and what follows
    (rf"(?<=/tocsin/){TAG}(?=/plugins/)", "v{version}"),  # a file of the repository: GitLab's remote
    (rf"(?<=tocsin\n    rev: ){TAG}$", "v{version}"),  # a hook of pre-commit's
    (rf"(?<=ref: ){TAG}(?=\n +file: plugins/)", "v{version}"),  # GitLab's project
    (rf"(?<![\w./-])([\w.-]+/tocsin)@{MOVING}(?![\w.])", r"\1@v{major}"),  # GitHub's action
    (rf"(?<=defaultVersion: ){MOVING}$", "v{major}"),  # Jenkins's library, as code
    (rf"(?<=Default version \| `){MOVING}(?=`)", "v{major}"),  # and by hand
    (r'"tocsin @ git\+https://[^"\s]+@main"|(?<![\w.])tocsin==\d+\.\d+\.\d+', "tocsin=={version}"),  # by pip
    (r'(?<=")tocsin\[(\w+)\](?: @ git\+https://[^"\s]+@main|==\d+\.\d+\.\d+)(?=")', r"tocsin[\1]=={version}"),  # with an extra
)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write what is to change, and name the files."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--version", help="the release, as 1.2.3", default="")
    words.add_argument("--owner", help="who has the repository", default="")
    said = words.parse_args(arguments)
    if not re.fullmatch(r"(\d+\.\d+\.\d+)?", said.version) or not re.fullmatch(r"[\w.-]*", said.owner):
        words.error("a version is 1.2.3, and an owner's name has letters, digits, dots and hyphens")
    if said.version and not said.owner and any(OWNER.search(path.read_text(encoding="utf-8")) for path in files(root)):
        words.error("a release names its owner, and no page of it explains OWNER: add --owner")
    for path in files(root):
        text = path.read_text(encoding="utf-8")
        fresh = owned(released(text, said.version), said.owner)
        if fresh != text:
            path.write_text(fresh, encoding="utf-8")
            print(f"{path.relative_to(root).as_posix()} written")
    return 0


def files(root: Path) -> Iterator[Path]:
    """The files that name addresses."""
    yield from (path for pattern in NAMED for path in sorted(root.glob(pattern)) if path.is_file())


def of_main(root: Path) -> bool:
    """Whether something is there yet that the first release takes away."""
    return any(UNTIL.search(path.read_text(encoding="utf-8")) for path in files(root))


def released(text: str, version: str) -> str:
    """A text with the addresses of a release; as it is where no version is given."""
    if not version:
        return text
    text = NO_INPUTS.sub("", UNTIL.sub("", text))
    for pattern, form in PLACES:
        text = re.sub(pattern, form.format(version=version, major=version.partition(".")[0]), text, flags=re.MULTILINE)
    return text


def owned(text: str, owner: str) -> str:
    """A text with the owner's name; as it is where none is given."""
    return OWNER.sub(owner, text) if owner else text


if __name__ == "__main__":
    raise SystemExit(main())
