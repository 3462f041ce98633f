"""Pipelines run for real, by gitlab-ci-local, in a repository of the test's own: no GitLab, no Docker, this machine's bash.

    repository.write(".gitlab-ci.yml", "include: …")
    run = repository.run({"SLACK_WEBHOOK_URL": slack.url("/hook")})
    run.results == {"build": "PASS", "tocsin-trigger": "PASS"}

OWNER/tocsin on gitlab.example.com is this checkout's template, and so is what a server of our own answers in the place of GitHub's: but for
that server's address the examples run as they are written.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from runners import git, require
from servers import ScriptedServer

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples" / "gitlab"
TEMPLATE = ROOT / "plugins" / "gitlab" / "templates" / "notify.yml"
HOST = "https://gitlab.example.com"
FILES = "https://raw.githubusercontent.com"
POLICY = """\
channels: {team: {kind: slack}, audit: {kind: webhook, url: "${AUDIT_URL}"}}
notifications: [{on: [trigger, success, failure, cancelled, unstable], send_to: [team, audit]}]
"""
MOST_SECONDS = 60.0  # what no run takes; a run that hangs ends the test
_RESULT = re.compile(r"^ (PASS|WARN|FAIL) +(.+?)(?: +pre_script)? *$", re.MULTILINE)


class Run:
    """How a run ended, and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.results = {name: word for word, name in _RESULT.findall(out)}

    def said(self, job: str) -> str:
        """What a job printed."""
        return "\n".join(re.findall(rf"^{re.escape(job)} *> (.*)$", self.out + self.err, re.MULTILINE))

    def began(self, job: str) -> int:
        """Where in the log a job begins."""
        return self._place(rf"^{re.escape(job)} +starting")

    def ended(self, job: str) -> int:
        """Where in the log a job ends."""
        return self._place(rf"^{re.escape(job)} +finished")

    def _place(self, pattern: str) -> int:
        found = re.search(pattern, self.out, re.MULTILINE)
        assert found, self.out
        return found.start()


REAL = Path(sys.executable).parent  # of a `tocsin` that starts as it is


def machine(programs: Path, tocsin: Path | None = REAL) -> str:
    """A PATH with these programs first, and with the `tocsin` of a folder, or with none."""
    others = [folder for folder in os.environ["PATH"].split(os.pathsep) if not Path(folder, "tocsin").exists()]
    return os.pathsep.join([str(programs), *([str(tocsin), str(REAL)] if tocsin else []), *others])


def program(path: Path, script: str) -> None:
    """A shell script that can be started."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def events(server: ScriptedServer) -> list[dict]:
    """The events of the messages that a webhook got, in the order of arrival."""
    return [request.json()["event"] for request in server.requests if request.path == "/audit"]


class Repository:
    """acme/payments on gitlab.example.com, with a policy and a `make` that the test decides."""

    def __init__(self, folder: Path, mirror: Path, files: ScriptedServer, tocsin: Path = REAL) -> None:
        self.tocsin, self.files, self.judged = tocsin, files.url("").rstrip("/"), False
        self.folder, self.home, self.programs = folder / "payments", folder / "home", folder / "programs"
        for made in (self.folder, self.home, self.programs):
            made.mkdir()
        instead = "".join(f'[url "{mirror}"]\n\tinsteadOf = {HOST}{port}/OWNER/tocsin.git\n' for port in ("", ":443"))
        (self.home / ".gitconfig").write_text(f"[user]\n\tname = Ada Muster\n\temail = ada@example.com\n{instead}")
        git(self.folder, "init", "-q")
        git(self.folder, "remote", "add", "origin", f"{HOST}/acme/payments.git")
        self.write("ci/notify.yml", TEMPLATE.read_text(encoding="utf-8"))
        self.write(".tocsin.yml", POLICY)
        self.make("exit 0")

    def write(self, name: str, text: str) -> None:
        """A file of the repository."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def pipeline(self, text: str) -> None:
        """The pipeline, whose remote file is on a server of our own."""
        self.write(".gitlab-ci.yml", text.replace(FILES, self.files))

    def example(self, name: str) -> None:
        """An example, as it is written in the docs: GitLab's schema judges it too, which takes longer than all else of a run."""
        self.judged = True
        self.pipeline((EXAMPLES / name).read_text(encoding="utf-8"))

    def make(self, script: str) -> None:
        """What `make` does: a shell script, whose first argument is the target."""
        program(self.programs / "make", script)

    def run(
        self,
        variables: Mapping[str, str] = {},
        *words: str,
        unset: tuple[str, ...] = (),
        env: Mapping[str, str] = {},
        tocsin: bool = True,
    ) -> Run:
        """Commit, and run the pipeline to its end, with the variables that GitLab gives beside gitlab-ci-local's."""
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", "Retry the ledger write")
        given = {"GITLAB_CI": "true", **variables}
        command = [require("gitlab-ci-local"), *words, "--force-shell-executor", "--no-color", "--ignore-predefined-vars", ",".join(given)]
        command += [word for name, value in given.items() for word in ("--variable", f"{name}={value}")]
        command += [] if self.judged else ["--no-json-schema-validation"]
        command += [word for name in unset for word in ("--unset-variable", name)]
        environment = {"PATH": machine(self.programs, self.tocsin if tocsin else None), "HOME": str(self.home), "LANG": "C.UTF-8", **env}
        # Into files: it ends without waiting until all that it wrote into a pipe has been read.
        with (self.home / "out").open("w+") as out, (self.home / "err").open("w+") as err:
            done = subprocess.run(command, cwd=self.folder, env=environment, stdout=out, stderr=err, timeout=MOST_SECONDS, check=False)
        said = [(self.home / name).read_text(encoding="utf-8") for name in ("out", "err")]
        assert "Traceback (most recent" not in "".join(said)
        return Run(done.returncode, *said)
