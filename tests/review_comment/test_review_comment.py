"""One comment on a pull or merge request, against servers that keep comments as GitHub and GitLab do."""

from __future__ import annotations

import pytest
from comment_servers import CommentServer, Stored

from tocsin import ci
from tocsin.clock import Clock
from tocsin.errors import ContextError
from tocsin.network import Network
from tocsin.review_comment import NotKeptError, keep_comment, marker
from tocsin.world import World

TOPIC = ".tocsin.yml"
MARK = marker(TOPIC)


def keep(server: CommentServer, text: str, tmp_path, env: dict[str, str] | None = None) -> str:
    given = {**server.env(), **(env or {})}  # type: ignore[attr-defined]
    clock = Clock()
    world = World(given, tmp_path, None, clock, clock.monotonic(), Network())
    return keep_comment(world, ci.read_run(given, tmp_path), TOPIC, text).text


def test_is_written_updated_and_removed(forge, tmp_path):
    assert keep(forge, "", tmp_path).endswith("is not needed")
    assert keep(forge, "first", tmp_path).endswith("was written")
    assert forge.texts() == [f"{MARK}\nfirst"]
    assert keep(forge, "second", tmp_path).endswith("was updated")
    assert keep(forge, "second", tmp_path).endswith("is up to date")
    assert forge.texts() == [f"{MARK}\nsecond"]
    assert keep(forge, "", tmp_path).endswith("was removed")
    assert forge.texts() == []


def test_is_found_behind_many_others(forge, tmp_path):
    for number in range(230):
        forge.add("ada", f"comment {number}")
    keep(forge, "first", tmp_path)
    keep(forge, "second", tmp_path)
    assert len(forge.comments) == 231
    assert forge.texts()[-1] == f"{MARK}\nsecond"


def test_leaves_the_comment_of_a_stranger_who_writes_the_marker(forge, tmp_path):
    forge.add("mallory", f"{MARK}\nnobody is told")
    keep(forge, "first", tmp_path)
    keep(forge, "", tmp_path)
    assert forge.texts() == [f"{MARK}\nnobody is told"]


def test_leaves_its_own_comments_on_other_topics(forge, tmp_path):
    forge.add(forge.me, f"{marker('services/api/.tocsin.yml')}\nother")
    keep(forge, "first", tmp_path)
    keep(forge, "", tmp_path)
    assert forge.texts() == [f"{marker('services/api/.tocsin.yml')}\nother"]


def test_two_runs_at_once_leave_one(forge, tmp_path):
    forge.at_once = Stored(0, forge.me, f"{MARK}\nof the other run")
    assert keep(forge, "of this run", tmp_path).endswith("was written")
    assert forge.texts() == [f"{MARK}\nof this run"]


def test_several_of_ours_become_one(forge, tmp_path):
    for text in ("a", "b", "c"):
        forge.add(forge.me, f"{MARK}\n{text}")
    keep(forge, "c", tmp_path)
    assert forge.texts() == [f"{MARK}\nc"]


def test_one_that_was_deleted_meanwhile_is_written_anew(forge, tmp_path):
    forge.add(forge.me, f"{MARK}\nold")
    forge.refusals = {"PATCH": [404], "PUT": [404]}
    assert keep(forge, "new", tmp_path).endswith("was written")
    assert f"{MARK}\nnew" in forge.texts()


def test_one_that_another_run_deletes_is_gone_all_the_same(forge, tmp_path):
    forge.add(forge.me, f"{MARK}\nold")
    forge.refusals = {"DELETE": [404]}
    assert keep(forge, "", tmp_path).endswith("was removed")


@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_a_refusal_says_what_the_service_says(forge, tmp_path, status):
    forge.writing = status
    with pytest.raises(NotKeptError, match=f"HTTP {status}, .*Resource not accessible"):
        keep(forge, "text", tmp_path)
    assert forge.texts() == []


def test_a_token_that_does_not_hold(forge, tmp_path):
    with pytest.raises(NotKeptError, match="HTTP 401") as caught:
        keep(forge, "text", tmp_path, {"GITHUB_TOKEN": "wrong-token-9", "TOCSIN_GITLAB_TOKEN": "wrong-token-9"})
    assert "wrong-token-9" not in str(caught.value)


def test_no_token_is_told_with_the_way_to_one(forge, tmp_path):
    with pytest.raises(NotKeptError, match=r"GITHUB_TOKEN|TOCSIN_GITLAB_TOKEN"):
        keep(forge, "text", tmp_path, {"GITHUB_TOKEN": "", "TOCSIN_GITLAB_TOKEN": ""})
    assert not forge.requests


def test_a_fork_that_may_not_write_is_no_error(forge, tmp_path):
    event = tmp_path / "event.json"
    event.write_text(
        '{"pull_request": {"number": 7, "head": {"repo": {"full_name": "mallory/shop", "fork": true}}, "base": {"repo": {"full_name": "acme/shop"}}}}'
    )
    env = {"GITHUB_EVENT_PATH": str(event), "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "6"}
    forge.writing = 403
    assert "comes from a fork" in keep(forge, "text", tmp_path, env)
    assert "comes from a fork" in keep(forge, "text", tmp_path, {**env, "GITHUB_TOKEN": "", "TOCSIN_GITLAB_TOKEN": ""})


def test_an_answer_of_another_shape(forge, tmp_path):
    forge.answer = lambda request, url: forge.json(200, ["what"])
    with pytest.raises(NotKeptError):
        keep(forge, "text", tmp_path)


def test_a_run_of_no_pull_request(forge, tmp_path):
    with pytest.raises(ContextError, match="of none"):
        keep(forge, "text", tmp_path, {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "CI_MERGE_REQUEST_IID": ""})


def test_a_service_that_is_not_there(forge, tmp_path):
    env = {"GITHUB_API_URL": "http://127.0.0.1:1", "CI_API_V4_URL": "http://127.0.0.1:1/api/v4"}
    with pytest.raises(NotKeptError, match="gave no answer"):
        keep(forge, "text", tmp_path, env)


def test_a_marker_ends_nowhere_but_at_its_end():
    assert marker("a-->b<!--").count("-->") == 1


def test_a_token_never_travels_in_the_clear(forge, tmp_path):
    env = {"GITHUB_API_URL": "http://github.example.com/api/v3", "CI_API_V4_URL": "http://gitlab.example.com/api/v4"}
    with pytest.raises(NotKeptError, match=r"(GITHUB_API_URL|CI_API_V4_URL) must begin with https://"):
        keep(forge, "text", tmp_path, env)
