"""How a call to another system is signed, and which addresses may be called. Pure."""

import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

SIGNATURE_HEADER = "Relance-Signature"
_CARRIES_IPV4 = {
    ipaddress.ip_network("64:ff9b::/96"): 0,
    ipaddress.ip_network("2002::/16"): 80,
    ipaddress.ip_network("::/96"): 0,
}
"""IPv6 addresses that lead to an IPv4 one (NAT64, 6to4, the old "compatible" ones), and how many bits follow it."""

_OF_CLOUDS = tuple(
    ipaddress.ip_network(network) for network in ("100.64.0.0/10", "fd00:ec2::254/128", "fd20:ce::254/128")
)
"""Where clouds keep their machines' credentials beside the link-local addresses (shared space, AWS, Google)."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LONGEST_URL = 500


def body_of(payload: Mapping[str, Any]) -> bytes:
    """The body that is sent and signed: JSON, keys in order, UTF-8."""
    return json.dumps(dict(payload), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def is_signed(secret: str, header: str, body: bytes, now: int, oldest: int) -> bool:
    """Whether a signature header fits this body, and was made at most `oldest` seconds from `now` (seconds since 1970)."""
    made = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", header)
    if made is None or abs(now - int(made[1])) > oldest:
        return False
    return hmac.compare_digest(signature(secret, int(made[1]), body), header)


def secret_variable(name: str) -> str:
    """The environment variable that holds an endpoint's secret."""
    return f"RELANCE_WEBHOOK_SECRET_{name.upper().replace('-', '_')}"


def wrong_name(name: str) -> bool:
    """Whether an endpoint cannot have this name."""
    return not _NAME.fullmatch(name)


def url_problem(url: str) -> str:
    """Why this address may not be called, as a code; empty when it may: https, or http to this machine only."""
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return "not_an_address"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "not_an_address"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "not_an_address"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "holds_a_secret"
    if not _can_be_looked_up(parts.hostname):
        return "no_name"
    if parts.scheme == "http" and not _names_this_machine(parts.hostname):
        return "not_https"
    return "kept_for_network" if _is_address(parts.hostname) and forbidden(parts.hostname) else ""


def _can_be_looked_up(host: str) -> bool:
    """Whether looking this name up is possible at all: the resolver breaks off at empty and at too long parts."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _names_this_machine(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and is_loopback(host))


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own."""
    return _plain(address).is_loopback


def forbidden(address: str) -> bool:
    """Whether an IP address is one where clouds keep their machines' credentials, or no host's at all.

    So is an IPv6 address that leads to such an IPv4 one.
    """
    plain = _plain(address)
    reached = [plain, *_carried(plain)]
    return any(
        found.is_link_local or found.is_multicast or found.is_unspecified or any(found in cloud for cloud in _OF_CLOUDS)
        for found in reached
    )


def _carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 address that an IPv6 address leads to, if it leads to one."""
    return [
        ipaddress.IPv4Address(int(address) >> following & 0xFFFFFFFF)
        for network, following in _CARRIES_IPV4.items()
        if address in network and not address.is_loopback
    ]


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address itself; of an IPv4 address dressed as IPv6 the one inside."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found


def wait_seconds(attempt_count: int) -> int:
    """How long a call waits after so many attempts in vain: one minute, then twice as long each time, at most an hour."""
    return min(60 << min(attempt_count - 1, 10), 3600)
