"""Takes words back from messages that have not left, so that what is owed is read once more before they do."""

from collections.abc import Sequence

from django.db import connection, transaction

from relance.customers.services import lock_accounts
from relance.kit.bulk import id_array
from relance.kit.events import publish
from relance.outbound.facts import MessagesWithdrawn
from relance.outbound.queries import printed_channels
from relance.outbound.rules import REREAD

_WAITED_LONG = "(d.claim IS NOT NULL OR d.released_at < now() - interval '15 minutes')"
"""A delivery was tried in vain, or the words are more than a quarter of an hour old."""

UNWRITTEN = f"""state = 'prepared', subject = '', text = '', html = '', content_hash = '', claimed_minor = NULL,
    released_at = NULL, claim = NULL, sent_at = NULL, open_at = NULL, close_at = NULL,
    context = CASE WHEN {_WAITED_LONG} THEN d.context || jsonb_build_object('{REREAD}', true) ELSE d.context END"""
"""The SET list that makes a message `d` wait for its words again."""

_CLAIMS_OF = """(d.account_id, d.id) IN (
    SELECT account_id, id FROM outbound_dispatch
    WHERE state IN ('prepared', 'released') AND account_id = ANY(%(ids)s::bigint[])
    UNION ALL
    SELECT account_id, id FROM outbound_dispatch
    WHERE state IN ('prepared', 'released') AND context ? 'family' AND EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(context -> 'family') f WHERE f::bigint = ANY(%(ids)s::bigint[])))"""
"""A waiting message `d` claims items of these accounts; messages that claim for a family have an index of their own."""


def reread() -> int:
    """Send messages that wait released for too long back to `prepared`, so that what is owed is read afresh.

    Those are the ones whose delivery was tried in vain, those released more than a quarter of an hour ago, and those
    whose hours are over; letters wait for their print batch, which reads afresh itself. For the
    start of a later attempt: whoever paid while the mail server was away hears nothing. Number of messages.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH waiting AS MATERIALIZED (
                SELECT account_id, id FROM outbound_dispatch d WHERE state = 'released' AND ({_WAITED_LONG} OR close_at <= now())
                  AND channel <> ALL(%s)
                FOR UPDATE SKIP LOCKED)
            UPDATE outbound_dispatch d SET {UNWRITTEN}
            FROM waiting w WHERE d.account_id = w.account_id AND d.id = w.id""",  # noqa: S608
            [printed_channels()],
        )
        return int(cursor.rowcount)


def hold_back(account_ids: Sequence[int]) -> int:
    """Take back the words of these accounts' released messages, because what they owe has changed. Number of messages.

    Works in the caller's transaction, which holds the locks of the accounts. A message already claimed by a sender is
    on its way and stays. Messages of other accounts that claim items of these are among them.
    """
    if not account_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE outbound_dispatch d SET {UNWRITTEN} WHERE state = 'released' AND {_CLAIMS_OF}",  # noqa: S608
            {"ids": id_array(account_ids)},
        )
        return int(cursor.rowcount)


@transaction.atomic
def withdraw_waiting(account_ids: Sequence[int], reason: str) -> int:
    """Withdraw the messages to these customers that have not left, for example because a hold was placed. Their number.

    `reason` is kept with each, for its page and the account's timeline; a message that is asked for again waits anew. One
    that is already with a channel stays; notices to staff stay too. Messages of other accounts that claim items of these
    are among them.
    """
    if not account_ids:
        return 0
    lock_accounts(account_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_dispatch d SET state = 'withdrawn', reason = %(reason)s, subject = '', text = '', "  # noqa: S608
            "html = '', content_hash = '', claimed_minor = NULL, released_at = NULL, claim = NULL, sent_at = NULL "
            f"WHERE state IN ('prepared', 'released') AND NOT for_staff AND {_CLAIMS_OF} "
            "RETURNING d.account_id, d.idempotency_key",
            {"ids": id_array(account_ids), "reason": reason[:300]},
        )
        withdrawn = cursor.fetchall()
    if withdrawn:
        publish(MessagesWithdrawn([row[0] for row in withdrawn], [row[1] for row in withdrawn]))
    return len(withdrawn)
