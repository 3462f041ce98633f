"""Put the launcher where the plug-ins carry it: into GitLab's template, and among the resources of Jenkins's library.

python plugins/generate.py           write it anew
python plugins/generate.py --check   exit with 1, and name the files that are not current
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAUNCHER, TEMPLATE, RESOURCE = "launch.py", "gitlab/templates/notify.yml", "jenkins/resources/io/tocsin/launch.py"
PART = re.compile(rf"(?P<open>^(?P<indent> *)# generated: {LAUNCHER}\n).*?(?P<close>^ *# /generated$)", re.DOTALL | re.MULTILINE)


def main(folder: Path = HERE) -> int:
    """Write the copies, or check them."""
    check = "--check" in sys.argv[1:]
    stale = {path: fresh for path, fresh in copies(folder).items() if not path.is_file() or path.read_text(encoding="utf-8") != fresh}
    for path, fresh in stale.items():
        if not check:
            path.write_text(fresh, encoding="utf-8")
        print(f"plugins/{path.relative_to(folder).as_posix()} {'is not current: run `./dev docs`' if check else 'written'}")
    return 1 if stale and check else 0


def copies(folder: Path) -> dict[Path, str]:
    """Each file that carries the launcher, as it should be."""
    launcher = (folder / LAUNCHER).read_text(encoding="utf-8")
    template = (folder / TEMPLATE).read_text(encoding="utf-8")
    return {
        folder / TEMPLATE: PART.sub(lambda part: part["open"] + indented(launcher, part["indent"]) + part["close"], template),
        folder / RESOURCE: launcher,
    }


def indented(text: str, indent: str) -> str:
    """Each line that is not empty moved to the right."""
    return re.sub("^(?=.)", indent, text, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
