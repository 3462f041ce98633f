"""The notes of a merge request on GitLab, by python-gitlab. https://docs.gitlab.com/api/notes/#merge-requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tocsin.requests_session import TIMEOUT_SECONDS, require, session
from tocsin.review_comment.answers import another_shape, answers, refusal, require_private

if TYPE_CHECKING:
    from gitlab.v4.objects import ProjectMergeRequestNote

    from tocsin.network import Network
    from tocsin.review_comment import Comment
    from tocsin.world import World

T = TypeVar("T")
TOKEN = "TOCSIN_GITLAB_TOKEN"  # noqa: S105  a variable's name
PAGE_NOTES = 100  # the most that GitLab gives at once: https://docs.gitlab.com/api/rest/#pagination
API_PATH = "/api/v4"
_RIGHTS = f"give {TOKEN} the scope api and the role Reporter"


def open_review(world: World, number: int) -> MergeRequest | None:
    """The merge request of that number in its target's project; None without a token. Raises UsageError without python-gitlab."""
    token = world.env.get(TOKEN)
    if not token:
        return None
    require("gitlab", "gitlab")
    project = world.env.get("CI_MERGE_REQUEST_PROJECT_ID") or world.env.get("CI_PROJECT_ID", "")
    return MergeRequest(world.network, world.env.get("CI_API_V4_URL", ""), token, project, number)


class MergeRequest:
    """A merge request's notes, asked with one token."""

    def __init__(self, network: Network, api: str, token: str, project: str, number: int) -> None:
        import gitlab

        if api:
            require_private("CI_API_V4_URL", api)
        url = api.rstrip("/").removesuffix(API_PATH) or None
        self._gitlab = gitlab.Gitlab(
            url, private_token=token, session=session(network), timeout=TIMEOUT_SECONDS, per_page=PAGE_NOTES, keep_base_url=True
        )
        self._notes = self._gitlab.projects.get(project, lazy=True).mergerequests.get(number, lazy=True).notes

    def own_comments(self) -> Sequence[Comment]:
        """The notes of the token's own user, the oldest first."""
        return self._ask(self._own_notes)

    def _own_notes(self) -> list[Comment]:
        self._gitlab.auth()
        user = self._gitlab.user
        own = user.id if user else None
        notes = self._notes.list(iterator=True, sort="asc", order_by="created_at")
        return [OwnNote(note, self._ask) for note in notes if not note.system and note.author["id"] == own]

    def comment(self, body: str) -> None:
        """Write a new one."""
        self._ask(lambda: self._notes.create({"body": body}))

    def _ask(self, ask: Callable[[], T]) -> T:
        """Do what asks GitLab. Raises RefusedError, NoAnswer."""
        from gitlab.exceptions import GitlabError, GitlabHttpError

        try:
            with answers("GitLab"):
                return ask()
        except GitlabError as error:
            status = error.response_code or 0
            if not status and not isinstance(error, GitlabHttpError):
                raise another_shape("GitLab") from None
            raise refusal("GitLab", status, error.error_message, _RIGHTS) from None


class OwnNote:
    """A note of the token's own user."""

    def __init__(self, note: ProjectMergeRequestNote, ask: Callable[[Callable[[], None]], None]) -> None:
        self._note, self._ask = note, ask

    @property
    def body(self) -> str:
        """Its text."""
        return str(self._note.body)

    def edit(self, body: str) -> None:
        """Change its text."""

        def save() -> None:
            self._note.body = body
            self._note.save()

        self._ask(save)

    def delete(self) -> None:
        """Remove it."""
        self._ask(self._note.delete)
