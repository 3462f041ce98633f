"""Everything that is proposed for a repository: the policy's text, and a change for each file of a CI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tocsin.init import github, gitlab, jenkins
from tocsin.init.answers import Answers, ask_all
from tocsin.init.change import OWNER, Change
from tocsin.init.policy_file import policy_file
from tocsin.init.remotes import remote_of
from tocsin.init.repository import Repository
from tocsin.init.secret_page import secret_page


class Proposal(NamedTuple):
    """The policy, its channel's kind, the changes, the variables that are secrets, and by CI the page where they are saved."""

    policy: str
    kind: str
    changes: tuple[Change, ...]
    variables: tuple[str, ...]
    pages: Mapping[str, str]


def propose(seen: Repository, ask: Callable[[str], str] | None, owner: str) -> Proposal:
    """Make a proposal, of what was seen and of what a person answers. Raises UsageError."""
    environments = {**gitlab.environments(seen.of("gitlab")), **github.environments(seen.of("github"))}
    answers = ask_all(ask, seen, tuple(environments))
    changes = tuple(_with_owner(change, owner) for change in _changes(seen, answers))
    cis = dict.fromkeys(file.ci for file in seen.files) or dict.fromkeys(_server(seen))
    pages = {ci: secret_page(ci, seen.remotes, answers.variables) for ci in cis}
    return Proposal(policy_file(answers, environments, seen.owners), answers.kind, changes, answers.variables, pages)


def _changes(seen: Repository, answers: Answers) -> list[Change]:
    if not seen.files:
        fresh = {"github": github.new(answers.variables), "gitlab": gitlab.new()}
        return [fresh[ci] for ci in _server(seen)]
    return [
        *github.changes(seen.of("github"), answers.variables),
        *gitlab.changes(seen.of("gitlab")),
        *jenkins.changes(seen.of("jenkins")),
    ]


def _server(seen: Repository) -> list[str]:
    """The CI of the server that a remote is on: what a repository without a CI most likely gets."""
    return [ci for ci in ("github", "gitlab") if (remote := remote_of(ci, seen.remotes)) and ci in remote.host][:1]


def _with_owner(change: Change, owner: str) -> Change:
    """The change with the owner of the repository that tocsin is taken from."""
    place, own = f"{OWNER}/tocsin", f"{owner}/tocsin"
    return change._replace(lines=change.lines.replace(place, own), text=change.text and change.text.replace(place, own))
