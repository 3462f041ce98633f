"""`tocsin import devtron` on files: what is written, what is told, what bad files get."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from inprocess import CASES, Answer, run

CASE_FOLDERS = sorted((CASES / "devtron").iterdir())
WHOLE = CASES / "devtron" / "whole"


def import_case(folder: Path, *words: str, into: Path | None = None) -> Answer:
    return run(
        *("import", "devtron", "--notifications", str(folder / "list.json"), "--channels", str(folder / "channel.json"), *words),
        folder=into or folder,
    )


@pytest.mark.parametrize("folder", CASE_FOLDERS, ids=lambda path: path.name)
def test_a_case_becomes_its_policy_and_its_talk(folder: Path):
    answer = import_case(folder)
    assert answer.code == 0, answer.err
    assert answer.out == (folder / "policy.yml").read_text(encoding="utf-8")
    assert answer.err == (folder / "talk.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", CASE_FOLDERS, ids=lambda path: path.name)
def test_check_accepts_the_policy_and_no_secret_is_in_it(folder: Path):
    answer = run("check", "policy.yml", folder=folder)
    assert answer.code == 0, answer.out
    everything = "".join((folder / name).read_text(encoding="utf-8") for name in ("policy.yml", "talk.txt"))
    assert "invented" not in everything.lower()  # the cases' secrets all have that word


def test_the_sample_passes_strict(tmp_path: Path):
    assert run("check", "--strict", str(WHOLE / "policy.yml"), folder=tmp_path).code == 0


@pytest.mark.parametrize(
    ("variables", "rules", "told"),
    [
        ({"TOCSIN_APP": "checkout", "TOCSIN_STATUS": "failure"}, ["devtron 41"], ["dev@example.com", "payments-alerts"]),
        ({"TOCSIN_APP": "checkout", "TOCSIN_STATUS": "success"}, [], []),
        ({"TOCSIN_APP": "checkout", "TOCSIN_STATUS": "success", "TOCSIN_ENVIRONMENT": "staging"}, ["devtron 38"], ["payments-alerts"]),
        (
            {"TOCSIN_APP": "x", "TOCSIN_STATUS": "failure", "TOCSIN_ENVIRONMENT": "production", "TOCSIN_CLUSTER": "eks-prod-1"},
            ["devtron 40"],
            ["audit", "ops@example.com"],
        ),
        ({"TOCSIN_APP": "x", "TOCSIN_STATUS": "failure", "TOCSIN_ENVIRONMENT": "qa", "TOCSIN_CLUSTER": "eks-prod-1"}, [], []),
    ],
)
def test_explain_of_the_sample_says_what_devtron_meant(tmp_path: Path, variables: dict[str, str], rules: list[str], told: list[str]):
    env = {"TOCSIN_CI": "generic", "TOCSIN_PROJECT": "payments", **variables}
    data = run("explain", "completion", "--json", "--policy", str(WHOLE / "policy.yml"), env=env, folder=tmp_path).json()
    assert [rule["name"] for rule in data["rules"] if rule["matches"]] == rules
    assert [delivery["recipient"] for delivery in data["deliveries"]] == told


def test_output_is_written_once_and_never_over_a_file(tmp_path: Path):
    first = import_case(WHOLE, "--output", ".tocsin.yml", into=tmp_path)
    assert (first.code, first.out) == (0, "")
    assert (tmp_path / ".tocsin.yml").read_bytes() == (WHOLE / "policy.yml").read_bytes()
    (tmp_path / ".tocsin.yml").write_text("mine")
    again = import_case(WHOLE, "--output", ".tocsin.yml", into=tmp_path)
    assert again.code == 2
    assert "is there already" in again.err
    assert (tmp_path / ".tocsin.yml").read_text() == "mine"
    (tmp_path / "link").symlink_to("nowhere")
    assert import_case(WHOLE, "--output", "link", into=tmp_path).code == 2
    assert import_case(WHOLE, "--output", "no/such/folder.yml", into=tmp_path).code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tocsin.yml", "link"]


def test_a_table_has_a_row_for_each_rule_and_recipient(tmp_path: Path):
    rows = list(csv.DictReader(io.StringIO(import_case(WHOLE, "--csv").out)))
    assert [(row["id"], row["recipient"], row["channel"]) for row in rows] == [
        ("41", "dev@example.com", "ses main"),
        ("41", "payments-alerts", "payments-alerts"),
        ("40", "audit", "audit"),
        ("40", "ops@example.com", "smtp ops"),
        ("38", "payments-alerts", "payments-alerts"),
        ("37", "slack-address-1", "slack-address-1"),
    ]
    assert (rows[0]["app"], rows[2]["tier"], rows[2]["kind"]) == ("checkout, ledger", "production", "cd")


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_the_table_is_a_formula(tmp_path: Path, name: str):
    setting = {"id": 1, "app": [{"id": 1, "name": name}], "pipelineType": "CI", "eventTypes": [3], "providerConfigs": [provider()]}
    write(tmp_path, [setting], {"slackConfigs": [slack("team")]})
    (row,) = csv.DictReader(io.StringIO(import_case(tmp_path, "--csv").out))
    assert row["app"].lstrip("'").strip() == name.strip()
    assert row["app"].startswith("'") or not row["app"].strip().startswith(("=", "+", "-", "@"))
    assert not row["app"].startswith(("=", "+", "-", "@", "\t"))


def test_json_has_the_policy_the_variables_and_the_notes(tmp_path: Path):
    data = import_case(WHOLE, "--json").json()
    assert data["policy"] == (WHOLE / "policy.yml").read_text(encoding="utf-8")
    assert data["rules"][0] == {"name": "devtron 41", "id": 41}
    assert data["channels"][0] == {"name": "payments-alerts", "kind": "slack", "id": 5}
    assert {"name": "AUDIT_URL", "holds": "the URL of channel audit (webhook configuration 7)"} in data["variables"]
    assert {note["id"] for note in data["notes"] if note["what"] == "rule"} == {37, 40, 41}


def slack(name: Any, id_: Any = 5) -> dict[str, Any]:
    return {"id": id_, "configName": name, "webhookUrl": "https://hooks.slack.com/services/T0/B1/invented", "teamId": 0}


def provider(id_: int = 5) -> dict[str, Any]:
    return {"id": id_, "dest": "slack", "name": "", "recipient": ""}


def write(folder: Path, settings: Any, channels: Any) -> None:
    (folder / "list.json").write_text(json.dumps({"result": {"total": 0, "settings": settings}}))
    (folder / "channel.json").write_text(json.dumps({"result": channels}))


def test_a_thousand_rules(tmp_path: Path):
    settings = [
        {
            "id": number,
            "app": [{"id": number, "name": f"app-{number}"}],
            "pipelineType": "CD",
            "eventTypes": [1, 2, 3],
            "providerConfigs": [provider()],
        }
        for number in range(1000)
    ]
    write(tmp_path, settings, {"slackConfigs": [slack("team")]})
    answer = import_case(tmp_path, "--output", "policy.yml", into=tmp_path)
    assert "1 channel and 1000 rules imported" in answer.err
    assert run("check", "--strict", "policy.yml", folder=tmp_path).code == 0


GOOD_LIST, GOOD_CHANNELS = b'{"result": {"total": 0, "settings": null}}', b'{"result": {"slackConfigs": null}}'


@pytest.mark.parametrize(
    ("rules", "channels", "words"),
    [
        (b"", GOOD_CHANNELS, "list.json is none of Devtron's lists: it is not JSON"),
        (b"\xff\xfe", GOOD_CHANNELS, "it is not JSON"),
        (b"[" * 100_000, GOOD_CHANNELS, "it is not JSON"),
        (b"[]", GOOD_CHANNELS, "it has no result"),
        (b'{"result": []}', GOOD_CHANNELS, "it has no result"),
        (b'{"result": {}}', GOOD_CHANNELS, "result has no settings"),
        (b'{"code": 403, "errors": [{"userMessage": "s3cret"}]}', GOOD_CHANNELS, "it is an error of Devtron's (403)"),
        (GOOD_CHANNELS, GOOD_LIST, "give it to --channels"),
        (GOOD_LIST, GOOD_LIST, "give it to --notifications"),
        (GOOD_LIST, b'{"result": {"slackConfigs": 7}}', "result.slackConfigs is not a list"),
        (GOOD_LIST, b'{"result": {"smtpConfigs": [{"id": 1, "port": []}]}}', "result.smtpConfigs[0].port is not a text"),
        (b'{"result": {"settings": [{"id": "41"}]}}', GOOD_CHANNELS, "result.settings[0].id is not a whole number"),
        (b'{"result": {"settings": [{}]}}', GOOD_CHANNELS, "result.settings[0].id is missing"),
        (b'{"result": {"settings": [{"id": 1, "eventTypes": ["s3cret"]}]}}', GOOD_CHANNELS, "eventTypes[0] is not a whole number"),
        (b'{"result": {"settings": [{"id": 1, "team": {"id": 2}}]}}', GOOD_CHANNELS, "settings[0].team is not a list"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_words(tmp_path: Path, rules: bytes, channels: bytes, words: str):
    (tmp_path / "list.json").write_bytes(rules)
    (tmp_path / "channel.json").write_bytes(channels)
    answer = import_case(tmp_path, "--output", "policy.yml", into=tmp_path)
    assert answer.code == 3
    assert words in answer.err
    assert "s3cret" not in answer.err
    assert not (tmp_path / "policy.yml").exists()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "--notifications and --channels are missing (or --url)"),
        (("--channels", "x"), 2, "--notifications is missing"),
        (("--channels", "x", "--notifications", "y"), 3, "'y' cannot be read"),
        (("--channels", "x", "--notifications", "."), 3, "'.' cannot be read"),
        (("--channels", "x", "--notifications", "y", "--url", "https://d.example.com"), 2, "exclude each other"),
        (("--url", "https://d.example.com"), 2, "TOCSIN_DEVTRON_TOKEN"),
        (("--csv", "--json"), 2, "not allowed with"),
    ],
)
def test_words_that_do_not_fit(tmp_path: Path, words: tuple[str, ...], code: int, told: str):
    answer = run("import", "devtron", *words, folder=tmp_path)
    assert answer.code == code
    assert told in answer.err


def test_without_a_tool_the_tools_are_named(tmp_path: Path):
    assert "devtron" in run("import", folder=tmp_path).err


def test_an_unwrapped_result_and_a_byte_order_mark_are_read(tmp_path: Path):
    (tmp_path / "list.json").write_bytes(b'\xef\xbb\xbf{"total": 0, "settings": []}')
    (tmp_path / "channel.json").write_bytes(b'{"slackConfigs": []}')
    answer = import_case(tmp_path)
    assert answer.code == 0
    assert answer.out.endswith("notifications: []\n")
