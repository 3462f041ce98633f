"""What a run is about: the readers of the event file, one for each kind of event. `events.EVENTS` says which event has which.

A ref is a branch or a tag only where that is known. A commit is told only where it is the one that the run is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tocsin.ci.common import OptionalFacts, Source, commit_facts, document, mapped, message_facts, ref_facts
from tocsin.ci.github import event_file
from tocsin.event import Fact

if TYPE_CHECKING:
    from tocsin.ci.github.forge import Forge

_PREFIXES = {"branch": "refs/heads/", "tag": "refs/tags/"}
_PULL_REF = re.compile(r"refs/pull/([0-9]{1,18})/", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
# https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group; the branches of the queue belong to GitHub.
_QUEUE_REF = re.compile(r"(?:refs/heads/)?gh-readonly-queue/(?P<target>.+)/pr-(?P<number>[0-9]{1,18})-[0-9a-f]{40,64}", re.ASCII)


class Given(NamedTuple):
    """What is read: the variables, the event file, GITHUB_REF, GITHUB_SHA, the repository's address and its server's pages."""

    v: Source
    e: Source
    ref: Fact | None
    sha: Fact | None
    base: Fact | None
    forge: Forge

    def commit(self, sha: Fact | None, *keys: str) -> OptionalFacts:
        """A commit, with its message and author from the first of `keys` in the event file that holds it."""
        key = next((key for key in keys if sha and self.e.raw(f"{key}.id") == sha.value), None)
        return {**commit_facts(sha, self.base), **(event_file.commit_text(self.e, key) if key else {})}

    def pull_url(self, number: Fact | None) -> Fact | None:
        """The page of a pull request of this repository."""
        return mapped(number, lambda n: f"{self.base.value}/{self.forge.pull}/{n}" if self.base else None)


def code(g: Given) -> OptionalFacts:
    """GITHUB_REF and GITHUB_SHA; of a push that deleted its ref only that ref, for GITHUB_REF is the default branch then."""
    if g.e.raw("deleted") is True:
        return named_ref(g.e.text("ref"))
    return {**named_ref(g.ref), **g.commit(g.sha, "head_commit"), **event_file.pushed(g.e, event_file.actor(g.v))}


def pull_request(g: Given) -> OptionalFacts:
    """The head: GITHUB_SHA is a merge commit, or the base. Once it is merged, the branch that it went to and the commit there."""
    merged = g.e.raw("action") == "closed" and g.e.raw("pull_request.merged") is True
    target = g.e.text("pull_request.base.ref")
    if merged and target:
        sha = g.e.text("pull_request.merge_commit_sha") or (g.sha if plain(g.ref) == target.value else None)
        return {**_pull_request(g), **ref_facts("branch", target), **g.commit(sha)}
    head = g.v.text("GITHUB_HEAD_REF") or g.e.text("pull_request.head.ref")
    where = ref_facts("pull_request", head, "GITHUB_EVENT_NAME")
    return {**_pull_request(g), **where, **g.commit(g.e.text("pull_request.head.sha"))}


def _pull_request(g: Given) -> OptionalFacts:
    number = g.e.number("pull_request.number") or mapped(g.ref, _pull_number)
    repository = g.e.text("pull_request.base.repo.full_name") or g.v.text("GITHUB_REPOSITORY")
    return {
        "pull_request.number": number,
        "pull_request.title": g.e.text("pull_request.title"),
        "pull_request.url": g.e.text("pull_request.html_url") or g.pull_url(number),
        "pull_request.source_branch": g.v.text("GITHUB_HEAD_REF") or g.e.text("pull_request.head.ref"),
        "pull_request.target_branch": g.v.text("GITHUB_BASE_REF") or g.e.text("pull_request.base.ref"),
        "pull_request.fork": event_file.fork(g.e, "pull_request.head", "repo", repository),
    }


def merge_group(g: Given) -> OptionalFacts:
    """The last pull request of the group, the branch that it waits for, and the commit that the queue made of them."""
    return {
        **queue_facts(g, g.e.text("merge_group.head_ref") or g.ref, g.e.text("merge_group.base_ref")),
        **g.commit(g.e.text("merge_group.head_sha") or g.sha, "merge_group.head_commit"),
    }


def queue_facts(g: Given, ref: Fact | None, target: Fact | None = None) -> OptionalFacts:
    """What the name of a merge queue's branch says: a pull request and its target, never a branch of anybody's."""
    found = mapped(ref, _QUEUE_REF.fullmatch)
    number = mapped(found, lambda match: int(match["number"]))
    return {
        **ref_facts("pull_request", mapped(ref, lambda _: plain(ref)), "GITHUB_EVENT_NAME"),
        "pull_request.number": number,
        "pull_request.url": g.pull_url(number),
        "pull_request.target_branch": mapped(target, lambda _: plain(target)) or mapped(found, lambda match: match["target"]),
    }


def comment(g: Given) -> OptionalFacts:
    """The pull request that was commented on; of an issue nothing. The head's branch and commit are not in the file."""
    if not (isinstance(g.e.raw("issue.pull_request"), dict) or g.e.raw("is_pull") is True):  # the latter is Gitea's
        return {}
    number = g.e.number("issue.number")
    return {
        **ref_facts("pull_request", None, "event file: issue.pull_request"),
        "pull_request.number": number,
        "pull_request.title": g.e.text("issue.title"),
        "pull_request.url": g.e.text("issue.pull_request.html_url", "issue.html_url") or g.pull_url(number),
    }


