"""Takes what a print house reports about a posted batch: tracking numbers, proofs of delivery, letters that came back."""

import datetime as dt
import hashlib

from django.db import connection, transaction

from relance.customers.services import lock_accounts
from relance.kit.bulk import temporary_rows
from relance.kit.refusal import Refusal
from relance.outbound.facts import LetterFate, LetterReport
from relance.outbound.models import PrintBatch
from relance.outbound.print_report import GONE, read_report, shown_errors
from relance.outbound.services.pass_on import mark_dead, pass_on

_SOURCE = "print-house"
_ROWS = "sequence int, fate text, occurred_on date, tracking text, reason text, key text"


@transaction.atomic
def take_print_report(batch_id: int, data: bytes, today: dt.date) -> int:
    """Record a print house's file about a posted batch, whole or not at all; how many of its lines told something new.

    A letter delivered has its proof; one that came back says why, and when nobody is reached there any more its address is
    marked and the message goes on by the next channel that its stage names. The same line twice is one. Raises Refusal for
    a batch that is not posted, and for a file with mistakes, naming each row and column.
    """
    batch = PrintBatch.objects.filter(id=batch_id).first()
    if batch is None or batch.posted_on is None:
        raise Refusal("Mark the batch as posted first; then its letters can arrive or come back.")
    lines = read_report(data, batch.letter_count, batch.posted_on, today)
    told = [line for line in lines if isinstance(line, LetterReport)]
    if len(told) < len(lines):
        raise Refusal(
            f"Nothing was taken:\n{shown_errors([each for each in lines if not isinstance(each, LetterReport)])}"
        )
    if not told:
        return 0
    temporary_rows("told_letter", _ROWS, [_row(batch_id, line) for line in told])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT p.account_id FROM told_letter t JOIN outbound_printedletter p "
            "ON p.batch_id = %s AND p.sequence = t.sequence",
            [batch_id],
        )
        lock_accounts(sorted(row[0] for row in cursor.fetchall()))
        cursor.execute(
            "UPDATE outbound_printedletter p SET tracking_number = t.tracking FROM told_letter t "
            "WHERE p.batch_id = %s AND p.sequence = t.sequence AND t.tracking NOT IN ('', p.tracking_number)",
            [batch_id],
        )
        new_count = int(cursor.rowcount)
        cursor.execute(
            """
            INSERT INTO outbound_messagereceipt (account_id, dispatch_id, source, key, report, reason, occurred_at)
            SELECT p.account_id, p.dispatch_id, %s, t.key, t.fate, t.reason, t.occurred_on::timestamptz
            FROM told_letter t JOIN outbound_printedletter p ON p.batch_id = %s AND p.sequence = t.sequence
            WHERE t.fate <> 'posted'
            ON CONFLICT (account_id, source, key) DO NOTHING""",
            [_SOURCE, batch_id],
        )
        new_count += int(cursor.rowcount)
        # In this order, so that a letter of which one file says both ends as returned.
        for fate, befores in ((LetterFate.DELIVERED, ["sent"]), (LetterFate.RETURNED, ["sent", "delivered"])):
            cursor.execute(
                """
                UPDATE outbound_dispatch d SET state = t.fate, reason = t.reason
                FROM told_letter t JOIN outbound_printedletter p ON p.batch_id = %s AND p.sequence = t.sequence
                WHERE d.account_id = p.account_id AND d.id = p.dispatch_id AND t.fate = %s AND d.state = ANY(%s)
                RETURNING d.account_id, d.id, d.channel, d.recipient, t.reason""",
                [batch_id, fate.value, befores],
            )
            changed = cursor.fetchall()
        gone = [row for row in changed if row[4] in GONE]
    mark_dead([(account_id, channel, to, reason) for account_id, _, channel, to, reason in gone])
    pass_on([(account_id, message_id) for account_id, message_id, *_ in gone])
    return new_count


def _row(batch_id: int, line: LetterReport) -> tuple[object, ...]:
    key = hashlib.sha256(f"{batch_id}\n{line.sequence}\n{line.fate.value}\n{line.reason}".encode()).hexdigest()
    return line.sequence, line.fate.value, line.occurred_on, line.tracking_number, line.reason, key
