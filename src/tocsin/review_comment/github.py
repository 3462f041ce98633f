"""The comments of a pull request on GitHub, by PyGithub.

https://docs.github.com/en/rest/issues/comments: a pull request is an issue there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tocsin.requests_session import TIMEOUT_SECONDS, require, session
from tocsin.review_comment.answers import answers, refusal, require_private

if TYPE_CHECKING:
    from github.Issue import Issue
    from github.IssueComment import IssueComment

    from tocsin.network import Network
    from tocsin.review_comment import Comment
    from tocsin.world import World

T = TypeVar("T")
PAGE_COMMENTS = 100  # the most that GitHub gives at once
_RIGHTS = "give the job `permissions: pull-requests: write` (and `contents: read`)"


def open_review(world: World, number: int) -> PullRequest | None:
    """The pull request of that number in GITHUB_REPOSITORY; None without a token. Raises UsageError without PyGithub."""
    token = world.env.get("GITHUB_TOKEN") or world.env.get("GH_TOKEN")
    if not token:
        return None
    require("github", "github")
    return PullRequest(world.network, world.env.get("GITHUB_API_URL"), token, world.env.get("GITHUB_REPOSITORY", ""), number)


class PullRequest:
    """A pull request's comments, asked with one token."""

    def __init__(self, network: Network, api: str | None, token: str, repository: str, number: int) -> None:
        import github
        from github.Consts import DEFAULT_BASE_URL

        base_url = (api or DEFAULT_BASE_URL).rstrip("/")
        require_private("GITHUB_API_URL", base_url)
        with _connections(network):
            self._github = github.Github(
                auth=github.Auth.Token(token),
                base_url=base_url,
                timeout=int(TIMEOUT_SECONDS),
                per_page=PAGE_COMMENTS,
                retry=None,
                seconds_between_requests=None,  # a handful of requests
                seconds_between_writes=None,
                lazy=True,
            )
        self._network, self._repository, self._number = network, repository, number

    def own_comments(self) -> Sequence[Comment]:
        """The comments of the token's own user, the oldest first: GitHub sorts them by their ids."""
        return self._ask(self._own_comments)

    def _own_comments(self) -> list[Comment]:
        # An installation's token, such as a job's, may not ask for /user; `viewer` it may: https://docs.github.com/en/graphql/reference/queries#viewer
        _, answer = self._github.requester.graphql_query("query { viewer { login } }", {})
        login = answer["data"]["viewer"]["login"]
        return [OwnComment(comment, self._ask) for comment in self._issue().get_comments() if comment.user and comment.user.login == login]

    def comment(self, body: str) -> None:
        """Write a new one."""
        self._ask(lambda: self._issue().create_comment(body))

    def _issue(self) -> Issue:
        return self._github.get_repo(self._repository).get_issue(self._number)

    def _ask(self, ask: Callable[[], T]) -> T:
        """Do what asks GitHub. Raises RefusedError, NoAnswer."""
        from github import GithubException

        try:
            with answers("GitHub"), _connections(self._network):
                return ask()
        except GithubException as error:
            said = error.data.get("message") if isinstance(error.data, dict) else None
            raise refusal("GitHub", error.status, said, _RIGHTS) from None


class OwnComment:
    """A comment of the token's own user."""

    def __init__(self, comment: IssueComment, ask: Callable[[Callable[[], None]], None]) -> None:
        self._comment, self._ask = comment, ask

    @property
    def body(self) -> str:
        """Its text."""
        return self._comment.body or ""

    def edit(self, body: str) -> None:
        """Change its text."""
        self._ask(lambda: self._comment.edit(body))

    def delete(self) -> None:
        """Remove it."""
        self._ask(self._comment.delete)


@contextmanager
def _connections(network: Network) -> Iterator[None]:
    """PyGithub's connections by the network as it was set up: its own would read proxies and CAs for themselves."""
    from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

    class Http(HTTPRequestsConnectionClass):
        def __init__(self, *words: Any, **keywords: Any) -> None:
            super().__init__(*words, **keywords)
            self.session = _session(network)

    class Https(HTTPSRequestsConnectionClass):
        def __init__(self, *words: Any, **keywords: Any) -> None:
            super().__init__(*words, **keywords)
            self.session = _session(network)

    Requester.injectConnectionClasses(Http, Https)
    try:
        yield
    finally:
        Requester.resetConnectionClasses()


def _session(network: Network) -> Any:
    from github.Requester import Requester

    made = session(network)
    made.auth = Requester.noopAuth  # its own header stays
    return made
