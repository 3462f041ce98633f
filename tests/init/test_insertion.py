"""Lines put into a person's file: everything else stays, to the letter and in meaning, or the file stays as it is."""

from __future__ import annotations

from textwrap import indent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.init import github, gitlab, jenkins
from tocsin.init.change import ACTION, INCLUDE
from tocsin.init.groovy_text import masked
from tocsin.init.remotes import Remote, remote_of, remotes
from tocsin.init.repository import CiFile
from tocsin.init.yaml_text import read_yaml, scalar

HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
TAILS = {
    "a list that is not indented": "    - uses: actions/checkout@v6\n    - run: x\n",
    "the last step": "      - uses: actions/checkout@v6",
    "a wide dash": "      -   uses: actions/checkout@v6\n          with: {fetch-depth: 0}\n      -   run: x\n",
    "a text that keeps its lines": "      - uses: actions/checkout@v6\n        with:\n          sparse-checkout: |+\n            a\n\n      - run: x\n",
    "a text over two lines": "      - uses: actions/checkout@v6\n        name: a\n          b\n      # x\n      - run: x\n",
    "an anchor": "      - &checkout\n        uses: actions/checkout@v6\n      - run: x\n",
    "an alias": "      - uses: actions/checkout@v6\n        env: &e {A: b}\n      - run: x\n        env: *e\n",
    "the same step twice": "      - uses: actions/checkout@v6\n      - uses: actions/checkout@v6\n",
    "a value that is missing": "      - uses: actions/checkout@v6\n        with:\n      - run: x\n",
}


def workflow(text: str) -> github.Change:
    [change] = github.changes([CiFile("github", "ci.yml", text)], ["SLACK_WEBHOOK_URL"])
    return change


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_the_step_follows_the_checkout_in_every_style(tail: str, ends: str):
    text = (HEAD + tail).replace("\n", ends)
    new = workflow(text).text
    if "|+" in tail:  # an empty line is part of the text: which one it would then be is not certain
        assert new is None
        return
    assert new is not None
    before, after = (yaml.safe_load(each)["jobs"]["a"]["steps"] for each in (text, new))
    assert after[1].pop("uses") == ACTION
    assert [*after[:1], *after[2:]] == before
    assert new.count("\r\n") == (new.count("\n") if ends == "\r\n" else 0)


@pytest.mark.parametrize(
    "text",
    [
        "{on: push, jobs: {a: {steps: [{uses: actions/checkout@v6}]}}}",
        "on: push\njobs: {a: {steps: [{uses: actions/checkout@v6}]}}",
        "on: push\njobs:\n  a: {steps: [{uses: actions/checkout@v6}]}\n  notify: {}\n  tocsin: {}\n  notifications: {}\n",
        "on: [push\n",
        f"{HEAD}      - uses: actions/checkout@v6\t# a tab, which PyYAML does not take\n",
        "\x00",
    ],
)
def test_where_the_place_is_not_certain_the_file_stays_as_it_is(text: str):
    change = workflow(text)
    assert change.text is None
    assert change.why_not


@given(
    st.lists(
        st.sampled_from(
            ["on: push", "jobs:", "  a:", "    steps:", "      - uses: actions/checkout@v6", "      - run: ", "x", "# x", "", "  b: *a", ""]
        )
    )
)
def test_no_workflow_loses_a_line_or_breaks(lines: list[str]):
    text = "\n".join(["on: push", *lines])
    for change in github.changes([CiFile("github", "ci.yml", text)], ["A"]):
        if change.text:
            rest = iter(change.text.splitlines())
            assert all(line in rest for line in text.splitlines())
            assert yaml.safe_load(change.text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# about\n\n# a\nstages: [a]\n", "# about\n\ninclude:\n  - X: x\n\n# a\nstages: [a]\n"),
        ("# about\nstages: [a]", "# about\ninclude:\n  - X: x\n\nstages: [a]\n"),
        ("include:\n- local: a\n", "include:\n- local: a\n- X: x\n"),
        ("include:\n  - local: a\n  # b\na: {script: b}\n", "include:\n  - local: a\n  - X: x\n  # b\na: {script: b}\n"),
        ("include: a\n", None),
        ("include: [a, b]\n", None),
        ("include: {local: a}\n", None),
        ("spec: {inputs: {}}\n---\na: {script: b}\n", None),
        ("", None),
    ],
)
def test_gitlab_s_include(text: str, expected: str | None):
    [change] = gitlab.changes([CiFile("gitlab", ".gitlab-ci.yml", text)])
    shown = change.text and change.text.replace(indent(INCLUDE, "  "), "  - X: x").replace(INCLUDE, "- X: x")
    assert shown == expected


