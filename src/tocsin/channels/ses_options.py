"""The options of mail by Amazon SES."""

from __future__ import annotations

from typing import Annotated, Literal

from tocsin import secrets
from tocsin.channels.mail import MailOptions
from tocsin.channels.options import Credential, Place, Text, Url
from tocsin.record import AfterValidator, Field

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html, and those of AWS's other partitions
REGIONS = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
    "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
    "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
    "us-west-2", "cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1",
    "us-isob-west-1", "eu-isoe-west-1", "us-isof-east-1", "us-isof-south-1", "eusc-de-east-1",
)  # fmt: skip


def _region(text: str) -> str:
    if not secrets.names(text) and not (text.isascii() and text.replace("-", "").isalnum() and text[0] != "-" != text[-1]):
        raise ValueError("is not an AWS region: write one such as eu-west-1")
    return text


class Options(MailOptions):
    """Mail by Amazon SES."""

    kind: Literal["ses"]
    region: Annotated[Place, AfterValidator(_region)] = Field(description="The AWS region in which SES is set up.")
    access_key_id: Credential | None = Field(
        default=None, description="The access key's id, from a secret; without it, boto3 looks for credentials in its own places."
    )
    secret_access_key: Credential | None = Field(default=None, description="The access key's secret, from a secret.")
    session_token: Credential | None = Field(default=None, description="The session's token, for a temporary key.")
    configuration_set: Text | None = Field(default=None, description="The SES configuration set to send with.")
    endpoint_url: Url | None = Field(default=None, description="Another address of the SES API, such as a VPC endpoint's.")

    def check(self) -> None:
        """Raise ValueError for half a key."""
        if (self.access_key_id is None) != (self.secret_access_key is None):
            given, missing = (
                ("access_key_id", "secret_access_key") if self.secret_access_key is None else ("secret_access_key", "access_key_id")
            )
            raise ValueError(f"has {given} but no {missing}: name both, or neither for boto3's own places (role, profile, environment)")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("has session_token but no access_key_id and secret_access_key: it belongs to a temporary key, name all three")

    def has_machine_credentials(self) -> bool:
        """Without keys of its own, boto3 finds some."""
        return self.access_key_id is None
