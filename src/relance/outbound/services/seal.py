"""Seals letters into print batches: what is owed is read once more, typeset, and kept as it goes to the print house."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from babel import Locale
from django.db import connection, transaction

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts, CreditorFacts
from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.outbound import letters, rules
from relance.outbound.facts import SealAsked
from relance.outbound.models import PrintBatch, PrintedLetter, PrintPart
from relance.outbound.post import Letter, lines_of
from relance.outbound.services.pass_on import pass_on
from relance.outbound.services.release import (
    COLUMNS,
    Prepared,
    Written,
    lock_free,
    prepared_row,
    store,
    wait_for,
    write,
)
from relance.outbound.services.weekly_caps import Tally
from relance.outbound.typesetting import Typeset, Typesetter, marked

LETTERS_PER_PART = 300
"""Letters sealed in one transaction, whose accounts are locked while they are typeset."""
_LETTERS_PER_CALL = 50
_LOCK = "hashtextextended('print batch ' || %s::text, 0)"


def seal(creditor_id: int, channel: str, as_of: dt.date, actor: str) -> int | None:
    """Seal the waiting letters of a creditor and a channel of business dates up to `as_of`; the batch's id, None for none.

    Part by part the accounts are locked, what they owe is read once more, and the letters still worth sending are written
    with the date `as_of`, typeset and archived in the same transaction: whoever paid before hears nothing. A seal that was
    cut off goes on in the same batch. Must not be called inside a transaction. Raises Refusal while another one seals the
    same letters, and for a channel that is not printed.
    """
    way = _printed(channel)
    owner = next((found for found in customers.creditors() if found.id == creditor_id), None)
    if owner is None:
        raise Refusal(f"There is no creditor {creditor_id}.")
    with _alone(f"{creditor_id}/{channel}"), Typesetter() as typesetter:
        batch = PrintBatch.objects.filter(creditor_id=creditor_id, channel=channel, state="sealing").first()
        if batch is None:
            if not _is_any_waiting(creditor_id, channel, as_of):
                return None
            batch = PrintBatch.objects.create(
                creditor_id=creditor_id, channel=channel, business_date=as_of, sealed_by=actor[:150]
            )
        while _seal_part(batch, way, owner, typesetter):
            pass
        return _close(batch)


def ask_to_seal(creditor_id: int, channel: str, as_of: dt.date, actor: str) -> None:
    """Have waiting letters sealed after this transaction. Raises Refusal for a channel that is not printed."""
    _printed(channel)
    publish(SealAsked(creditor_id, channel, as_of, actor))


def _printed(channel: str) -> Letter:
    way = shelf("relance.outbound.channels", "CHANNEL").get(channel)
    if not isinstance(way, Letter):
        raise Refusal(f"{channel!r} is not a channel that is printed.")
    return way


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """Hold the session lock of one creditor's letters of one channel; a dead session loses it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})", [what])
        if not cursor.fetchone()[0]:
            raise Refusal("These letters are being sealed at this moment; look at the print batches.")
        try:
            yield
        finally:
            if connection.connection is not None and not connection.connection.closed:
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})", [what])


_WAITING = f"""d.state IN ('prepared', 'released') AND d.channel = %s AND d.business_date <= %s AND NOT d.for_staff
    AND (d.open_at IS NULL OR d.open_at <= now())
    AND EXISTS (SELECT 1 FROM {ACCOUNT_RELATION} a WHERE a.account_id = d.account_id AND a.creditor_id = %s)"""  # noqa: S608


def _is_any_waiting(creditor_id: int, channel: str, as_of: dt.date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM outbound_dispatch d WHERE {_WAITING})",  # noqa: S608
            [channel, as_of, creditor_id],
        )
        return bool(cursor.fetchone()[0])


def _seal_part(batch: PrintBatch, way: Letter, owner: CreditorFacts, typesetter: Typesetter) -> bool:
    """One transaction: the next letters that are free, written, typeset and stored. False when none are left."""
    with transaction.atomic(durable=True):
        found = _lock_next(batch, owner.id)
        if not found:
            return False
        free = lock_free(found)
        if free:
            _seal_free(batch, way, owner, typesetter, free)
    if not free:
        wait_for(found)
    return True


