"""Mail by Amazon SES, API version 2: SendEmail with a raw message.

boto3 finds the credentials, signs, and reads the answer. The request itself goes out as every other channel's does,
through botocore's before-send event: with the same TLS context, proxies, allowed hosts, time and size limits.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin import secrets
from tocsin.channels import mail
from tocsin.channels.ses_options import REGIONS, Options
from tocsin.checks import Check
from tocsin.http import Transport
from tocsin.verdict import Failed, Verdict
from tocsin.wrong import Wrong

if TYPE_CHECKING:
    from tocsin.message import Message

__all__ = ["Options", "check", "render", "send"]


def check(options: Options) -> Iterator[Wrong]:
    """A region that AWS does not have, as a warning: it may be newer than this list. With an endpoint of its own, any will do."""
    region = options.region
    if region not in REGIONS and not secrets.names(region) and options.endpoint_url is None:
        from tocsin.suggest import do_you_mean

        hint = do_you_mean(region, REGIONS, quote=repr) or " (write one such as eu-west-1)"
        yield Wrong(Check.UNKNOWN_REGION, f"is no AWS region that is known here: {region!r}{hint}", ("region",), severity="warning")


WITHOUT_BOTO3 = "boto3 is not installed, which SES needs: pip install boto3"  # true wherever tocsin itself came from


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
        return Failed(WITHOUT_BOTO3)
    return ses_client.send(parcel, options, transport)
