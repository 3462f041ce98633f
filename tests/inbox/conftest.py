"""An inbox for the tests of a file, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from inbox_client import Client

from tocsin.inbox import Inbox


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture(scope="module")
def client(inbox: Inbox) -> Client:
    return Client(inbox)
