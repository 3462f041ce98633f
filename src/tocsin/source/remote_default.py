"""An organisation's default policy that lies elsewhere: fetched at the run, at its commit or with its digest, within the time for look-ups.

Whatever lies beside the program has no say in it, so it holds for untrusted code, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from tocsin.ci.rest import ANSWER_MAX_BYTES, Api, Question
from tocsin.errors import PolicyError, UnreachablePolicyError
from tocsin.policy.base_lock import digest
from tocsin.policy.base_names import GITHUB, GITLAB, HTTPS, BaseName, BaseNameError, inside, parse, without_pin
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError
from tocsin.policy.policy_text import PolicyText
from tocsin.policy.words import quoted
from tocsin.source.base_address import APIS, GITLAB_TOKEN, base_url, headers, path_of
from tocsin.source.places import no_file

if TYPE_CHECKING:
    from tocsin.world import World

VARIABLE = "TOCSIN_DEFAULT_POLICY"
MAX_SECONDS = 5.0  # ours, from the process's start: half of the smaller default budget, before the policy says another
_TOO_LARGE = min(ANSWER_MAX_BYTES, FILE_MAX_BYTES)
_QUESTION = Question("the default policy", "nothing is sent", f"see {VARIABLE}")


class _Api(Api):
    """Where a base lies, by its kind."""

    kind: ClassVar[str]
    contents = _QUESTION

    def headers(self, token: str) -> dict[str, str]:
        return headers(self.kind, token)

    def file(self, repository: str, ref: str, path: str) -> tuple[str, Mapping[str, str]]:
        return path_of(BaseName(self.kind, repository, path, ref)), {}


class _GitHub(_Api):
    kind, service, address, new_token = GITHUB, "GitHub", APIS[GITHUB][0], "pass one that holds as the input token"


class _GitLab(_Api):
    kind, service, address, new_token = GITLAB, "GitLab", APIS[GITLAB][0], f"put one that holds into {GITLAB_TOKEN}"


class _Web(_Api):
    """An address. Nothing but the host is sent to it."""

    kind, service, address, new_token = HTTPS, "the server", VARIABLE, "name an address that needs none"


def remote_default(world: World, named: str, token: str) -> PolicyText:
    """The default policy of that name, with what reads the files of its repository at the same commit. `token` is GitHub's, or "".

    Raises PolicyError for a name that is none, UnreachablePolicyError where it cannot be had.
    """
    try:
        name = parse(named)
    except BaseNameError as error:
        raise PolicyError(f"{VARIABLE}: {quoted(named)} {error}") from None
    api = _api(world, name, token)

    def read(path: str) -> bytes:
        try:
            data = _read(api, name._replace(path=inside(path))) if name.kind != HTTPS else None
        except BaseNameError as error:  # the token would ask the API for something else
            raise BadFileError(f"{quoted(path)} {error}") from None
        if data is None:
            raise no_file(path)
        return data

    data = _read(api, name)
    if data is None:
        raise _unreachable(name, f"{api.service} does not find it, or hides it")
    if name.kind == HTTPS and digest(data) != name.pin:
        raise _unreachable(name, "its text is not the one whose SHA-256 is in the variable")
    return PolicyText(without_pin(named), data, read, name.path)


def _api(world: World, name: BaseName, token: str) -> Api:
    service = {GITHUB: _GitHub, GITLAB: _GitLab}.get(name.kind, _Web)
    own = {GITHUB: token, GITLAB: world.env.get(GITLAB_TOKEN, "")}.get(name.kind, "")
    return service(base_url(name, world.env), own, world.network, world.started + MAX_SECONDS, world.clock)


def _read(api: Api, name: BaseName) -> bytes | None:
    """The text; None where there is none. Raises UnreachablePolicyError."""
    where = api.file(name.repository, name.pin, name.path)
    answer = api.file_or_place(where[0], _QUESTION) if where else None
    if answer is None:
        if api.notes:
            raise _unreachable(name, api.notes[0])
        return None
    data = answer.text.encode("utf-8", "replace")
    if answer.status != 200:
        raise _unreachable(name, f"{api.service} redirects (HTTP {answer.status}), which is not followed")
    if len(data) >= _TOO_LARGE:
        raise _unreachable(name, "it is too large")
    return data


def _unreachable(name: BaseName, why: str) -> UnreachablePolicyError:
    return UnreachablePolicyError(f"the default policy {without_pin(str(name))} cannot be had: {why}")
