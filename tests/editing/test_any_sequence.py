"""Any sequence of commands on any valid policy leaves a valid file that says what a plain model predicts, or the file as it was."""

from __future__ import annotations

import copy
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import rules_model
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import CASES, Answer, raw, require_decent
from policies_of_all import BOM, every_policy

from tocsin.channels import MAIL_KINDS
from tocsin.policy.load import load
from tocsin.policy.model import Policy
from tocsin.policy.policy_text import PolicyText
from tocsin.source.places import files_of

POLICIES = every_policy()
EVENTS = ("trigger", "success", "failure", "fixed", "unstable")
VALUES = ("main", "release/*", "!x", "no", "1.10", "a b", "ä: #1", "{x}", "'y'", '"z"', "*a", "&b", "- c", "~", "\u202e", "🚀")

COMMENT = r"\s# [^\r\n]*"

steps = st.tuples(
    st.sampled_from(["add", "copy", "delete", "on", "recipients", "keys", "rename"]),
    st.integers(0, 50),
    st.sampled_from(EVENTS),
    st.sampled_from(EVENTS),
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True),
)


class Repository:
    """A folder with a policy, and the model of its rules."""

    def __init__(self, folder: Path, data: bytes) -> None:
        self.folder, self.path, self.count = folder, folder / ".tocsin.yml", 0
        (folder / ".git").mkdir()
        shutil.copytree(CASES / "policy" / "payloads", folder / "payloads")
        self.path.write_bytes(data)
        self.rules = rules_model.records(self.policy())

    def policy(self) -> Policy:
        """The policy as it is loaded."""
        return load(PolicyText(".tocsin.yml", self.path.read_bytes(), files_of(self.folder))).policy

    def channels(self) -> list[str]:
        """Those that take any rule."""
        return [
            name for name, kind in self.policy().channels.items() if kind.kind not in MAIL_KINDS and not kind.project and "," not in name
        ]

    def name(self) -> str:
        """A name that no rule has."""
        self.count += 1
        return f"rule: {self.count}"

    def run(self, *words: str) -> Answer:
        """A command, whose change of the file is held to the file's form."""
        before = self.path.read_bytes()
        answer = raw("rules", *words, folder=self.folder)
        require_decent(answer)
        after = self.path.read_bytes()
        if answer.code:
            assert after == before
            assert (answer.code, "the anchor &" in answer.err) == (3, True), answer.err
            return answer
        assert after.startswith(BOM) == before.startswith(BOM)
        assert after.endswith(b"\n") == before.endswith(b"\n")
        if b"\r\n" in before:
            assert after.count(b"\n") == after.count(b"\r\n")
        elif b"\n" in before:
            assert b"\r" not in after
        return answer


class Step(NamedTuple):
    """One command's words, and what it does to the rule at a place of the model; False where it may not."""

    words: Sequence[str]
    change: Callable[[list[rules_model.Rule], int], object]


def step(name: str, channels: Sequence[str], what: str, title: str, first: str, second: str, values: Sequence[str]) -> Step:
    """A command about the rule `title`; `name` is new."""
    channel, wanted, model = channels[-1], ",".join(values), rules_model
    adding = ("add", "--name", name, "--on", first, "--send-to", channel, f"--where=app={wanted}")
    return {
        "add": Step(adding, lambda rules, _: model.add(rules, name, [first], {"app": list(values)}, [channel])),
        "copy": Step(("copy", title, "--name", name), lambda rules, at: model.duplicate(rules, at, name)),
        "delete": Step(("delete", title, "--yes"), lambda rules, at: rules.pop(at)),
        "rename": Step(("modify", title, "--rename", name), lambda rules, at: rules[at].update(name=name)),
        "keys": Step(
            ("modify", title, f"--set=job={wanted}", "--unset", "branch"),
            lambda rules, at: model.keys(rules[at], "job", list(values), "branch"),
        ),
        "on": Step(("modify", title, "--add-on", first, "--remove-on", second), lambda rules, at: model.on(rules[at], first, second)),
        "recipients": Step(
            ("modify", title, "--add-recipient", channel, "--remove-recipient", channels[0]),
            lambda rules, at: model.recipients(rules[at], channel, channels[0]),
        ),
    }[what]


def take(repository: Repository, what: str, number: int, first: str, second: str, values: Sequence[str]) -> None:
    """One command, and the same in the model."""
    rules, channels = copy.deepcopy(repository.rules), repository.channels()
    if not channels or not (rules or what == "add"):
        return
    at = number % max(len(rules), 1)
    channels = [channels[0], channels[number % len(channels)]]
    found = step(repository.name(), channels, what, f"#{at + 1}", first, second, values)
    if found.change(rules, at) is not False and not repository.run(*found.words).code:
        repository.rules = rules


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(POLICIES)), st.lists(steps, min_size=1, max_size=5))
def test_the_file_says_what_the_model_says(name: str, asked: list[tuple[str, int, str, str, list[str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder), POLICIES[name])
        for what in asked:
            take(repository, *what)
            assert rules_model.records(repository.policy()) == repository.rules


def _bounds(text: str) -> list[tuple[int, int]]:
    """Where each rule begins, and where the next one does or the file ends: none can be changed through an alias."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    found = next((value for key, value in root.value if key.value == "notifications"), None)
    if "&" in text or not isinstance(found, yaml.SequenceNode) or not found.value:
        return []
    starts = [item.start_mark.index for item in found.value]
    return list(zip(starts, [*starts[1:], found.end_mark.index], strict=True))


@pytest.mark.parametrize("name", sorted(name for name in POLICIES if "BOM" not in name))
def test_a_rule_that_is_modified_leaves_what_is_before_it_and_behind_it(name: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path, POLICIES[name])
    old = POLICIES[name].removeprefix(BOM).decode()
    for index, (start, end) in enumerate(_bounds(old)):
        repository.path.write_bytes(POLICIES[name])
        event = next((event for event in EVENTS if event not in repository.rules[index]["on"]), EVENTS[0])
        assert repository.run("modify", f"#{index + 1}", "--add-on", event, "--set", "job=x").code == 0
        new = repository.path.read_bytes().removeprefix(BOM).decode()
        assert (new[:start], new.endswith(old[end:])) == (old[:start], True)
        assert re.findall(COMMENT, new) == re.findall(COMMENT, old)
