"""What Mattermost's ids and errors are like, by webhook and by its API: https://developers.mattermost.com/api-documentation/#errors."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.http import Response, judge, retry_after
from tocsin.text import clean
from tocsin.verdict import Failed, Retry, Verdict

ID = "[a-z0-9]{26}"  # https://github.com/mattermost/mattermost/blob/master/server/public/model/utils.go, NewId
NO_CHANNEL = "is not a channel's id, which has 26 small letters and digits: it stands in the channel's menu, View Info"


def refused(response: Response, meanings: Mapping[str, str]) -> Verdict:
    """What an error means: by its id, where that has a meaning of its own; else by its status, in Mattermost's words."""
    judged = judge(response)
    answer = response.json_object()
    identity, said = str(answer.get("id")), answer.get("message")
    if identity in meanings:
        return Failed(f"HTTP {response.status}, {identity}: {meanings[identity]}")
    if isinstance(judged, Retry):
        return Retry(judged.reason, judged.after if judged.after is not None else _reset(response))
    return Failed(f"HTTP {response.status}, {clean(said, 200)}") if isinstance(said, str) and said else judged


def _reset(response: Response) -> float | None:
    """The seconds until the limit is lifted: https://developers.mattermost.com/api-documentation/#rate-limiting."""
    seconds = response.headers.get("x-ratelimit-reset", "") if response.status == 429 else ""
    return retry_after({"retry-after": seconds}, response.at)
