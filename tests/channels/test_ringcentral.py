"""RingCentral's own: version 2 of its webhooks."""

from __future__ import annotations

import pytest
from servers import Answer, ScriptedServer, transport

from tocsin.channels import ringcentral
from tocsin.verdict import Delivered


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("/webhook/9e116c5c-aaaa", "/webhook/v2/9e116c5c-aaaa"),
        ("/webhook/v2/9e116c5c-aaaa", "/webhook/v2/9e116c5c-aaaa"),
        ("/webhook/v3/9e116c5c-aaaa", "/webhook/v3/9e116c5c-aaaa"),
        ("/webhook/eyJhbGci.x.y?z=/webhook/1", "/webhook/v2/eyJhbGci.x.y?z=/webhook/1"),
        ("/relay/webhook/1", "/relay/webhook/1"),
        ("/x?to=/webhook/1", "/x?to=/webhook/1"),
    ],
)
def test_cards_go_to_version_2(written: str, called: str) -> None:
    with ScriptedServer(Answer(200, b'{"status":"OK"}')) as server:
        options = ringcentral.Options(kind="ringcentral").resolved({"RINGCENTRAL_WEBHOOK_URL": server.url(written)})
        assert ringcentral.send({}, options, transport()) == Delivered()
        assert [request.path for request in server.requests] == [called]
