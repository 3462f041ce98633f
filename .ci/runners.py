"""Install the runners that some tests and lints need, each once, into a folder of .dev/runners that is named by its versions.

    python .ci/runners.py           prints, as JSON, the variables by which they are found
    python .ci/runners.py FILE …    only those that the tests in the files or folders use

actionlint reads GitHub's workflows (go; act, which runs them, is a package of the tests), gitlab-ci-local runs GitLab's pipelines and
npm-groovy-lint reads Jenkins's library (npm, which brings their node), yaml-language-server is what editors ask about a policy (npm),
tsc holds payloads against the types of the services' SDKs (npm), and the jars are Jenkins's own interpreter of pipelines with its
sandbox (mvn). Whatever has no installer here is left out, and its tests are skipped, as all of them are elsewhere than on Linux, where
none was tried.
With TOCSIN_REQUIRE_RUNNERS=1 that is an error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(__file__).resolve().parents[1] / ".dev" / "runners"
ACTIONLINT = "v1.7.12"
GITLAB_CI_LOCAL, GROOVY_LINT, NODE = "4.75.1", "18.0.0", "22.23.3"
LANGUAGE_SERVER = "1.24.0"
TYPESCRIPT = "5.9.3"
# The types of what each service takes, by the service itself; Telegram and Discord publish none, these are made of their documentation.
SDK_TYPES = (
    "@slack/types@3.2.0",
    "@googleapis/chat@45.0.0",
    "@pagerduty/pdjs@2.2.4",
    "@grammyjs/types@5.0.0",
    "discord-api-types@0.38.57",
    "@mattermost/types@11.9.0",
)
PROGRAMS = {"gitlab-ci-local": "gitlab-ci-local/dist/index.js", "npm-groovy-lint": "npm-groovy-lint/lib/index.js"}
# The node of the packages stays with them: what else needs one takes the machine's.
WRAPPER = """#!/bin/sh
modules="$(dirname "$0")/node_modules"
PATH="$modules/.bin:$PATH" exec node "$modules/{script}" "$@"
"""
JARS = (
    "com.cloudbees:groovy-cps:1.31",
    "com.cloudbees:groovy-cps:1.24",  # the last whose sandbox transformer fits groovy-sandbox 1.19
    "org.kohsuke:groovy-sandbox:1.19",
    "org.codehaus.groovy:groovy-all:2.4.21",
    "com.google.guava:guava:11.0.1",
)
# One project that wants them all: Maven takes as long to start as it takes for one.
POM = """<project><modelVersion>4.0.0</modelVersion><groupId>runners</groupId><artifactId>jars</artifactId><version>1</version>
<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version>
<configuration><artifactItems>{items}</artifactItems></configuration></plugin></plugins></build></project>"""
ITEM = "<artifactItem><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></artifactItem>"


def go(folder: Path) -> None:
    """Build actionlint, without C, which nothing in it needs, and with little optimising; what go counts stays here, too."""
    module = f"github.com/rhysd/actionlint/cmd/actionlint@{ACTIONLINT}"
    _run(
        ["go", "install", "-gcflags=all=-l", "-ldflags=-s", module],
        GOBIN=str(folder),
        CGO_ENABLED="0",
        XDG_CONFIG_HOME=str(BIN.parent / "cache"),
    )


def npm(folder: Path) -> None:
    """Install the packages, and a program for each that runs by their node."""
    _npm_install(folder, f"node@{NODE}", f"gitlab-ci-local@{GITLAB_CI_LOCAL}", f"npm-groovy-lint@{GROOVY_LINT}")
    for name, script in PROGRAMS.items():
        _write_program(folder, name, script)


def npm_language_server(folder: Path) -> None:
    """Install the language server, which runs by the machine's node."""
    _npm_install(folder, f"yaml-language-server@{LANGUAGE_SERVER}")
    _write_program(folder, "yaml-language-server", "yaml-language-server/bin/yaml-language-server")


def npm_sdk_types(folder: Path) -> None:
    """Install TypeScript's compiler, which runs by the machine's node, and the types."""
    _npm_install(folder, "--ignore-scripts", f"typescript@{TYPESCRIPT}", *SDK_TYPES)
    _write_program(folder, "tsc-with-sdk-types", "typescript/bin/tsc")


def _write_program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(WRAPPER.format(script=script), encoding="utf-8")
    (folder / name).chmod(0o755)