def created_ref(g: Given) -> OptionalFacts:
    """The branch or tag that was created, and its last commit."""
    return {**(_typed_ref(g) or named_ref(g.ref)), **g.commit(g.sha)}


def deleted_ref(g: Given) -> OptionalFacts:
    """The branch or tag that was deleted. GITHUB_REF and GITHUB_SHA are the default branch's."""
    return _typed_ref(g)


def _typed_ref(g: Given) -> OptionalFacts:
    """`ref` and `ref_type` of the event file; the ref is short at GitHub, and may be long at Gitea."""
    name, kind = g.e.text("ref"), g.e.raw("ref_type")
    short = mapped(name, lambda _: plain(name))
    return ref_facts(kind, short) if short and kind in ("branch", "tag") else {"ref.name": short}


def release(g: Given) -> OptionalFacts:
    """The release's tag; the commit where GITHUB_REF is that tag."""
    if g.ref and g.ref.value.startswith(_PREFIXES["tag"]):
        return {**named_ref(g.ref), **g.commit(g.sha)}
    return ref_facts("tag", g.e.text("release.tag_name"))


def package(g: Given) -> OptionalFacts:
    """The ref and commit of a published package, where the event file does not name others."""
    version = "registry_package.package_version"
    target, sha = g.e.text(f"{version}.target_commitish"), g.e.text(f"{version}.target_oid") or g.sha
    same = not target or target.value == plain(g.ref) or _SHA.fullmatch(target.value)
    return {**(named_ref(g.ref) if same else {"ref.name": target}), **g.commit(sha)}


def deployment(g: Given) -> OptionalFacts:
    """The ref that is deployed: its kind is known where GITHUB_REF is it. A bare commit is no ref."""
    ref, sha = g.e.text("deployment.ref"), g.e.text("deployment.sha") or g.sha
    named = ref or g.ref
    bare = named and (_SHA.fullmatch(named.value) or (sha and named.value == sha.value))
    same = ref and g.ref and plain(g.ref) == ref.value
    return {**({} if bare else named_ref(g.ref if same else named)), **g.commit(sha)}


def check_suite(g: Given) -> OptionalFacts:
    """The commit that was checked, and its pull request or branch."""
    return _checks(g, "check_suite", "check_suite")


def check_run(g: Given) -> OptionalFacts:
    """As of a suite: the suite of the run names the branch."""
    return _checks(g, "check_run", "check_run.check_suite")


