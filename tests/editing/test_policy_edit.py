"""The engine: plain data are changed, and the file changes where that needs it and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from policies_of_all import FORMS

from tocsin.editing.policy_edit import PolicyEdit, put, rename
from tocsin.editing.policy_file import PolicyFile
from tocsin.errors import PolicyError

CHANNELS = "channels: {team: {kind: slack}, ops: {kind: slack}}\n"
RULE = "{on: failure, send_to: team}"


def opened(text: str | bytes, path: Path = Path("/nowhere/.tocsin.yml")) -> PolicyEdit:
    """A policy to be changed."""
    return PolicyEdit(PolicyFile(path, ".tocsin.yml", text.encode() if isinstance(text, str) else text))


def test_the_anchor_that_is_used_elsewhere_is_named() -> None:
    edit = opened(FORMS["anchors"])
    del edit.listed("notifications")[0]
    with pytest.raises(PolicyError, match=r"^\.tocsin\.yml:4: the anchor &first .* \*first on line 9"):
        edit.finish()


def test_an_alias_is_written_out_where_it_alone_changes() -> None:
    edit = opened(FORMS["anchors"])
    edit.listed("notifications")[2]["on"] = ["failure"]
    old, new = FORMS["anchors"], edit.finish().data
    assert new == old.replace(b"    on: *events\n", b"    on: [failure]\n")


def test_a_copy_leaves_the_anchors_with_the_item() -> None:
    edit = opened(FORMS["anchors"])
    rules = edit.listed("notifications")
    rules.append(edit.copy(rules[0]))
    rules[-1]["name"] = "d"
    assert edit.finish().data == FORMS["anchors"] + (
        b"  -\n    name: d\n    on: [failure, success]\n    pipelines: *main\n    send_to: team\n"
    )  # fmt: skip


def test_what_overrides_a_merged_key_is_taken_out() -> None:
    text = f"x-a: &a {{kind: cd, tier: production}}\n{CHANNELS}notifications:\n  - {{on: failure, send_to: team, pipelines: {{<<: *a, tier: other}}}}\n"
    edit = opened(text)
    del edit.listed("notifications")[0]["pipelines"]["tier"]
    assert edit.finish().data.decode() == text.replace("{<<: *a, tier: other}", "{kind: cd}")


def test_channels_are_added_renamed_and_taken_out() -> None:
    text = "channels:\n  # the team's\n  team: {kind: slack}\n\n  ops:\n    kind: webhook\n    url: https://a.example\n"
    edit = opened(text)
    channels = edit.data["channels"]
    rename(channels, "ops", "hook")
    channels["hook"]["url"] = "https://b.example/?a=b"
    channels["room"] = {"kind": "teams", "url": "${ROOM}"}
    del channels["team"]
    assert edit.finish().data.decode() == (
        'channels:\n\n  hook:\n    kind: webhook\n    url: "https://b.example/?a=b"\n  room:\n    kind: teams\n    url: "${ROOM}"\n'
    )


def test_a_key_stands_at_its_place() -> None:
    edit = opened(f"{CHANNELS}notifications: [{RULE}]\n")
    order = ("name", "on", "pipelines", "send_to")
    put(edit.listed("notifications")[0], "pipelines", {"branch": "main"}, order)
    put(edit.listed("notifications")[0], "name", "no", order)
    assert edit.finish().data.decode() == (
        f'{CHANNELS}notifications: [{{name: "no", on: failure, pipelines: {{branch: main}}, send_to: team}}]\n'
    )


@pytest.mark.parametrize(
    ("said", "added"),
    [
        ("", "notifications:\n  - on: failure\n    send_to: team\n"),
        ("notifications:\n# none\n", "notifications:\n  - on: failure\n    send_to: team\n# none\n"),
        ("notifications: [] # none\n", "notifications: # none\n  - on: failure\n    send_to: team\n"),
        (f"notifications: {RULE}\n", f"notifications: [{RULE}, {RULE}]\n"),
        (f"notifications:\n- {RULE}", f"notifications:\n- {RULE}\n- {RULE}"),
        (
            "notifications:\n  # it\n  on: failure\n\n  send_to: ops\n",
            "notifications:\n  # it\n  - on: failure\n\n    send_to: ops\n  - on: failure\n    send_to: team\n",
        ),
    ],
)
def test_a_first_rule_and_a_second(said: str, added: str) -> None:
    channels = "channels:\n  team: {kind: slack}\n  ops: {kind: slack}\n"
    edit = opened(channels + said)
    edit.listed("notifications").append({"on": "failure", "send_to": "team"})
    assert edit.finish().data.decode() == channels + added


def test_what_would_be_invalid_is_refused_with_its_line() -> None:
    edit = opened(f"{CHANNELS}notifications: [{RULE}]\n")
    edit.listed("notifications")[0]["send_to"] = "tema"
    with pytest.raises(PolicyError, match="nothing was written") as caught:
        edit.finish()
    assert "tema" in caught.value.problems[0].message


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", ">>>>>>> topic"])
def test_a_conflict_is_no_policy(marker: str) -> None:
    with pytest.raises(PolicyError, match=r"^\.tocsin\.yml:2: the marker of a merge conflict"):
        opened(f"{CHANNELS}{marker}\nnotifications: []\n")


def test_the_mode_is_kept_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / ".tocsin.yml"
    path.write_text(f"{CHANNELS}notifications: [{RULE}]\n", encoding="utf-8")
    path.chmod(0o640)
    edit = opened(path.read_bytes(), path)
    edit.listed("notifications")[0]["send_to"] = "ops"
    edit.finish().write()
    assert path.read_text(encoding="utf-8").endswith("send_to: ops}]\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_changed_meanwhile_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".tocsin.yml"
    path.write_text(f"{CHANNELS}notifications: [{RULE}]\n", encoding="utf-8")
    edit = opened(path.read_bytes(), path)
    edit.listed("notifications").clear()
    path.write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="has changed since it was read"):
        edit.finish().write()
    assert path.read_text(encoding="utf-8") == "version: 1\n"


def test_a_credential_is_masked_in_the_difference() -> None:
    url = "https://hooks.slack.com/services/T0000000/B0000000/abcdefghijklmnopqrstuvwx"
    edit = opened(f"channels:\n  team: {{kind: slack}}\n  old: {{kind: slack, url: {url}}}\n")
    del edit.data["channels"]["old"]
    lines = edit.finish().diff()
    assert any(line.startswith("-  old:") for line in lines)
    assert "abcdefghijklmnop" not in "\n".join(lines)
