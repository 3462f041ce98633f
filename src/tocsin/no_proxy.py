"""NO_PROXY: the hosts that are reached without a proxy."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from tocsin.address import AddressError
from tocsin.address import host as canonical_host


def is_direct(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY names a host: as "*", a name with all below it, a name below "*.", an address, or a network; with a port or without.

    As Go reads it (https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config), but that a name with a leading dot is one without.
    """
    host = host.lower().rstrip(".")
    return any(_names(entry, host, port) for entry in no_proxy.lower().replace(",", " ").split())


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if "/" in entry:
        return address is not None and _within(address, entry.replace("[", "").replace("]", ""))
    if _address(entry) is None:
        entry, _, wanted = entry.partition("]:" if entry.startswith("[") else ":")
        if wanted and wanted != str(port):
            return False
    entry = entry.strip("[]")
    if address is not None:
        return address == _address(entry)
    below = entry.startswith("*.")
    name = _in_ascii(entry.removeprefix("*").strip("."))
    return bool(name) and (host.endswith(f".{name}") or (host == name and not below))


def _in_ascii(name: str) -> str:
    try:
        return name if name.isascii() else canonical_host(name)
    except AddressError:
        return ""  # no host has such a name


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _within(address: IPv4Address | IPv6Address, network: str) -> bool:
    try:
        return address in ip_network(network, strict=False)
    except ValueError:
        return False
