"""Takes what providers and people report about messages that had left: delivered, opened, bounced, returned."""

import hashlib
from collections.abc import Sequence

from django.db import connection, transaction

from relance.customers.services import lock_accounts
from relance.kit.bulk import temporary_rows
from relance.kit.shelf import shelf
from relance.outbound.facts import Channel, DeliveryNotice, IncomingCall, Report
from relance.outbound.services.pass_on import mark_dead, pass_on

_NOTICE = "reference text, report text, reason text, occurred_at timestamptz, key text"

_BECOMES = {
    Report.FAILED: ("bounced", ("sent", "unknown")),
    Report.DELIVERED: ("delivered", ("sent", "unknown")),
    Report.OPENED: ("opened", ("sent", "unknown", "delivered")),
}
"""What a report makes of a message, and of which states: forwards only; what comes late or twice changes nothing."""


def take_call(channel: str, provider: str, call: IncomingCall) -> int:
    """Take what a provider reports in a call to us; how many reports were new.

    Raises LookupError for a channel or provider that is not in use, NotAuthentic, and ValueError.
    """
    way: Channel | None = shelf("relance.outbound.channels", "CHANNEL").get(channel)
    if way is None:
        raise LookupError(f"there is no channel {channel!r}")
    return take_notices(f"{channel}/{provider}"[:40], way.notices(provider, call))


@transaction.atomic
def take_notices(source: str, notices: Sequence[DeliveryNotice]) -> int:
    """Record a provider's reports, each once, and move their messages on; how many were new.

    A message that bounced marks its address, and passes to the next channel that its action named. Reports on messages
    that are not ours are left aside: providers tell of everything that an account of theirs sent.
    """
    if not notices:
        return 0
    rows = [
        (notice.reference, notice.report.value, notice.reason[:300], notice.occurred_at, _key(notice))
        for notice in notices
    ]
    temporary_rows("told_notice", _NOTICE, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT d.account_id FROM told_notice n JOIN outbound_dispatch d "
            "ON d.provider_reference = n.reference AND d.provider_reference <> ''"
        )
        lock_accounts(sorted(row[0] for row in cursor.fetchall()))
        cursor.execute(
            """
            INSERT INTO outbound_messagereceipt (account_id, dispatch_id, source, key, report, reason, occurred_at)
            SELECT d.account_id, d.id, %s, n.key, n.report, n.reason, n.occurred_at
            FROM told_notice n JOIN outbound_dispatch d ON d.provider_reference = n.reference
            WHERE d.provider_reference <> '' AND d.sent_at IS NOT NULL
            ON CONFLICT (account_id, source, key) DO NOTHING""",
            [source],
        )
        new_count = int(cursor.rowcount)
        for report, (state, befores) in _BECOMES.items():
            cursor.execute(
                """
                UPDATE outbound_dispatch d
                SET state = %s, reason = CASE WHEN n.report = 'failed' THEN n.reason ELSE d.reason END
                FROM told_notice n
                WHERE d.provider_reference = n.reference AND d.provider_reference <> '' AND n.report = %s
                  AND d.state = ANY(%s)
                RETURNING d.account_id, d.id, d.channel, d.recipient, n.reason""",
                [state, report.value, list(befores)],
            )
            if report is Report.FAILED:
                bounced = cursor.fetchall()
    mark_dead([(account_id, channel, to, why) for account_id, _, channel, to, why in bounced])
    pass_on([(account_id, message_id) for account_id, message_id, *_ in bounced])
    return new_count


def _key(notice: DeliveryNotice) -> str:
    """One name for a report that is made twice."""
    return hashlib.sha256(f"{notice.reference}\n{notice.report.value}\n{notice.reason}".encode()).hexdigest()