def _npm_install(folder: Path, *wanted: str) -> None:
    _run(
        [
            "npm",
            "install",
            "--loglevel=error",
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            *wanted,
        ]
    )


def mvn(folder: Path) -> None:
    """Fetch the jars."""
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as pom:
        pom.write(POM.format(items="".join(ITEM.format(*artifact.split(":")) for artifact in JARS)))
        pom.flush()
        fast = {"MAVEN_OPTS": f"{os.environ.get('MAVEN_OPTS', '')} -XX:TieredStopAtLevel=1"}
        _run(["mvn", "-q", "-B", "-Dstyle.color=never", "-f", pom.name, "dependency:copy", f"-DoutputDirectory={folder}"], **fast)


FOLDERS: dict[str, Callable[[Path], None]] = {
    f"actionlint-{ACTIONLINT}": go,
    f"gitlab-ci-local-{GITLAB_CI_LOCAL}-groovy-lint-{GROOVY_LINT}-node-{NODE}": npm,
    f"yaml-language-server-{LANGUAGE_SERVER}": npm_language_server,
    f"typescript-{TYPESCRIPT}-sdk-types-{'-'.join(package.rpartition('@')[2] for package in SDK_TYPES)}": npm_sdk_types,
    f"jenkins-cps-{'-'.join(artifact.rpartition(':')[2] for artifact in JARS)}": mvn,
}


# What shows in the text of a test that it uses what an installer brings: the folder's own fixtures, or another folder's helper.
USES: dict[Callable[[Path], None], str] = {
    go: r'^[^"]*require\("actionlint"\)',
    npm: r"/gitlab/(?s:.*)\b([Rr]epository|mirror|secrets)\b|^import local\b",
    npm_language_server: r"^(?:import|from) language_server\b",
    npm_sdk_types: r"\bsdk_types\b",
    mvn: r"/jenkins/|^import jvm\b",
}


def main(names: Sequence[str]) -> int:
    """Install what is missing and used, side by side, and print where all of it is."""
    BIN.mkdir(parents=True, exist_ok=True)
    used = list(FOLDERS) if not names else used_by(names)
    with ThreadPoolExecutor() as pool:
        missing = [why for why in pool.map(_installed, used) if why]
    for why in missing:
        print(why, file=sys.stderr)
    path = [str(BIN / name) for name, install in FOLDERS.items() if install is not mvn and (BIN / name).is_dir()]
    jars = [str(BIN / name) for name, install in FOLDERS.items() if install is mvn and (BIN / name).is_dir()]
    print(json.dumps({"PATH": os.pathsep.join([*path, os.environ["PATH"]]), **({"TOCSIN_JENKINS_JARS": jars[0]} if jars else {})}))
    return 1 if missing and os.environ.get("TOCSIN_REQUIRE_RUNNERS") == "1" else 0


def used_by(names: Sequence[str]) -> list[str]:
    """The folders of runners that the tests in files, folders and pytest's `FILE::TEST` use."""
    texts = list(_tests(names))
    return [name for name, install in FOLDERS.items() if any(re.search(USES[install], text, re.MULTILINE) for text in texts)]


def _tests(names: Sequence[str]) -> Iterator[str]:
    """The path and the text of each file of tests."""
    for name in names:
        path = Path(name.partition("::")[0]).resolve()
        for file in path.rglob("test_*.py") if path.is_dir() else [path]:
            yield f"{file.as_posix()}\n{file.read_text(encoding='utf-8')}"


def _installed(name: str) -> str | None:
    """Why a folder is not there; None where it is. It is filled under another name first, so one that is there is complete."""
    if (BIN / name).is_dir():
        return None
    install = FOLDERS[name]
    program = install.__name__.partition("_")[0]
    if sys.platform != "linux":
        return f"{name} is for Linux"
    if not shutil.which(program):
        return f"{program} is not installed, so there is no {name}"
    with tempfile.TemporaryDirectory(dir=BIN, prefix=".new-") as place:
        folder = Path(place) / name
        folder.mkdir()
        try:
            install(folder)
            folder.rename(BIN / name)
        except (OSError, subprocess.CalledProcessError):
            return f"{name} cannot be installed: see what {program} says above"
    return None


def _run(command: list[str], **env: str) -> None:
    """Run an installer, whose words go to standard error. Raises OSError, CalledProcessError."""
    subprocess.run(command, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
