"""Mail by Amazon SES, API version 2: SendEmail with a raw message.

boto3 finds the credentials, signs, and reads the answer. The request itself goes out as every other channel's does,
through botocore's before-send event: with the same TLS context, proxies, allowed hosts, time and size limits.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tocsin.channels import mail
from tocsin.channels.ses_options import Options
from tocsin.http import Transport
from tocsin.verdict import Failed, Verdict

if TYPE_CHECKING:
    from tocsin.message import Message

__all__ = ["Options", "render", "send"]


def render(message: Message, options: Options) -> dict[str, Any]:
    """The mail as plain data; see `mail.render`."""
    return mail.render(message, options)


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """One SendEmail with the channel's shared client. SES puts its own Message-ID and Date in place of the mail's."""
    from tocsin.channels.mime import pack_mail

    parcel = pack_mail(payload, transport.key, transport.clock.time())
    if parcel.international:
        return Failed("an address has characters outside ASCII before its @, which SES does not take")
    try:
        from tocsin.channels import ses_client
    except ImportError:
        return Failed("boto3 is not installed, which SES needs: pip install 'tocsin[ses]'")
    return ses_client.send(parcel, options, transport)
