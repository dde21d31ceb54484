"""Hands released messages to their channels, each at most once, whoever dies in between."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from relance.customers import queries as customers
from relance.kit.ids import next_ids
from relance.kit.shelf import shelf
from relance.outbound import rules
from relance.outbound.facts import Channel, DeliveryReceipt, Outcome, OutgoingMessage
from relance.outbound.queries import printed_channels
from relance.outbound.services.pass_on import mark_dead, pass_on
from relance.outbound.services.take_back import UNWRITTEN

_LOCK_KEY = "hashtextextended('outbound claim ' || %s::bigint, 0)"
"""Session lock of a claim, hashed so that it cannot meet the small numbers that others lock."""

Answer = tuple[OutgoingMessage, DeliveryReceipt]


def transmit(limit: int = 200) -> int:
    """Send one batch of released messages, each at most once, and record what became of each.

    Must not be called inside a transaction: the batch is claimed in one, sent outside any, and recorded after. Untried
    messages go first. Returns how many were settled one way or the other; 0 means that nothing is left, or that the
    rest cannot be delivered now and waits, its reason recorded.
    """
    settle_dead_senders()
    claim = next_ids(1)[0]
    with _holding(claim):
        batch = _claim_batch(claim, limit)
        settled = 0
        for code in sorted(batch):
            settled += _send(claim, code, batch[code])
    return settled


@contextmanager
def _holding(claim: int) -> Iterator[None]:
    """Hold the session lock that tells other senders this claim's sender is alive; a dead session loses it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({_LOCK_KEY})", [claim])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK_KEY})", [claim])


def _claim_batch(claim: int, limit: int) -> dict[str, list[OutgoingMessage]]:
    """Take released messages for this sender, by channel. Durable: others see the claim before anything is sent."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH next AS MATERIALIZED (
                SELECT account_id, id FROM outbound_dispatch WHERE state = 'released' AND (close_at IS NULL OR close_at > now())
                  AND channel <> ALL(%s)
                ORDER BY claim NULLS FIRST, account_id, id LIMIT %s FOR UPDATE SKIP LOCKED)
            UPDATE outbound_dispatch d SET state = 'sending', claim = %s, reason = '', sent_at = NULL
            FROM next n WHERE d.account_id = n.account_id AND d.id = n.id AND d.state = 'released'
            RETURNING d.channel, d.id, d.account_id, d.recipient, d.business_date, d.released_at, d.subject, d.text,
                      d.html""",
            [printed_channels(), limit, claim],
        )
        rows = sorted(cursor.fetchall(), key=lambda row: (row[2], row[1]))
        creditor_ids = {
            account.id: account.creditor_id for account in customers.accounts([row[2] for row in rows]).values()
        }
        creditors = {creditor.id: creditor for creditor in customers.creditors()} if rows else {}
    batch: dict[str, list[OutgoingMessage]] = defaultdict(list)
    for code, message_id, account_id, recipient, on, released_at, subject, text, html in rows:
        owner = creditors.get(creditor_ids.get(account_id, -1))
        name, address = (rules.clean(owner.name), owner.email) if owner else ("", "")
        batch[code].append(
            OutgoingMessage(message_id, account_id, recipient, on, released_at, subject, text, html, name, address)
        )
    return batch


def _send(claim: int, code: str, messages: list[OutgoingMessage]) -> int:
    """Deliver one channel's share; number of messages settled.

    Where a message delivered twice would arrive twice, each hand-over is noted before it happens (`sent_at` set while
    still `sending`), in the same transaction that records the message before it: a sender that dies leaves at most one
    message in doubt.
    """
    way: Channel | None = shelf("relance.outbound.channels", "CHANNEL").get(code)
    if way is None:
        reason = f"there is no channel {code!r}"
        return _record(claim, code, [(each, DeliveryReceipt(each.id, Outcome.FAILED, reason)) for each in messages])
    if way.repeatable():
        return _record(claim, code, list(zip(messages, way.deliver(messages), strict=True)))
    settled = 0
    answers: list[Answer] = []
    receipts = iter(way.deliver(messages))
    for message in messages:
        with transaction.atomic(durable=True):
            settled += _record(claim, code, answers)
            if not _note_hand_over(claim, message):
                return settled
        answers = [(message, next(receipts))]
    return settled + _record(claim, code, answers)


def _note_hand_over(claim: int, message: OutgoingMessage) -> bool:
    """False when the message is no longer this sender's: its session was lost and others took over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_dispatch SET sent_at = clock_timestamp() "
            "WHERE account_id = %s AND id = %s AND claim = %s AND state = 'sending'",
            [message.account_id, message.id, claim],
        )
        return bool(cursor.rowcount == 1)


def _record(claim: int, code: str, answers: Sequence[Answer]) -> int:
    """Write what became of claimed messages; number settled, those to try again not counted."""
    if not answers:
        return 0
    columns = zip(
        *(
            (m.account_id, m.id, receipt.outcome.value, receipt.reason[:300], receipt.reference)
            for m, receipt in answers
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE outbound_dispatch d
            SET state = r.outcome, reason = r.reason, provider_reference = r.reference,
                sent_at = CASE r.outcome WHEN 'sent' THEN coalesce(d.sent_at, clock_timestamp()) END
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
                 AS r(account_id, id, outcome, reason, reference)
            WHERE d.account_id = r.account_id AND d.id = r.id AND d.claim = %s AND d.state IN ('sending', 'unknown')""",
            [*(list(column) for column in columns), claim],
        )
    mark_dead([(m.account_id, code, m.recipient, receipt.reason) for m, receipt in answers if receipt.dead_address])
    pass_on([(m.account_id, m.id) for m, receipt in answers if receipt.outcome is Outcome.FAILED])
    return sum(receipt.outcome is not Outcome.RELEASED for _, receipt in answers)


def settle_dead_senders() -> int:
    """Settle messages whose sender died: the one in doubt is `unknown`, those not handed over wait for words again.

    Time has passed since these were written, so the next release reads what is owed once more. A claim belongs to a
    dead sender when its lock is free. Returns how many messages were settled.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT claim FROM outbound_dispatch WHERE state = 'sending' AND claim IS NOT NULL")
        claims = [row[0] for row in cursor.fetchall()]
        settled = 0
        for claim in claims:
            cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK_KEY})", [claim])
            if not cursor.fetchone()[0]:
                continue
            try:
                cursor.execute(
                    "UPDATE outbound_dispatch SET state = 'unknown', reason = %s, sent_at = NULL "
                    "WHERE state = 'sending' AND claim = %s AND sent_at IS NOT NULL",
                    ["the sender died between handing the message over and hearing the answer", claim],
                )
                settled += cursor.rowcount
                cursor.execute(
                    f"UPDATE outbound_dispatch d SET {UNWRITTEN} WHERE state = 'sending' AND claim = %s",  # noqa: S608
                    [claim],
                )
                settled += cursor.rowcount
            finally:
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK_KEY})", [claim])
    return settled
