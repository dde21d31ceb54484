"""Delivers calls to other systems: claimed in one transaction, posted outside any, and recorded after."""

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from django.db import connection, transaction

from relance.outbound import calls
from relance.outbound.models import Endpoint

SECONDS = 10
"""How long a call may take whole, from looking the name up to the end of the answer's headers."""

_KEPT_FOR_SENDER = "10 minutes"
"""How long a claimed call is its sender's; afterwards the sender is taken for dead and another one tries."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    account_id: int
    id: int
    endpoint: str
    payload: str
    attempt_count: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back. `reached` is false when nobody answered, so that a further try in a row would be in vain."""

    status_code: int | None
    reason: str
    reached: bool = True

    @property
    def taken(self) -> bool:
        """Whether the other side has the call."""
        return self.status_code is not None and 200 <= self.status_code < 300


def deliver_calls(limit: int = 20) -> int:
    """Post one batch of calls whose time has come, and record what became of each; how many were looked at.

    Must not be called inside a transaction. A call that the other side did not take (anything but 2xx, redirects
    included) is tried again later, less and less often, for a day. Each attempt has the same idempotency key, so a
    sender that died after posting does no harm. Where nobody answers, the rest of the batch is not tried in a row.
    """
    batch = _claim(limit)
    endpoints = {endpoint.name: endpoint for endpoint in Endpoint.objects.all()} if batch else {}
    silent: dict[str, _Answer] = {}
    for call in batch:
        answer = silent.get(call.endpoint) or _post(call, endpoints[call.endpoint])
        if not answer.reached:
            silent[call.endpoint] = answer
        _record(call, answer)
    return len(batch)


def _claim(limit: int) -> Sequence[_Claimed]:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS MATERIALIZED (
                SELECT account_id, id FROM outbound_webhookcall
                WHERE state = 'waiting' AND next_attempt_at <= now()
                ORDER BY next_attempt_at LIMIT %s FOR UPDATE SKIP LOCKED)
            UPDATE outbound_webhookcall c
            SET next_attempt_at = now() + %s::interval, attempt_count = c.attempt_count + 1
            FROM due WHERE c.account_id = due.account_id AND c.id = due.id
            RETURNING c.account_id, c.id, c.endpoint_name, c.payload::text, c.attempt_count,
                      extract(epoch FROM clock_timestamp())::bigint""",
            [limit, _KEPT_FOR_SENDER],
        )
        return sorted((_Claimed(*row) for row in cursor.fetchall()), key=lambda call: call.id)


def _post(call: _Claimed, endpoint: Endpoint) -> _Answer:
    secret = os.environ.get(calls.secret_variable(endpoint.name), "")
    if not endpoint.is_active:
        return _Answer(None, "the endpoint is switched off", reached=False)
    if not secret:
        return _Answer(None, f"{calls.secret_variable(endpoint.name)} is not set, so calls cannot be signed", False)
    body = calls.body_of(json.loads(call.payload))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Relance",
        "Idempotency-Key": f"relance-{call.account_id}-{call.id}",
        calls.SIGNATURE_HEADER: calls.signature(secret, call.timestamp, body),
    }
    try:
        return _posted(endpoint.url, body, headers)
    except UnicodeError:
        return _Answer(None, "the address has a name that cannot exist; look for a typing mistake", reached=False)
    except (OSError, HTTPException) as trouble:
        return _Answer(None, f"no answer: {trouble}", reached=False)


def _posted(url: str, body: bytes, headers: dict[str, str]) -> _Answer:
    """Post to the very address that was checked, whatever the name stands for a moment later.

    Of the answer no more than its headers is read.
    """
    ends_at = time.monotonic() + SECONDS
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    addresses = [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if any(calls.forbidden(address) for address in addresses):
        return _Answer(None, "the name stands for an address that may not be called", reached=False)
    if not is_secure and not all(calls.is_loopback(address) for address in addresses):
        return _Answer(None, "http is for this machine only; use https", reached=False)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with (
        socket.create_connection((addresses[0], port), _left(ends_at)) as line,
        _cut_at(ends_at, line),
        closing(HTTPConnection(host, port)) as wire,
    ):
        wire.sock = _secured(line, host) if is_secure else line
        wire.request("POST", target, body, {**headers, "Host": parts.netloc})
        with wire.getresponse() as response:
            code = response.status
    if 200 <= code < 300:
        return _Answer(code, "")
    return _Answer(code, f"redirects are not followed (HTTP {code})" if 300 <= code < 400 else f"answered HTTP {code}")


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


def _record(call: _Claimed, answer: _Answer) -> None:
    """Write what came of an attempt. What a later sender did meanwhile is overwritten only by a delivery."""
    with connection.cursor() as cursor:
        if answer.taken:
            cursor.execute(
                "UPDATE outbound_webhookcall SET state = 'delivered', reason = '', status_code = %s, "
                "delivered_at = clock_timestamp() WHERE account_id = %s AND id = %s AND state <> 'delivered'",
                [answer.status_code, call.account_id, call.id],
            )
        else:
            cursor.execute(
                """
                UPDATE outbound_webhookcall
                SET state = CASE WHEN clock_timestamp() >= give_up_at THEN 'failed' ELSE 'waiting' END,
                    reason = %s, status_code = %s,
                    next_attempt_at = least(clock_timestamp() + %s * interval '1 second',
                                            greatest(give_up_at, clock_timestamp()))
                WHERE account_id = %s AND id = %s AND state = 'waiting' AND attempt_count = %s""",
                [
                    answer.reason[:300], answer.status_code, calls.wait_seconds(call.attempt_count), call.account_id,
                    call.id, call.attempt_count,
                ],
            )  # fmt: skip
