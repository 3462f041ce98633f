"""What a release has for instances that do not read its tag: the offline bundle, and the mirror repository of GitLab's component.

Both are folders, made from a built tree, whose plug-ins say the version with the hash of its wheel.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from layout import LIBRARY, LOCK, TEMPLATE
from stamp import pinned, version_of

TEXTS = Path(__file__).with_name("texts")


def component(tree: Path, version: str, out: Path) -> None:
    """The repository that GitLab's catalog wants of a component: https://docs.gitlab.com/ci/components/#directory-structure."""
    _copy(TEXTS / "component" / ".gitlab-ci.yml", out / ".gitlab-ci.yml")
    _copy(tree / TEMPLATE, out / "templates" / "notify.yml")
    _finish(tree, version, "component", out)


def offline(tree: Path, wheel: Path, packages: Path, out: Path) -> None:
    """What machines without a package index need; `packages` has the wheels of the lock, `wheel` is the program's."""
    for path in (wheel, *sorted(packages.iterdir())):
        _copy(path, out / "wheels" / path.name)
    name, digest = pinned(wheel).split("@")
    lock = (tree / LOCK).read_text(encoding="utf-8")
    (out / "requirements.txt").write_text(f"tocsin=={name} \\\n    --hash={digest}\n{lock}", encoding="utf-8")
    _copy(tree / TEMPLATE, out / "templates" / "notify.yml")
    _copy(tree / "plugins" / "gitlab" / "Containerfile", out / "Containerfile")
    for part in ("vars", "src", "resources"):
        shutil.copytree(tree / LIBRARY / part, out / "jenkins" / part)
    _finish(tree, version_of(wheel), "offline", out)


def _finish(tree: Path, version: str, bundle: str, out: Path) -> None:
    _copy(tree / "LICENSE", out / "LICENSE")
    text = (TEXTS / bundle / "README.md").read_text(encoding="utf-8")
    (out / "README.md").write_text(text.replace("VERSION", version), encoding="utf-8")


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)
