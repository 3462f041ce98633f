"""Any sequence of additions, changes, renames and deletions leaves a valid file that means what a plain model says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import run

FORMS = {
    "block": (
        "# ours\nchannels:\n  a:\n    kind: slack # first\n    url: \"${A}\"\n  # second\n  b: {kind: teams, url: '${B}'}\n\n"
        "notifications:\n  - name: one\n    on: failure\n    send_to: [a, b] # both\n  - name: two # x\n    on: success\n    send_to: {channel: b}\n"
    ),
    "flow": "channels: {a: {kind: slack, url: \"${A}\"}, b: {kind: teams, url: '${B}'}}\n"
    "notifications: [{name: one, on: failure, send_to: [a, b]}, {name: two, on: success, send_to: {channel: b}}]\n",
}
NAMES = st.sampled_from(["a", "b", "c", "the team", "no", "ä"])
URLS = st.sampled_from(["${A}", "${OTHER}", "${B}"])
STEPS = st.lists(
    st.tuples(st.just("add"), NAMES, st.sampled_from(["slack", "teams", "discord"]), URLS)
    | st.tuples(st.just("set"), NAMES, st.just("url"), URLS)
    | st.tuples(st.just("rename"), NAMES, NAMES, st.just(""))
    | st.tuples(st.just("delete"), NAMES, st.just(""), st.just("")),
    max_size=5,
)


class Model:
    """The channels, and which rule sends to which."""

    def __init__(self) -> None:
        self.channels: dict[str, tuple[str, str]] = {"a": ("slack", "${A}"), "b": ("teams", "${B}")}
        self.rules = [["a", "b"], ["b"]]

    def takes(self, step: tuple[str, str, str, str]) -> bool:
        """Do a step; whether it can be done."""
        what, name, other, url = step
        there = name in self.channels
        if what == "add":
            if not there:
                self.channels[name] = (other, url)
            return not there
        if not there:
            return False
        if what == "set":
            self.channels[name] = (self.channels[name][0], url)
        elif what == "delete":
            if any(name in rule for rule in self.rules):
                return False
            del self.channels[name]
        elif other != name:
            if other in self.channels:
                return False
            self.channels = {other if key == name else key: value for key, value in self.channels.items()}
            self.rules = [[other if key == name else key for key in rule] for rule in self.rules]
        return True


def words(step: tuple[str, str, str, str]) -> list[str]:
    what, name, other, url = step
    return {
        "add": ["add", name, "--kind", other, "--set", f"url={url}"],
        "set": ["modify", name, "--set", f"{other}={url}"],
        "rename": ["modify", name, "--rename", other],
        "delete": ["delete", name, "--yes"],
    }[what]


def said(text: str) -> tuple[Any, Any]:
    """The channels in their order and the rules' recipients, as YAML says them."""
    data = yaml.load(text, yaml.BaseLoader)
    channels = [(name, (channel["kind"], channel["url"])) for name, channel in data["channels"].items()]
    rules = [rule["send_to"] for rule in data["notifications"]]
    return channels, [
        [to["channel"] if isinstance(to, dict) else to for to in ([rule] if isinstance(rule, (str, dict)) else rule)] for rule in rules
    ]


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=15)
@given(steps=STEPS)
def test_any_sequence_means_what_a_model_says(form: str, steps: list[tuple[str, str, str, str]]):
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / ".tocsin.yml"
        path.write_text(FORMS[form], encoding="utf-8")
        model = Model()
        for step in steps:
            before = path.read_bytes()
            answer = run("channels", *words(step), folder=folder)
            assert (answer.code == 0) == model.takes(step), answer
            assert answer.code == 0 or path.read_bytes() == before
        text = path.read_text(encoding="utf-8")
        assert said(text) == (list(model.channels.items()), model.rules)
        assert run("check", folder=folder).code == 0
        for comment in ("# ours", "# both", "# x") if form == "block" else ():
            assert comment in text
