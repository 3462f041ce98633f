"""Mail by Amazon SES, API version 2: SendEmail with a raw message.

boto3 finds the credentials, signs, and reads the answer. The request itself goes out as every other channel's does,
through botocore's before-send event: with the same TLS context, proxies, allowed hosts, time and size limits.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from tocsin import secrets
from tocsin.channels import mail
from tocsin.channels.options import Credential, Text, Url
from tocsin.http import Transport
from tocsin.verdict import Failed, Verdict

if TYPE_CHECKING:
    from tocsin.message import Message


def _region(text: str) -> str:
    if not secrets.names(text) and not (text.isascii() and text.replace("-", "").isalnum() and text[0] != "-" != text[-1]):
        raise ValueError("is not an AWS region: write one such as eu-west-1")
    return text


class Options(mail.MailOptions):
    """Mail by Amazon SES."""

    kind: Literal["ses"]
    region: Annotated[str, AfterValidator(_region)] = Field(description="The AWS region in which SES is set up.")
    access_key_id: Credential | None = Field(
        default=None, description="The access key's id, from a secret; without it, boto3 looks for credentials in its own places."
    )
    secret_access_key: Credential | None = Field(default=None, description="The access key's secret, from a secret.")
    session_token: Credential | None = Field(default=None, description="The session's token, for a temporary key.")
    configuration_set: Text | None = Field(default=None, description="The SES configuration set to send with.")
    endpoint_url: Url | None = Field(default=None, description="Another address of the SES API, such as a VPC endpoint's.")

    @model_validator(mode="after")
    def _keys(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            given, missing = (
                ("access_key_id", "secret_access_key") if self.secret_access_key is None else ("secret_access_key", "access_key_id")
            )
            raise ValueError(f"has {given} but no {missing}: name both, or neither for boto3's own places (role, profile, environment)")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("has session_token but no access_key_id and secret_access_key: it belongs to a temporary key, name all three")
        return self


def render(message: Message, options: Options) -> dict[str, Any]:
    """The mail as plain data; see `mail.render`."""
    return mail.render(message, options)


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """One SendEmail with the channel's shared client. SES puts its own Message-ID and Date in place of the mail's."""
    from time import time

    from tocsin.channels.mime import pack

    parcel = pack(payload, transport.key, time())
    if parcel.international:
        return Failed("an address has characters outside ASCII before its @, which SES does not take")
    try:
        from tocsin.channels import ses_client
    except ImportError:
        return Failed("boto3 is not installed, which SES needs: pip install 'tocsin[ses]'")
    return ses_client.send(parcel, options, transport)
