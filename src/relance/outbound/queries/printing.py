"""Reads of print batches: the list, the index for the mailing house, and the pages as they were sealed."""

import io
import json
from collections.abc import Iterator, Sequence

import pikepdf
from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.kit.shelf import shelf
from relance.outbound.facts import Form, PrintBatchFacts, PrintedFacts
from relance.outbound.models import PrintBatch, PrintedLetter, PrintPart

_SHEET_GRAMS, _ENVELOPE_GRAMS = 5, 5
_WEIGHT_CLASSES = (20, 100, 250)


def printed_channels() -> list[str]:
    """The channels whose messages wait for a print batch."""
    return [code for code, way in shelf("relance.outbound.channels", "CHANNEL").items() if way.form is Form.LETTER]


def letters_waiting() -> list[tuple[int, str, int]]:
    """How many letters wait for a print batch: creditor, channel, number."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT a.creditor_id, d.channel, count(*)
            FROM outbound_dispatch d JOIN {ACCOUNT_RELATION} a ON a.account_id = d.account_id
            WHERE d.state IN ('prepared', 'released') AND d.channel = ANY(%s) AND NOT d.for_staff
            GROUP BY 1, 2 ORDER BY 1, 2""",  # noqa: S608
            [printed_channels()],
        )
        return [(int(creditor_id), str(channel), int(count)) for creditor_id, channel, count in cursor.fetchall()]


def print_batches(after: str | None = None, limit: int = 50) -> Page[PrintBatchFacts]:
    """The print batches, newest first."""
    rows = PrintBatch.objects.order_by("-id")
    total = rows[: COUNT_LIMIT + 1].count()
    if after is not None:
        rows = rows.filter(id__lt=int(after))
    found = [_batch(row) for row in rows[: limit + 1]]
    return counted_page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None, total)


def print_batch(batch_id: int) -> PrintBatchFacts | None:
    """One print batch by id, or None."""
    row = PrintBatch.objects.filter(id=batch_id).first()
    return _batch(row) if row else None


def _batch(row: PrintBatch) -> PrintBatchFacts:
    return PrintBatchFacts(
        row.id, row.creditor_id, row.channel, row.business_date, row.state, row.letter_count, row.page_count,
        row.sealed_at, row.sealed_by, row.posted_on, row.posted_by,
    )  # fmt: skip


def printed_letters(batch_id: int, after: int = 0, limit: int | None = None) -> list[PrintedFacts]:
    """The letters of a batch in their order, from the one after sequence number `after`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT p.sequence, p.account_id, a.number, p.dispatch_id, p.first_page, p.page_count, p.address,
                   p.tracking_number
            FROM outbound_printedletter p JOIN {ACCOUNT_RELATION} a ON a.account_id = p.account_id
            WHERE p.batch_id = %s AND p.sequence > %s ORDER BY p.sequence LIMIT %s""",  # noqa: S608
            [batch_id, after, limit],
        )
        return [_printed(*row) for row in cursor.fetchall()]


def _printed(
    sequence: int,
    account_id: int,
    number: str,
    dispatch_id: int,
    first_page: int,
    page_count: int,
    address: str | list[str],
    tracking_number: str,
) -> PrintedFacts:
    lines = address if isinstance(address, list) else json.loads(address)
    grams = _ENVELOPE_GRAMS + _SHEET_GRAMS * page_count
    weight = next((most for most in _WEIGHT_CLASSES if grams <= most), 0)
    return PrintedFacts(
        sequence, account_id, number, dispatch_id, first_page, page_count, weight, tuple(lines), tracking_number
    )


def batch_pdf(batch_id: int) -> bytes:
    """All pages of a batch as one PDF. Raises LookupError for a batch without any."""
    parts = PrintPart.objects.filter(batch_id=batch_id).order_by("ordinal").values_list("pdf", flat=True)
    return _joined(bytes(part) for part in parts.iterator(chunk_size=2))


def _joined(parts: Iterator[bytes]) -> bytes:
    whole: pikepdf.Pdf | None = None
    for part in parts:
        opened = pikepdf.open(io.BytesIO(part))
        if whole is None:
            whole = opened
        else:
            whole.pages.extend(opened.pages)
    if whole is None:
        raise LookupError("the batch has no pages")
    stream = io.BytesIO()
    whole.save(stream)
    return stream.getvalue()


def letter_pdf(account_id: int, message_id: int) -> bytes | None:
    """The pages of one sealed letter as a PDF of their own; None for a message that was never sealed."""
    found = PrintedLetter.objects.filter(account_id=account_id, dispatch_id=message_id).first()
    if found is None:
        return None
    part = PrintPart.objects.get(batch_id=found.batch_id, ordinal=found.part)
    first = found.first_page - part.first_page
    return _pages_of(bytes(part.pdf), range(first, first + found.page_count))


def is_printed(account_id: int, message_id: int) -> bool:
    """Whether a message lies in a print batch."""
    return PrintedLetter.objects.filter(account_id=account_id, dispatch_id=message_id).exists()


def _pages_of(pdf: bytes, numbers: Sequence[int]) -> bytes:
    """Some pages of a PDF, counted from 0, as a PDF of their own."""
    with pikepdf.open(io.BytesIO(pdf)) as source, pikepdf.new() as taken:
        for number in numbers:
            taken.pages.append(source.pages[number])
        stream = io.BytesIO()
        taken.save(stream)
    return stream.getvalue()
