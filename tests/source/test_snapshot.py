"""A policy as it was, with the files that it named, whatever the workspace is afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.policy.nodes import BadFileError
from tocsin.policy.policy_text import PolicyText
from tocsin.source.snapshot import take


def test_a_snapshot_keeps_what_was_read(tmp_path: Path):
    body = tmp_path / "body.json"
    body.write_text("as it was")
    snapshot, text = take(PolicyText("name", b"data", lambda name: (tmp_path / name).read_bytes()))
    assert (text.name, text.data) == ("name", b"data")
    assert text.files
    assert text.files("body.json") == b"as it was"
    body.write_text("changed")
    (tmp_path / "other").touch()
    kept = snapshot.text()
    assert (kept.name, kept.data) == ("name", b"data")
    assert kept.files
    assert kept.files("body.json") == b"as it was"
    with pytest.raises(BadFileError, match="there is no file 'other'"):
        kept.files("other")


def test_a_snapshot_of_a_policy_that_may_read_nothing():
    snapshot, text = take(PolicyText("name", b"data"))
    assert text == PolicyText("name", b"data", None)
    assert snapshot.text().name == "name"