def _checks(g: Given, key: str, suite: str) -> OptionalFacts:
    """A suite's branch is one of this repository: https://docs.github.com/en/rest/checks/suites (null for a fork's)."""
    branch, listed = g.e.text(f"{suite}.head_branch"), own_pull_requests(g.e, f"{key}.pull_requests")
    here = branch and branch.value == default_branch(g)
    pull = ref_facts("branch", branch) if here or not listed else listed_facts(g, listed, branch)
    return {**pull, **g.commit(g.e.text(f"{key}.head_sha"), f"{suite}.head_commit")}


def commit_status(g: Given) -> OptionalFacts:
    """The commit whose status changed, and its branch where it is the last commit of one, and in no other."""
    sha, other = g.e.text("sha"), g.e.raw("branches.1")
    is_last = sha and other is None and g.e.raw("branches.0.commit.sha") == sha.value
    told = {
        **message_facts(g.e.text("commit.commit.message")),
        "commit.author.name": g.e.text("commit.commit.author.name"),
        "commit.author.email": g.e.text("commit.commit.author.email"),
    }
    same = sha and g.e.raw("commit.sha") == sha.value
    return {**(ref_facts("branch", g.e.text("branches.0.name")) if is_last else {}), **g.commit(sha), **(told if same else {})}


def page_build(g: Given) -> OptionalFacts:
    """The commit of which the pages were built."""
    return g.commit(g.e.text("build.commit"))


def nothing(_: Given) -> OptionalFacts:
    """No ref and no commit: GITHUB_REF and GITHUB_SHA are the default branch's, which has no part in it."""
    return {}


def unknown(g: Given) -> OptionalFacts:
    """By the shape of the event file, for Gitea tells no event in a workflow that was called; else only a name is known."""
    if g.e.raw("pull_request.number") is not None:
        return pull_request(g)
    if g.e.raw("issue.number") is not None:
        return comment(g)
    if g.e.text("release.tag_name"):
        return release(g)
    if g.e.text("schedule") or (g.ref and g.e.raw("ref") in (g.ref.value, plain(g.ref))):
        return code(g)
    return {"ref.name": mapped(g.ref, lambda _: plain(g.ref))}


def named_ref(full: Fact | None) -> OptionalFacts:
    """The ref of "refs/heads/main" or "refs/tags/v1"; a name without its kind is only a name."""
    for kind, prefix in _PREFIXES.items():
        if full and full.value.startswith(prefix):
            name = full.value[len(prefix) :]
            return ref_facts(kind, Fact(name, full.source)) if name else {}
    return {"ref.name": full}


def plain(full: Fact | None) -> str | None:
    """The name in a ref, without what says its kind."""
    return full.value.removeprefix(_PREFIXES["branch"]).removeprefix(_PREFIXES["tag"]) if full else None


def default_branch(g: Given) -> str | None:
    """The repository's default branch, as the event file has it."""
    name = g.e.text("repository.default_branch")
    return name.value if name else None


def own_pull_requests(e: Source, path: str) -> list[Source]:
    """The pull requests in a list of the event file that go to this repository: one with the same head may go to its parent's."""
    items = e.raw(path)
    listed = [document(item) for item in items] if isinstance(items, list) else []
    ours = {key: e.raw(f"repository.{key}") for key in ("id", "url")}
    return [one for one in listed if all(one.raw(f"base.repo.{key}") in (None, value) for key, value in ours.items() if value is not None)]


def listed_facts(g: Given, listed: list[Source], branch: Fact | None) -> OptionalFacts:
    """The pull request of a head; with several of them nothing says which one is meant."""
    one = listed[0] if len(listed) == 1 else document({})
    number = one.number("number")
    source = branch or one.text("head.ref")
    return {
        **ref_facts("pull_request", source, "event file: pull_requests"),
        "pull_request.number": number,
        "pull_request.url": g.pull_url(number),
        "pull_request.source_branch": source,
        "pull_request.target_branch": one.text("base.ref"),
    }


def _pull_number(text: str) -> int | None:
    found = _PULL_REF.match(text)
    return int(found[1]) if found else None