def _seal_free(
    batch: PrintBatch, way: Letter, owner: CreditorFacts, typesetter: Typesetter, free: Sequence[Prepared]
) -> None:
    """Write, typeset and store these letters, whose accounts are locked; some are written while others are typeset."""
    accounts = customers.accounts(sorted({message.account_id for message in free}))
    sequence, first_page = batch.letter_count, batch.page_count + 1
    tally = Tally([message.account_id for message in free])
    running: list[tuple[list[tuple[Written, tuple[str, ...]]], Future[Typeset]]] = []
    for start in range(0, len(free), _LETTERS_PER_CALL):
        rows = list(write(free[start : start + _LETTERS_PER_CALL], batch.business_date, batch.business_date, tally))
        put: list[tuple[Written, tuple[str, ...]]] = []
        sheets = []
        for message, row in zip(free[start:], rows, strict=False):
            if row.said is None:
                continue
            account = accounts[row.account_id]
            lines = lines_of(account, _country_abroad(account, owner))
            if lines is None:
                row.state, row.reason = "failed", "the customer has no usable postal address"
                row.text, row.content_hash, row.claimed_minor = "", "", None
                continue
            row.state = "sealed"
            sequence += 1
            envelope = letters.Envelope(lines, way.registered, way.red)
            sheet = letters.sheet(message.template, row.said, envelope, owner.country, row.edits)
            sheets.append(marked(sheet, f"{batch.id}/{sequence}", 1))
            put.append((row, lines))
        store(rows)
        pass_on([(row.account_id, row.id) for row in rows if row.state == "failed"])
        if sheets:
            title = f"{owner.name} {batch.channel} {batch.id}"
            running.append((put, typesetter.begin(sheets, title, owner.name, batch.started_at)))
    for put, future in running:
        first_page = _keep(batch, put, future.result(), first_page)
    PrintBatch.objects.filter(id=batch.id).update(letter_count=batch.letter_count, page_count=batch.page_count)


def _lock_next(batch: PrintBatch, creditor_id: int) -> list[Prepared]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {COLUMNS} FROM outbound_dispatch d WHERE {_WAITING}
            ORDER BY d.account_id, d.id LIMIT %s FOR UPDATE SKIP LOCKED""",  # noqa: S608
            [batch.channel, batch.business_date, creditor_id, LETTERS_PER_PART],
        )
        return [prepared_row(*row) for row in cursor.fetchall()]


def _country_abroad(account: AccountFacts, owner: CreditorFacts) -> str:
    """The country's name for the last line of an address abroad, in the sender's language; empty at home."""
    if account.country in ("", owner.country):
        return ""
    return str(Locale(rules.house_language(owner)).territories.get(account.country, account.country))


def _keep(batch: PrintBatch, put: Sequence[tuple[Written, tuple[str, ...]]], made: Typeset, first_page: int) -> int:
    """Archive what one call typeset; the page after it."""
    ordinal = PrintPart.objects.filter(batch_id=batch.id).count() + 1
    PrintPart.objects.create(
        batch_id=batch.id, ordinal=ordinal, first_page=first_page, page_count=sum(made.page_counts),
        sha256=hashlib.sha256(made.pdf).hexdigest(), pdf=made.pdf,
    )  # fmt: skip
    rows = []
    for (row, lines), page_count in zip(put, made.page_counts, strict=True):
        batch.letter_count += 1
        rows.append(
            PrintedLetter(
                account_id=row.account_id, dispatch_id=row.id, batch_id=batch.id, sequence=batch.letter_count,
                part=ordinal, first_page=first_page, page_count=page_count, address=list(lines),
            )
        )  # fmt: skip
        first_page += page_count
        batch.page_count += page_count
    PrintedLetter.objects.bulk_create(rows)
    return first_page


def _close(batch: PrintBatch) -> int | None:
    """End a batch; one that came out empty, because everybody had paid, is not kept."""
    with transaction.atomic(), connection.cursor() as cursor:
        if batch.letter_count == 0:
            batch.delete()
            return None
        cursor.execute(
            "UPDATE outbound_printbatch SET state = 'sealed', sealed_at = now() WHERE id = %s AND state = 'sealing'",
            [batch.id],
        )
    return int(batch.id)


def mark_posted(batch_id: int, posted_on: dt.date, actor: str) -> int:
    """Note that the print house has put a sealed batch in the post; its letters are sent. Their number.

    Raises Refusal for a batch that is not sealed, and for a day before it was.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT state, business_date FROM outbound_printbatch WHERE id = %s FOR UPDATE", [batch_id])
        row = cursor.fetchone()
        if row is None or row[0] != "sealed":
            raise Refusal("Only a sealed print batch can be marked as posted.")
        if posted_on < row[1]:
            raise Refusal(f"The letters are dated {row[1]:%Y-%m-%d}; they cannot have been posted before.")
        cursor.execute(
            "UPDATE outbound_printbatch SET state = 'posted', posted_on = %s, posted_by = %s WHERE id = %s",
            [posted_on, actor[:150], batch_id],
        )
        cursor.execute(
            "UPDATE outbound_dispatch d SET state = 'sent', sent_at = now() FROM outbound_printedletter p "
            "WHERE p.batch_id = %s AND d.account_id = p.account_id AND d.id = p.dispatch_id AND d.state = 'sealed'",
            [batch_id],
        )
        return int(cursor.rowcount)
