"""One comment on a pull or merge request, kept up to date by each run and removed when there is nothing more to say.

It is found by its marker and by its author, who is the token's own user: a stranger who writes the marker owns nothing of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tocsin.errors import ContextError, TocsinError
from tocsin.network import NoAnswer
from tocsin.notice import Notice
from tocsin.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tocsin.ci.run import Run
    from tocsin.world import World

_FORK = "no comment is written: the pull request comes from a fork, whose runs may not write"


class RefusedError(Exception):
    """The service refuses: `status` is its HTTP status, the text what it says, and what to do, in words for the user."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class NotKeptError(TocsinError):
    """The comment could not be kept, as a message could not be delivered; the text says why, and what to do."""

    exit_code = 1


class Comment(Protocol):
    """A comment that the token's own user wrote. Each change of it raises RefusedError; one that is gone has the status 404."""

    @property
    def body(self) -> str:
        """Its text, as the service has it."""

    def edit(self, body: str) -> None:
        """Change its text."""

    def delete(self) -> None:
        """Remove it."""


class Review(Protocol):
    """A pull or merge request, as far as its comments go. Raises RefusedError, NoAnswer."""

    def own_comments(self) -> Sequence[Comment]:
        """The comments of the token's own user, the oldest first."""

    def comment(self, body: str) -> None:
        """Write a new one."""


def keep_comment(world: World, run: Run, topic: str, text: str) -> Notice:
    """Make the one comment on `topic` say `text`, which is Markdown; an empty one removes it.

    The notice says what was done. Raises NotKeptError where a service refuses or cannot be reached, ContextError where the run is
    of no pull or merge request, UsageError where the library for its service is missing.
    """
    number, fork = run.facts.get("pull_request.number"), run.facts.get("pull_request.fork")
    if number is None or not isinstance(number.value, int) or run.ci not in _SERVICES:
        raise ContextError("--comment writes on a pull request of GitHub or a merge request of GitLab, and this run is of none")
    of_fork = bool(fork and fork.value)
    try:
        review = _SERVICES[run.ci](world, number.value)
        if review:
            return Notice(f"the comment on {topic} {keep(review, topic, text)}")
        if not of_fork:
            raise NotKeptError(_NO_TOKEN[run.ci])
    except RefusedError as error:
        if not (of_fork and error.status == 403):
            raise NotKeptError(f"the comment on {topic} was not kept: {error}") from None
    except NoAnswer as error:
        raise NotKeptError(f"the comment on {topic} was not kept: {error.reason}") from None
    return Notice(_FORK)


def keep(review: Review, topic: str, text: str) -> str:
    """Leave one comment of ours on a topic, or none where there is no text, and say what was done. Raises RefusedError, NoAnswer.

    Of two that two runs wrote at once, the older one stays, and each of them finds the other's.
    """
    mark = marker(topic)
    body = f"{mark}\n{text}" if text else ""
    found = _of_ours(review, mark)
    if not body:
        _delete(found)
        return "was removed" if found else "is not needed"
    if found and not found[1:] and _same(found[0].body, body):
        return "is up to date"
    if found and _edit(found[0], body):
        _delete(found[1:])
        return "was updated"
    review.comment(body)
    first, *others = _of_ours(review, mark) or (None,)
    if first and others:  # another run has written one at the same time
        _edit(first, body)
        _delete(others)
    return "was written"


def marker(topic: str) -> str:
    """What begins a comment on a topic: a note in HTML, which nobody sees."""
    return f"<!-- tocsin: {clean(topic, 200).replace('--', '- -').replace('>', ' ')} -->"


def _of_ours(review: Review, mark: str) -> list[Comment]:
    return [comment for comment in review.own_comments() if comment.body.lstrip().startswith(mark)]


def _same(there: str, wanted: str) -> bool:
    return there.replace("\r\n", "\n").strip() == wanted.strip()


def _edit(comment: Comment, body: str) -> bool:
    """Change a comment; whether it was still there."""
    try:
        if not _same(comment.body, body):
            comment.edit(body)
    except RefusedError as error:
        if error.status == 404:
            return False
        raise
    return True


def _delete(comments: Iterable[Comment]) -> None:
    for comment in comments:
        try:
            comment.delete()
        except RefusedError as error:
            if error.status != 404:  # another run was first
                raise


def _github(world: World, number: int) -> Review | None:
    from tocsin.review_comment.github import open_review

    return open_review(world, number)


def _gitlab(world: World, number: int) -> Review | None:
    from tocsin.review_comment.gitlab import open_review

    return open_review(world, number)


_SERVICES = {"github": _github, "gitlab": _gitlab}
_NO_TOKEN = {
    "github": "no comment is written: pass the job's token, as GITHUB_TOKEN: ${{ github.token }} in the step's env",
    "gitlab": "no comment is written: put a project's access token with the scope api into the masked variable TOCSIN_GITLAB_TOKEN",
}
