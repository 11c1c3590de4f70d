"""Whose network a request comes from.

No address is written down anywhere: what is kept is a keyed hash of its :func:`network`.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

#: Everybody whose address is not known shares one budget: better than one without a limit.
UNKNOWN = "unknown"


def client_address(environ: Mapping[str, Any], hops: int) -> str | None:
    """The caller's address in a WSGI *environ*, behind *hops* proxies of our own.

    Every proxy adds, on the right of ``X-Forwarded-For``, the address it was called from. So
    the last *hops* entries are ours to believe and whatever stands further left is what the
    caller made up. An entry that is no address ends the walk at the one before it.
    """
    trusted = _parse(environ.get("REMOTE_ADDR", ""))
    if hops:
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", hops)
        for entry in forwarded[: -hops - 1 : -1]:
            named = _parse(entry)
            if named is None:
                break
            trusted = named
    return None if trusted is None else str(trusted)


def network(address: str | None) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that one IPv6 household gets."""
    ip = _parse(address or "")
    if ip is None:
        return UNKNOWN
    if isinstance(ip, IPv4Address):
        return str(ip)
    return f"{IPv6Address(int(ip) >> 64 << 64)}/64"


def _parse(entry: str) -> IPv4Address | IPv6Address | None:
    """*entry* as proxies write it: with a port, in brackets, or bare."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    if isinstance(ip, IPv4Address):
        return ip
    # Through its number, as a zone (fe80::1%eth0) would make one address many.
    return ip.ipv4_mapped or IPv6Address(int(ip))
