"""Devtron's API: `GET /orchestrator/notification`, `/orchestrator/notification/channel` and `/orchestrator/team`.

The token goes into the header `token` (devtron-labs/devtron, pkg/auth/user/UserService.go); the first needs a super admin's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tocsin.address import THIS_MACHINE, AddressError, HttpUrl, http_url
from tocsin.devtron.lists import ChannelList, NotificationList, Setting, read_channels, read_notifications, read_projects
from tocsin.errors import PolicyError, UsageError
from tocsin.network import NoAnswer

if TYPE_CHECKING:
    import requests

    from tocsin.world import World

TOKEN = "TOCSIN_DEVTRON_TOKEN"  # noqa: S105  the variable's name
PAGE_RULES = 100  # ours: Devtron's own page asks for 20
RULES_MAX = 10_000  # ours: more than a policy may hold
ANSWER_MAX_BYTES = 32 * 1024 * 1024  # ours
ANSWER_MAX_SECONDS = 60.0  # ours: a person waits
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0  # ours
_PAGE = re.compile(r"/(?:dashboard|orchestrator)(?:/.*)?\Z|/+\Z")  # what an address has that was copied from a browser


class Devtron:
    """One Devtron, asked with a token."""

    def __init__(self, address: str, world: World) -> None:
        """Raises UsageError where the address or the token is none."""
        from tocsin.requests_session import session

        url = _url(address)
        self._base = _PAGE.sub("", url.url.partition("?")[0])
        self.is_open = url.scheme == "http" and url.host not in THIS_MACHINE  # where the end of kubectl port-forward is
        """Whether others on the network can read what is asked and answered."""
        token = world.env.get(TOKEN, "").strip()
        if not token:
            raise UsageError(f"--url needs a token of a super admin in the variable {TOKEN}")
        if not (token.isascii() and token.isprintable()):
            raise UsageError(f"the token in {TOKEN} has characters that no token has: set it again")
        self._clock = world.clock
        self._session = session(world.network)
        self._session.headers.update({"token": token, "Accept": "application/json"})

    def notifications(self) -> NotificationList:
        """All rules, page by page. Raises UsageError, PolicyError."""
        settings: dict[int, Setting] = {}
        offset, total = 0, 1
        while offset < total:
            where = f"/orchestrator/notification?offset={offset}&size={PAGE_RULES}"
            page = read_notifications(self._get(where), where)
            total = page.total
            if total > RULES_MAX:
                raise PolicyError(f"Devtron has {total} rules, and a policy holds {RULES_MAX:,} at most")
            if not page.settings:
                break
            settings.update({setting.id: setting for setting in page.settings})  # a new rule moves the others to the next page
            offset += len(page.settings)
        return NotificationList(total=total, settings=list(settings.values()))

    def channels(self) -> ChannelList:
        """All configurations. Raises UsageError, PolicyError."""
        where = "/orchestrator/notification/channel"
        return read_channels(self._get(where), where)

    def projects(self) -> dict[int, str]:
        """The projects' names by their ids; none where the token may not see them. Raises UsageError, PolicyError."""
        try:
            return read_projects(self._get("/orchestrator/team"))
        except (PolicyError, UsageError):
            return {}

    def _get(self, path: str) -> bytes:
        import requests

        where = path.partition("?")[0]
        deadline = self._clock.monotonic() + ANSWER_MAX_SECONDS
        try:
            with self._session.get(f"{self._base}{path}", timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True) as response:
                _require_good(response, path)
                return self._body(response, deadline, path)
        except NoAnswer as error:
            raise PolicyError(f"Devtron cannot be asked: {error.reason}") from None
        except requests.TooManyRedirects:
            raise PolicyError(f"{where} leads elsewhere, which is not followed: give --url the address that it leads to") from None
        except requests.Timeout:
            raise PolicyError(f"Devtron does not answer in time ({where})") from None
        except (requests.RequestException, OSError, ValueError) as error:
            raise PolicyError(f"Devtron cannot be asked: the connection failed ({type(error).__name__})") from None

    def _body(self, response: requests.Response, deadline: float, path: str) -> bytes:
        from tocsin.requests_session import parts

        data = bytearray()
        for part in parts(response):
            data += part
            if len(data) > ANSWER_MAX_BYTES:
                raise PolicyError(f"Devtron's answer has more than {ANSWER_MAX_BYTES // (1024 * 1024)} MiB ({path})")
            if self._clock.monotonic() > deadline:
                raise PolicyError(f"Devtron's answer does not come to its end in {ANSWER_MAX_SECONDS:.0f} seconds ({path})")
        return bytes(data)


def _url(address: str) -> HttpUrl:
    """The address of a Devtron, or of a page of it. Raises UsageError."""
    try:
        url = http_url(address.strip())
    except AddressError as error:
        raise UsageError(f"--url {error}") from None
    if url.login:
        raise UsageError(f"--url holds a login: leave it out, and give a token in {TOKEN}")
    return url


def _require_good(response: requests.Response, path: str) -> None:
    """Raise for an answer that is no list."""
    where = path.partition("?")[0]
    if response.status_code in (401, 403):
        step = "a token of a super admin can see this list: make one under Global Configurations, API tokens"
        raise UsageError(f"Devtron refuses the token in {TOKEN} (HTTP {response.status_code} of {where}): {step}")
    if response.status_code != 200:
        raise PolicyError(
            f"Devtron does not answer with a list (HTTP {response.status_code} of {where}): is --url the address of a Devtron?"
        )
