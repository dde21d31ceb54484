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
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LONGEST_URL = 500


def body_of(payload: Mapping[str, Any]) -> bytes:
    """The body that is sent and signed: JSON, keys in order, UTF-8."""
    return json.dumps(dict(payload), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


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
    if parts.scheme == "http" and not _names_this_machine(parts.hostname):
        return "not_https"
    return "link_local" if _is_address(parts.hostname) and forbidden(parts.hostname) else ""


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
    """Whether an IP address is link-local, where clouds keep their machines' credentials, or no host's at all."""
    plain = _plain(address)
    return plain.is_link_local or plain.is_multicast or plain.is_unspecified


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address itself; of an IPv4 address dressed as IPv6 the one inside."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found


def wait_seconds(attempt_count: int) -> int:
    """How long a call waits after so many attempts in vain: one minute, then twice as long each time, at most an hour."""
    return min(60 << min(attempt_count - 1, 10), 3600)
