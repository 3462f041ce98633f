"""What the answers of mail servers and of SES mean, without a server: final or worth another try, and in which words.

Whole conversations with real servers are in test_smtp.py and test_ses.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from clocks import VirtualClock
from servers import transport

from tocsin.channels import ses_client, smtp
from tocsin.channels.smtp_session import Refused
from tocsin.network import NoAnswer
from tocsin.verdict import Failed, Retry

NOW = 1_800_000_000.0
UNCERTAIN = "the connection broke after the mail was sent: it may have been delivered"


# SMTP


@pytest.mark.parametrize(
    ("code", "answer"), [(250, 250), (250, 251), (250, 200), (250, 299), (354, 354), (354, 300)]
)  # a server may say "251 will forward"
def test_an_answer_of_the_wanted_hundred_is_a_yes(code: int, answer: int) -> None:
    smtp._expect(code, "the recipient is refused", (answer, b""))


@pytest.mark.parametrize(("code", "answer"), [(250, 354), (250, 199), (250, 300), (250, -1), (354, 250), (354, 451), (250, 550)])
def test_an_answer_of_another_hundred_is_a_refusal(code: int, answer: int) -> None:
    with pytest.raises(Refused) as caught:
        smtp._expect(code, "the recipient is refused", (answer, b"no such user"))
    assert caught.value.code == answer
    words = f"{answer} no such user" if answer >= 400 else "the server's answer makes no sense here"
    assert caught.value.reason == f"the recipient is refused: {words}"


@pytest.mark.parametrize(
    ("code", "again", "dropped"),
    [(-1, False, True), (250, False, True), (399, False, True), (400, True, False), (421, True, True), (451, True, False),
     (499, True, False), (500, False, False), (550, False, False)],
)  # fmt: skip
def test_what_a_refusal_means(code: int, again: bool, dropped: bool) -> None:
    """A connection is given up after nonsense and where the server closes it (421); a second recipient needs the others still."""
    attempt = transport()
    closed: list[bool] = []
    attempt.connection.get(lambda stack: stack.callback(closed.append, True) or "open")
    refused = Refused("x", code, b"later")
    assert smtp._refused(refused, attempt) == (Retry if again else Failed)(refused.reason)
    assert closed == ([True] if dropped else [])
    attempt.not_repeatable = "sent"
    assert smtp._refused(refused, attempt) == Failed(f"{refused.reason}; {UNCERTAIN}")


@pytest.mark.parametrize("again", [True, False])
def test_a_connection_that_breaks(again: bool) -> None:
    attempt = transport()
    lost = NoAnswer("no answer\nfrom mail.example in time", retry=again)
    assert smtp._broken(lost, attempt) == (Retry if again else Failed)(lost.reason)
    attempt.not_repeatable = "sent"
    assert smtp._broken(lost, attempt) == Failed("no answer from mail.example in time, after the mail was sent: it may have been delivered")


# SES


def refusal(code: str | None, status: int | None, words: Any = None, headers: dict[str, str] | None = None) -> Any:
    """What SES's refusal means: `None` stands for what its answer does not have."""
    said = {name: value for name, value in (("Code", code), ("Message", words)) if value is not None}
    meta = {name: value for name, value in (("HTTPStatusCode", status), ("HTTPHeaders", headers)) if value is not None}
    response: Any = {"Error": said, "ResponseMetadata": meta} if said or meta else {}
    attempt = transport(secrets=("AKIAEXAMPLE0000000", "SECRETKEY", "SESSION-1234"), clock=VirtualClock(NOW))
    return ses_client._refused(ClientError(response, "SendEmail"), attempt)


@pytest.mark.parametrize(
    ("code", "status", "again"),
    [
        ("MessageRejected", 400, False),
        ("MessageRejected", 428, False),
        ("MessageRejected", 430, False),
        ("MessageRejected", 499, False),
        ("MessageRejected", 429, True),
        ("InternalFailure", 500, True),
        ("InternalFailure", 503, True),
        ("ThrottlingException", 400, True),
        ("TooManyRequestsException", 400, True),
    ],
)
def test_what_a_refusal_of_ses_means(code: str, status: int, again: bool) -> None:
    assert refusal(code, status, "words") == (Retry if again else Failed)(f"SendEmail is refused: HTTP {status} {code}: words")


def test_ses_names_the_time_to_wait() -> None:
    assert refusal("Throttling", 400, "slow", {"retry-after": "7"}) == Retry("SendEmail is refused: HTTP 400 Throttling: slow", 7.0)
    date = {"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}  # half a minute from NOW
    assert refusal("Throttling", 400, "slow", date).after == 30.0


@pytest.mark.parametrize("words", ["Daily message quota exceeded.", "DAILY SENDING QUOTA EXCEEDED"])
def test_a_quota_of_a_day_is_not_waited_for(words: str) -> None:
    assert refusal("Throttling", 429, words) == Failed(
        f"SendEmail is refused: HTTP 429 Throttling: {words}; the quota is counted over 24 hours"
    )


def test_a_signature_that_is_wrong_says_what_to_check() -> None:
    assert refusal("SignatureDoesNotMatch", 403, "The canonical request should have been") == Failed(
        "SendEmail is refused: HTTP 403 SignatureDoesNotMatch: check the secret access key, and this machine's clock"
    )


@pytest.mark.parametrize(
    ("code", "status", "words", "reason"),
    [
        (None, None, None, "HTTP 0 error"),
        ("x", None, None, "HTTP 0 x"),
        (None, 400, None, "HTTP 400 error"),
        ("x", 400, "", "HTTP 400 x"),
        ("x", 400, 7, "HTTP 400 x: 7"),
        ("x\n::error::", 400, "a\nb", "HTTP 400 x ::error::: a b"),
        ("x", 400, "<!doctype html><HTML>sign in", "HTTP 400 x"),
        ("x", 400, "id AKIAEXAMPLE0000000", "HTTP 400 x: id ***"),
        ("x", 400, "key SECRETKEY", "HTTP 400 x: key ***"),
        ("x", 400, "token SESSION-1234", "HTTP 400 x: token ***"),
    ],
)
def test_an_answer_of_which_little_is_there_has_words(code: str | None, status: int | None, words: Any, reason: str) -> None:
    assert refusal(code, status, words) == Failed(f"SendEmail is refused: {reason}")


def test_what_ses_says_is_cut() -> None:
    assert refusal("y" * 500, 400, "z" * 500) == Failed(f"SendEmail is refused: HTTP 400 {'y' * 79}…: {'z' * 199}…")