GROOVY = "pipeline {\n  agent any\n  stages { stage('x') { steps { echo 'x' } } }\n}\n"


@pytest.mark.parametrize(
    "text",
    [
        GROOVY.replace("agent any", "agent none"),
        GROOVY.replace("agent any", ""),
        GROOVY.replace("\n}", "\n post { always { echo 'x' } }\n}"),
        GROOVY.replace("\n}", " }"),
        GROOVY.replace("echo 'x'", 'echo "${a("}")}"'),
        GROOVY.replace("echo 'x'", "echo(/}/)"),
        GROOVY.replace("echo 'x'", "echo '''x"),
        GROOVY + "}",
        "import a.b\n" + GROOVY,
        "@Library('shared') _\n" + GROOVY,
        "library 'shared'\n" + GROOVY,
        GROOVY * 2,
        "",
    ],
)  # fmt: skip
def test_a_jenkinsfile_of_which_something_is_not_certain_stays_as_it_is(text: str):
    [change] = jenkins.changes([CiFile("jenkins", "Jenkinsfile", text)])
    assert change.text is None
    assert change.why_not


def test_what_reports_already_is_let_be():
    assert jenkins.changes([CiFile("jenkins", "Jenkinsfile", "node { withTocsin { sh 'x' } }")]) == []
    assert len(jenkins.changes([CiFile("jenkins", "Jenkinsfile", f"// tocsin()\n{GROOVY}")])) == 1
    assert gitlab.changes([CiFile("gitlab", "x", "include:\n  - local: ci/tocsin.yml\n")]) == []


@settings(max_examples=40)
@given(st.text(alphabet="{}'\"\\/*\n$a ", max_size=40))
def test_masked_code_has_the_same_lines(text: str):
    code = masked(text)
    if code is not None:
        assert [len(line) for line in code.split("\n")] == [len(line) for line in text.split("\n")]


@settings(max_examples=40)
@given(st.text(max_size=20))
def test_a_text_is_one_line_of_yaml_that_means_it(text: str):
    line = scalar(text)
    assert "\n" not in line
    known = read_yaml(f"a: {line}\n")
    assert known
    assert isinstance(yaml.safe_load(f"a: {line}")["a"], str)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("git@github.com:acme/payments.git", "https://github.com/acme/payments"),
        ("https://ada:s3cr3t@github.com/acme/payments.git", "https://github.com/acme/payments"),
        ("https://git.example.com:8443/a/b/c/", "https://git.example.com:8443/a/b/c"),
        ("ssh://git@gitlab.com:22/a/b.git", "https://gitlab.com/a/b"),
        ("git.example.com:/a/b.git", "https://git.example.com/a/b"),
        ("http://localhost:3000/a/b", "http://localhost:3000/a/b"),
        ("../other", None), ("/srv/git/x.git", None), ("file:///srv/x.git", None), ("https://example.com:x/a/b", None), ("C:/a/b", None),
    ],
)  # fmt: skip
def test_the_page_of_a_remote(address: str, expected: str | None):
    assert [remote.url for remote in remotes({"origin": address})] == ([expected] if expected else [])


def test_each_ci_has_the_remote_on_its_own_server():
    known = remotes({"z": "git@gitlab.com:a/z", "origin": "git@github.com:a/o"})
    assert remote_of("gitlab", known) == Remote("https", "gitlab.com", "a/z")
    assert remote_of("github", known) == Remote("https", "github.com", "a/o")
    assert remote_of("gitlab", known[:1]) is None
