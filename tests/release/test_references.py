"""One command makes the docs' addresses those of a release, and of the repository's owner."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import references
import yaml
from scripts import ROOT

from tocsin import __version__

STATE = re.compile(r"tocsin(?:/|@|==)(main|v?\d+(?:\.\d+\.\d+)?)(?![\w.-]*\.whl)\b")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """The docs and the examples after the command."""
    root = tmp_path_factory.mktemp("released")
    for path in references.files(ROOT):
        (to := root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
    assert references.main(["--version", "1.0.0", "--owner", "acme"], root) == 0
    return root


def test_the_sources_lead_to_main_or_to_the_release_that_is_out():
    pages = [path for path in references.files(ROOT) if path.name != "releasing.md"]  # it is about both
    found = {state for path in pages for state in STATE.findall(path.read_text(encoding="utf-8"))}
    assert found in ({"main"}, {f"v{__version__}", f"v{__version__.partition('.')[0]}", __version__})


def test_a_release_leaves_no_word_of_main_and_none_of_the_owner(written):
    for path in references.files(written):
        text = path.read_text(encoding="utf-8")
        assert "OWNER/tocsin" not in text, path
        assert "# until a release is out" not in text, path
        assert "<!-- until" not in text, path
        assert not re.search(r"tocsin@main|/tocsin/main/|defaultVersion: main|ref: main", text), path


def test_a_release_names_its_owner(tmp_path):
    (tmp_path / "README.md").write_text("- uses: OWNER/tocsin@main\n")
    with pytest.raises(SystemExit):
        references.main(["--version", "1.0.0"], tmp_path)
    assert references.main(["--version", "1.0.0", "--owner", "acme"], tmp_path) == 0
    assert (tmp_path / "README.md").read_text() == "- uses: acme/tocsin@v1\n"


def test_no_release_is_made_of_docs_that_lead_to_main(written, tmp_path):
    waiting = shutil.copytree(written, tmp_path / "waiting")
    (waiting / "README.md").write_text("- uses: acme/tocsin@main # until a release is out\n")
    done = subprocess.run(
        [sys.executable, ROOT / "release" / "tree.py", "--complete", "--source", waiting], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.startswith("the docs lead to `main` yet")) == (1, True), done.stderr
    assert not references.of_main(written)


def test_what_a_person_copies_then_names_the_release(written):
    github = yaml.safe_load((written / "examples/github/one-job.yml").read_text())
    assert github["jobs"]["test"]["steps"][1]["uses"] == "acme/tocsin@v1"
    remote = "https://raw.githubusercontent.com/acme/tocsin/v1.0.0/plugins/gitlab/templates/notify.yml"
    for name, include in (
        ("remote.yml", {"remote": remote}),
        ("test-channels.yml", {"remote": remote, "inputs": {"test": True}}),
        ("local.yml", {"local": "ci/notify.yml"}),
        ("project.yml", {"project": "acme/tocsin", "ref": "v1.0.0", "file": "plugins/gitlab/templates/notify.yml"}),
    ):
        assert yaml.safe_load((written / "examples/gitlab" / name).read_text())["include"] == [include]
    jenkins = (written / "examples/jenkins/controller.yml").read_text()
    controller = yaml.safe_load(jenkins)
    [library] = controller["unclassified"]["globalLibraries"]["libraries"]
    assert library["defaultVersion"] == "v1"
    assert [one["key"] for one in controller["jenkins"]["globalNodeProperties"][0]["envVars"]["env"]] == ["TOCSIN_CREDENTIALS"]
    assert "pip install tocsin==1.0.0" in (written / "examples/circleci/config.yml").read_text()


def test_the_next_release_follows_the_first(written, tmp_path):
    later = shutil.copytree(written, tmp_path / "later")
    assert references.main(["--version", "2.1.0"], later) == 0
    for path in references.files(later):
        expected = (written / path.relative_to(later)).read_text(encoding="utf-8")
        for old, new in (
            ("tocsin/v1.0.0/", "tocsin/v2.1.0/"),
            ("ref: v1.0.0", "ref: v2.1.0"),
            ("rev: v1.0.0", "rev: v2.1.0"),
            ("tocsin==1.0.0", "tocsin==2.1.0"),
            ("]==1.0.0", "]==2.1.0"),
        ):
            expected = expected.replace(old, new)
        expected = re.sub(r"(acme/tocsin@|defaultVersion: |Default version \| `)v1(?![\w.])", r"\1v2", expected)
        assert path.read_text(encoding="utf-8") == expected, path


@pytest.mark.parametrize("words", [["--version", "v1"], ["--version", "1.0"], ["--owner", "a/b"]])
def test_words_that_are_none_are_refused(words, tmp_path):
    with pytest.raises(SystemExit):
        references.main(words, tmp_path)
