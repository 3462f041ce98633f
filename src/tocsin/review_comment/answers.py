"""What asking a service ends in, whichever library asks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tocsin.address import AddressError, host_for_token
from tocsin.network import NoAnswer
from tocsin.review_comment import RefusedError
from tocsin.text import clean


def require_private(variable: str, address: str) -> None:
    """Raise NoAnswer for an API's address, which is in that variable, where the token would travel in the clear."""
    try:
        host_for_token(address)
    except AddressError as error:
        raise NoAnswer(f"{variable} {error}", retry=False) from None


@contextmanager
def answers(service: str) -> Iterator[None]:
    """Around a question: raise NoAnswer where there is none, or one that the library cannot read."""
    import requests

    try:
        yield
    except requests.RequestException:
        raise NoAnswer(f"{service} gave no answer") from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise another_shape(service) from None


def another_shape(service: str) -> NoAnswer:
    """What is told of an answer that is none of the API's."""
    return NoAnswer(f"{service}'s answer is of another shape than its API's")


def refusal(service: str, status: int, said: str | None, rights: str) -> RefusedError:
    """What a service says that refuses, and what to do; `rights` is the step where the token lacks some."""
    step = {401: ": the token is not, or no longer, valid", 403: f": {rights}", 404: f": {rights}"}.get(status, "")
    return RefusedError(status, f"{service} refuses (HTTP {status}{f', {clean(said, 100)}' if said else ''}){step}")
