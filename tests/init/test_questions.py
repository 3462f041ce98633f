"""The questions of `tocsin init`: three at most, in words that are understood, and none where nobody is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tocsin.errors import UsageError
from tocsin.init.proposal import Proposal, propose
from tocsin.init.repository import CiFile, Repository

FLOW = """\
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: {environment}
    steps:
      - uses: actions/checkout@v6
"""


class Person:
    """Somebody who gives these answers, one after the other, and then nothing more."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else ""


def proposal(person: Person | None, environment: str = "production", owners: tuple[str, ...] = ()) -> Proposal:
    flow = CiFile("github", ".github/workflows/ci.yml", FLOW.replace("{environment}", environment))
    return propose(Repository(Path(), True, (flow,), (), owners), person, "acme")


def rules(made: Proposal) -> list[list[str]]:
    return [rule["on"] for rule in yaml.load(made.policy, yaml.BaseLoader)["notifications"]]


@pytest.mark.parametrize(
    ("answers", "kind", "expected"),
    [
        ((), "slack", [["failure", "fixed"], ["trigger", "success", "failure"]]),
        (("teams\n", "results\n", "n\n"), "teams", [["success", "failure"]]),
        (("\n", "results\n", "Y\n"), "slack", [["success", "failure"], ["trigger", "success", "failure"]]),
        (("discord", "ALL"), "discord", [["trigger", "success", "failure"]]),
        (("Slakc", "slack", "evrything", "all"), "slack", [["trigger", "success", "failure"]]),
    ],
    ids=["empty", "chosen", "yes", "all leaves nothing to ask", "corrected"],
)
def test_the_answers_make_the_policy(answers: tuple[str, ...], kind: str, expected: list[list[str]]):
    person = Person(*answers)
    made = proposal(person)
    assert yaml.safe_load(made.policy)["channels"]["team"]["kind"] == kind
    assert rules(made) == expected
    assert len({asked.partition("?")[0].rpartition(". ")[2] for asked in person.asked}) <= 3


def test_nobody_is_asked_where_nobody_is_there():
    assert rules(proposal(None)) == [["failure", "fixed"], ["trigger", "success", "failure"]]


def test_an_answer_that_is_close_is_suggested_and_three_that_are_none_are_an_error():
    person = Person("slakc", "teems", "mail\x1b[31m")
    with pytest.raises(UsageError, match="no answer was understood"):
        proposal(person)
    assert person.asked[1].startswith("'slakc' is no answer (do you mean slack?). ")
    assert not any("\x1b" in asked for asked in person.asked)


def test_a_mail_goes_to_an_owner_who_has_an_address():
    made = proposal(Person("smtp"), owners=("@acme/payments", "ada@example.com"))
    document = yaml.safe_load(made.policy)
    assert {rule["send_to"] for rule in document["notifications"]} == {"ada@example.com"}
    assert made.variables == ("SMTP_USER", "SMTP_PASSWORD")
    assert "SMTP_PASSWORD: ${{ secrets.SMTP_PASSWORD }}" in made.changes[0].lines
    assert "dev@example.com # change it" in proposal(Person("smtp")).policy


@pytest.mark.parametrize("name", ["'it''s'", "'a, b'", "${{ inputs.to }}", "'*'", "'!x'", "'yes'", "012", "null"])
def test_an_environment_s_name_breaks_neither_the_policy_nor_the_workflow(name: str):
    made = proposal(None, environment=name)
    document = yaml.safe_load(made.policy)
    assert document["channels"] == {"team": {"kind": "slack", "url": "${SLACK_WEBHOOK_URL}"}}
    workflow = yaml.safe_load(made.changes[0].text or "")
    job = workflow["jobs"]["deploy"]
    assert job["steps"][1]["with"]["environment"] == str(yaml.load(name, yaml.BaseLoader))


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such terminals")
def test_a_person_at_a_terminal_is_asked(tmp_path: Path):
    import pty

    leader, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "init"],
        cwd=tmp_path,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={"TERM": "dumb"},
    ) as process:
        os.close(terminal)
        os.write(leader, b"teams\nresults\n")
        out = process.communicate()[0].decode()
        said = os.read(leader, 65536).decode()
    os.close(leader)
    assert process.returncode == 0
    assert ".tocsin.yml: written" in out
    assert "Where shall the messages go" in said
    assert "kind: teams" in (tmp_path / ".tocsin.yml").read_text()
