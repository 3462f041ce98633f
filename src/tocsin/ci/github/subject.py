"""What a run is about: the readers of the event file, one for each kind of event. `events.EVENTS` says which event has which.

A ref is a branch or a tag only where that is known. A commit is told only where it is the one that the run is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.ci.common import OptionalFacts, mapped, message_facts, ref_facts
from tocsin.ci.github import event_file
from tocsin.ci.github.given import PREFIXES, default_branch, named_ref, plain
from tocsin.ci.github.pulls import comment, listed_facts, own_pull_requests, pull_request

if TYPE_CHECKING:
    from tocsin.ci.github.given import Given

_SHA = r"[0-9a-f]{40}|[0-9a-f]{64}"  # compiled where it is used: every start would pay for it


def code(g: Given) -> OptionalFacts:
    """GITHUB_REF and GITHUB_SHA; of a push that deleted its ref only that ref, for GITHUB_REF is the default branch then."""
    if g.e.raw("deleted") is True:
        return named_ref(g.e.text("ref"))
    return {**named_ref(g.ref), **g.commit(g.sha, "head_commit"), **event_file.pushed(g.e, event_file.actor(g.v))}


def created_ref(g: Given) -> OptionalFacts:
    """The branch or tag that was created, and its last commit."""
    return {**(_typed_ref(g) if g.e.text("ref") else named_ref(g.ref)), **g.commit(g.sha)}


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
    if g.ref and g.ref.value.startswith(PREFIXES["tag"]):
        return {**named_ref(g.ref), **g.commit(g.sha)}
    return ref_facts("tag", g.e.text("release.tag_name"))


def package(g: Given) -> OptionalFacts:
    """The ref and commit of a published package, where the event file does not name others."""
    version = "registry_package.package_version"
    target, sha = g.e.text(f"{version}.target_commitish"), g.e.text(f"{version}.target_oid") or g.sha
    same = not target or target.value == plain(g.ref) or re.fullmatch(_SHA, target.value)
    return {**(named_ref(g.ref) if same else {"ref.name": target}), **g.commit(sha)}


def deployment(g: Given) -> OptionalFacts:
    """The ref that is deployed: its kind is known where GITHUB_REF is it. A bare commit is no ref."""
    ref, sha = g.e.text("deployment.ref"), g.e.text("deployment.sha") or g.sha
    named = ref or g.ref
    bare = named and (re.fullmatch(_SHA, named.value) or (sha and named.value == sha.value))
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
