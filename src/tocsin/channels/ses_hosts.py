"""TOCSIN_ALLOWED_HOSTS for what botocore asks by itself, beside the network that all else goes over: a machine's own service for keys.

An EC2 instance's (https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html) and a container's
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.utils import METADATA_BASE_URL, ContainerMetadataFetcher, METADATA_BASE_URL_IPv6, resolve_imds_endpoint_mode

from tocsin.address import AddressError, http_url
from tocsin.network import Network, NoAnswer
from tocsin.text import clean

if TYPE_CHECKING:
    from botocore.session import Session


def limit(core: Session, network: Network) -> None:
    """Let a session ask no machine's service that the list leaves out: then the mail fails with a reason. Raises BotoCoreError."""
    if network.allowed_hosts is None:
        return
    if core.get_config_variable("defaults_mode") == "auto":
        core.set_config_variable("defaults_mode", "standard")  # auto asks an instance where it stands
    resolver = core.get_component("credential_provider")
    for name, address in {"container-role": _container, "iam-role": _instance}.items():
        provider = resolver.get_provider(name)  # the same one gives keys to a profile with credential_source
        provider.load = _limited(provider.load, partial(address, core), network)


def _limited(load: Callable[[], Any], address: Callable[[], str | None], network: Network) -> Callable[[], Any]:
    def limited() -> Any:
        url = address()
        if url is not None:
            _require_allowed(url, network)
        return load()

    return limited


def _require_allowed(url: str, network: Network) -> None:
    """Raise NoAnswer where the list leaves out the host of a URL, or where nobody can tell which that is."""
    try:
        host = http_url(url).host
    except AddressError as error:
        raise NoAnswer(f"no AWS credentials: the address of this machine's service for them {error}", retry=False) from None
    try:
        network.require_allowed(host)
    except NoAnswer:
        step = "add it, or name access_key_id and secret_access_key in the channel"
        why = f"host {clean(host, 100)}, which would give this machine's, is not among TOCSIN_ALLOWED_HOSTS: {step}"
        raise NoAnswer(f"no AWS credentials: {why}", retry=False) from None


def _container(_: Session) -> str | None:
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    if relative is not None:
        return f"http://{ContainerMetadataFetcher.IP_ADDRESS}{relative}"
    return os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")


def _instance(core: Session) -> str | None:
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    own = METADATA_BASE_URL_IPv6 if resolve_imds_endpoint_mode(core) == "ipv6" else METADATA_BASE_URL
    named: str | None = core.get_config_variable("ec2_metadata_service_endpoint")
    return named or own
