"""Delivers calls to other systems: claimed in one transaction, posted outside any, and recorded after."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from relance.outbound import calls, wire
from relance.outbound.models import Endpoint

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
        code = wire.post(endpoint.url, body, headers).status_code
    except (wire.NotSent, wire.NoAnswer) as trouble:
        return _Answer(None, str(trouble), reached=False)
    if 200 <= code < 300:
        return _Answer(code, "")
    return _Answer(code, f"redirects are not followed (HTTP {code})" if 300 <= code < 400 else f"answered HTTP {code}")


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
