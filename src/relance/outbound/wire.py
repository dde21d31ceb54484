"""Posts to systems outside, safely: to the address that was checked, within a time limit, and no answer read without end.

Whoever posts learns whether anything may have arrived: `NotSent` means surely not, `NoAnswer` that nobody knows.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from relance.outbound import calls

SECONDS = 10
"""How long a call may take whole, from looking the name up to the end of the answer that is read."""


class NotSent(Exception):
    """Nothing was sent; the text says why."""


class NoAnswer(Exception):
    """The request may have arrived, but no whole answer came back; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status, and as much of the body as was asked for."""

    status_code: int
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], read: int = 0) -> Answer:
    """Post to the very address that was checked, whatever the name stands for a moment later.

    Redirects are not followed. Of the answer's body at most `read` bytes are read. Raises NotSent and NoAnswer.
    """
    ends_at = time.monotonic() + SECONDS
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        line = socket.create_connection((_address(host, port, is_secure), port), _left(ends_at))
    except UnicodeError:
        raise NotSent("the address has a name that cannot exist; look for a typing mistake") from None
    except OSError as trouble:
        raise NotSent(f"no answer: {trouble}") from trouble
    is_sent = False
    try:
        with line, _cut_at(ends_at, line), closing(HTTPConnection(host, port)) as wire:
            wire.sock = _secured(line, host) if is_secure else line
            is_sent = True
            wire.request("POST", target, body, {**headers, "Host": parts.netloc})
            with wire.getresponse() as response:
                return Answer(response.status, response.read(read) if read else b"")
    except (OSError, HTTPException) as trouble:
        raise (NoAnswer if is_sent else NotSent)(f"no answer: {trouble}") from trouble


def _address(host: str, port: int, is_secure: bool) -> str:
    addresses = [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if any(calls.forbidden(address) for address in addresses):
        raise NotSent("the name stands for an address that may not be called")
    if not is_secure and not all(calls.is_loopback(address) for address in addresses):
        raise NotSent("http is for this machine only; use https")
    return addresses[0]


def _secured(line: socket.socket, host: str) -> ssl.SSLSocket:
    """The connection, encrypted, to who can show a certificate for this name."""
    return ssl.create_default_context().wrap_socket(line, server_hostname=host.rstrip("."))


def _left(ends_at: float) -> float:
    """Seconds until then. Raises TimeoutError when there are none."""
    seconds = ends_at - time.monotonic()
    if seconds <= 0:
        raise TimeoutError(_too_slow())
    return seconds


@contextmanager
def _cut_at(ends_at: float, line: socket.socket) -> Iterator[None]:
    """Shut a connection down at this time, whatever goes on over it, and raise TimeoutError.

    A socket's own limit is one of each reading: a byte now and then would hold the sender for ever.
    """
    seconds, is_over = _left(ends_at), threading.Event()
    # Encrypting takes the socket over; its double stays, and shuts the same connection down.
    double = line.dup()

    def shut() -> None:
        is_over.set()
        with suppress(OSError):
            double.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException):
        if not is_over.is_set():
            raise
    finally:
        timer.cancel()
        timer.join()
        double.close()
    if is_over.is_set():  # Half an answer may read like a whole one.
        raise TimeoutError(_too_slow())


def _too_slow() -> str:
    return f"not complete within {SECONDS} seconds"
