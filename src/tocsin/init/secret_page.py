"""Where each CI keeps its secrets: the page's address where the remote says it, else the way there in words."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.init.remotes import Remote, remote_of

# By CI: what is behind the repository's address, and the way by hand.
# https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
# https://docs.gitlab.com/ci/variables/#for-a-project
_PAGES = {
    "github": ("/settings/secrets/actions/new", "the repository's Settings, Secrets and variables, Actions"),
    "gitlab": ("/-/settings/ci_cd#js-cicd-variables-settings", "the project's Settings, CI/CD, Variables: masked"),
    "jenkins": ("", "Manage Jenkins, Credentials, and TOCSIN_CREDENTIALS={}; the library, once: docs/jenkins.md#set-up"),
    "circleci": ("", "Organization Settings, Contexts"),
}


def secret_page(ci: str, known: Sequence[Remote], variables: Sequence[str]) -> str:
    """The page of a CI (a key of NAMES) where these variables' values are saved."""
    behind, way = _PAGES[ci]
    remote = remote_of(ci, known) if behind else None
    return f"{remote.url}{behind}" if remote else way.format(_credential(variables))


def _credential(variables: Sequence[str]) -> str:
    """The entry that binds a credential of Jenkins's to the variables, with an identifier of the kind that the guide has."""
    if len(variables) == 1:
        return f"string:{variables[0].partition('_')[0].lower()}-url:{variables[0]}"
    return f"usernamePassword:smtp:{':'.join(variables)}"
