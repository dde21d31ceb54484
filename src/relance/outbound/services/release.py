"""Gives messages their words, after reading once more what is owed."""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from jinja2 import TemplateError

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts, CreditorFacts
from relance.customers.services import lock_accounts, lock_free_accounts
from relance.kit.shelf import shelf
from relance.ledger import queries as ledger
from relance.ledger.facts import ClaimedItem
from relance.outbound import rules
from relance.outbound.edits import Edition
from relance.outbound.facts import Channel, Edits, MessageContent, ReleaseFigures, RenderedMessage
from relance.outbound.queries.texts import texts_in_force
from relance.outbound.services.weekly_caps import Tally

_CONTEXT_COLUMN = 8
COLUMNS = """d.account_id, d.id, d.business_date, d.item_id, d.currency, d.channel, d.template, d.language,
    d.context::text, d.prepared_at, d.for_staff, d.recipient, now()"""
"""What `prepared_row` reads of a message `d`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that waits for its words, as it was asked for; `now` is the instant of the reading transaction."""

    account_id: int
    id: int
    business_date: dt.date
    item_id: int
    currency: str
    channel: str
    template: str
    language: str
    context: dict[str, Any]
    prepared_at: dt.datetime
    for_staff: bool
    recipient: str
    now: dt.datetime


@dataclass(slots=True)
class Written:
    """The rows to write back, column by column beside the message's key."""

    account_id: int
    id: int
    state: str
    reason: str = ""
    language: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    content_hash: str = ""
    claimed_minor: int | None = None
    open_at: dt.datetime | None = None
    close_at: dt.datetime | None = None
    text_version_id: int = 0
    said: MessageContent | None = None
    edits: Edits = ()


WAITS_FOR_WEEK = "weekly_cap"
"""Reason of a message that waits because its customer had enough of them this week."""
_KEPT_HERE = frozenset({"said", "edits"})
"""What is handed on with a row and not stored."""


def release(as_of: dt.date, limit: int = 500) -> ReleaseFigures:
    """Give words to one batch of prepared messages of business dates up to `as_of`.

    In the same transaction the accounts (and those of a family) are locked and what they owe is read once more: the
    items overdue on the business date, less the money of the days up to `as_of` and all that was posted since the message
    was prepared. A message that would ring at an hour when nobody may be disturbed waits for the next hour that is open.
    A debt that is gone withdraws its message. A message is dated on its business date; one written for a
    second time (see `reread`) is read and dated on `as_of`. Nothing released and nothing withdrawn means that nothing is
    left.
    """
    while True:
        with transaction.atomic():
            found, batch = _lock_next(as_of, limit)
            days = groupby(batch, key=lambda message: _written_on(message, as_of))
            tally = Tally([message.account_id for message in batch])
            written = [row for day, group in days for row in write(list(group), day, as_of, tally)]
            store(written)
        withdrawn = sum(row.state == "withdrawn" for row in written)
        released = Counter(
            message.channel for message, row in zip(batch, written, strict=True) if row.state == "released"
        )
        if released or withdrawn or not found:
            return ReleaseFigures(dict(sorted(released.items())), withdrawn)
        if not batch:
            wait_for(found)


def _written_on(message: Prepared, as_of: dt.date) -> dt.date:
    return as_of if rules.REREAD in message.context else message.business_date


def wait_for(busy: Sequence[Prepared]) -> None:
    """Wait until one of these messages can be written, holding no lock on it."""
    with transaction.atomic():
        lock_accounts(sorted(accounts_of(busy[:1])))


def _lock_next(as_of: dt.date, limit: int) -> tuple[list[Prepared], list[Prepared]]:
    """The next messages, and those of them whose accounts are free: all others lock accounts before messages, so nothing
    is waited for here while messages are locked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {COLUMNS} FROM outbound_dispatch d
            WHERE state = 'prepared' AND business_date <= %s AND (open_at IS NULL OR open_at <= now())
            ORDER BY account_id, id LIMIT %s FOR UPDATE SKIP LOCKED""",  # noqa: S608
            [as_of, limit],
        )
        found = [prepared_row(*row) for row in cursor.fetchall()]
    batch = lock_free(found)
    return found, sorted(batch, key=lambda message: (_written_on(message, as_of), message.account_id, message.id))


def lock_free(found: Sequence[Prepared]) -> Sequence[Prepared]:
    """Those of these messages whose accounts nobody holds, locked now; the others are not waited for."""
    busy = lock_free_accounts(sorted(accounts_of(found)))
    return [message for message in found if accounts_of([message]).isdisjoint(busy)] if busy else found


def prepared_row(*row: Any) -> Prepared:
    """A message from its columns, the context as JSON text."""
    return Prepared(*(json.loads(value) if index == _CONTEXT_COLUMN else value for index, value in enumerate(row)))


def accounts_of(batch: Sequence[Prepared]) -> set[int]:
    """The accounts that are written to, and those whose items are claimed from them."""
    found = {message.account_id for message in batch}
    for message in batch:
        found.update(rules.family_of(message.context))
    return found


def write(batch: Sequence[Prepared], written_on: dt.date, as_of: dt.date, tally: Tally) -> Iterator[Written]:
    """Words or withdrawal for messages written on one day, from facts read in a fixed number of queries.

    Messages over a weekly cap of the `tally` wait until the week has a place for them.
    """
    ids = sorted(accounts_of(batch))
    accounts = customers.accounts(ids)
    creditors = {creditor.id: creditor for creditor in customers.creditors()}
    known_at = min(message.prepared_at for message in batch)
    overdue = _still_claimed(ids, written_on, as_of, known_at)
    edition = texts_in_force()
    for message in batch:
        row = Written(message.account_id, message.id, "failed", language=message.language)
        account = accounts.get(message.account_id)
        items = _claimed(overdue, message.account_id, message.item_id, message.currency, message.context)
        total = sum(entry.claimed_minor for entry in items)
        if account is None:
            row.reason = "the account is not known"
        elif not message.for_staff and total <= _silence_at(message.context):
            row.state, row.reason = "withdrawn", "settled"
        elif _is_too_much(row, message, account, tally):
            row.state, row.reason = "prepared", WAITS_FOR_WEEK
        elif _is_night(row, message, account, creditors[account.creditor_id]):
            row.state = "prepared"
        else:
            try:
                words = _words(row, message, account, creditors[account.creditor_id], items, written_on, edition)
                row.language = row.said.language if row.said else message.language
            except (LookupError, ValueError, TemplateError) as trouble:
                row.reason = f"no words could be written: {trouble}"[:300]
            else:
                row.state, row.claimed_minor = "released", None if message.for_staff else total
                row.subject, row.text, row.html = words.subject, words.text, words.html
                row.content_hash = content_hash(words.subject, words.text, words.html)
                if not message.for_staff:
                    tally.note(message.account_id, message.id, message.channel, message.now)
        yield row


def _is_too_much(row: Written, message: Prepared, account: AccountFacts, tally: Tally) -> bool:
    """Whether the customer has had as many messages this week as the creditor allows; notes when that is over."""
    if not message.for_staff:
        row.open_at = tally.frees_at(
            account.creditor_id, message.account_id, message.id, message.channel, message.template
        )
    return row.open_at is not None


def _is_night(row: Written, message: Prepared, account: AccountFacts, creditor: CreditorFacts) -> bool:
    """Whether this message would ring at an hour when nobody may be disturbed; notes from when to when it may."""
    way = shelf("relance.outbound.channels", "CHANNEL").get(message.channel)
    zones = way.quiet_zones(message.recipient) if way is not None and not message.for_staff else ()
    if not zones:
        return False
    opening = rules.opening(tuple(zones), account.country or creditor.country, creditor.timezone, message.now)
    row.open_at, row.close_at = opening.opens_at, opening.closes_at
    return opening.opens_at > message.now


def _still_claimed(
    account_ids: Sequence[int], on: dt.date, as_of: dt.date, known_at: dt.datetime
) -> Mapping[int, Sequence[ClaimedItem]]:
    """What each account owed past due on a day, as far as it still owes it on a later one."""
    then = ledger.claims(account_ids, on, known_at=known_at)
    if on == as_of:
        return then
    asked = {entry.item.id for entries in then.values() for entry in entries}
    now = ledger.claims(account_ids, as_of, known_at=known_at)
    return {account_id: [entry for entry in entries if entry.item.id in asked] for account_id, entries in now.items()}


def _words(
    row: Written,
    message: Prepared,
    account: AccountFacts,
    creditor: CreditorFacts,
    items: list[ClaimedItem],
    written_on: dt.date,
    edition: Edition,
) -> RenderedMessage:
    """The words of a message; of one to the customer the fields and the edits are noted on its row."""
    if message.for_staff:
        return rules.notice(account, creditor, message.template, written_on, message.context, message.language)
    way: Channel | None = shelf("relance.outbound.channels", "CHANNEL").get(message.channel)
    if way is None:
        raise LookupError(f"there is no channel {message.channel!r}")
    said = rules.content(
        account, creditor, items, message.template, written_on, message.context, message.language, way.postal_days
    )
    row.text_version_id, row.edits = edition.of(creditor.id, message.template, said.language, message.channel)
    words = rules.render(message.template, said, way.form, row.edits)
    row.said = said
    return words


def _claimed(
    overdue: Mapping[int, Sequence[ClaimedItem]], account_id: int, item_id: int, currency: str, context: dict[str, Any]
) -> list[ClaimedItem]:
    """What a message claims, its family's items after the account's own."""
    everything = [entry for member in (account_id, *rules.family_of(context)) for entry in overdue.get(member, ())]
    return rules.claimed_by_message(everything, item_id, currency, context)


def _silence_at(context: dict[str, Any]) -> int:
    """The open amount in minor units at or below which a message is not sent."""
    return max(0, int(context.get("silence_at_minor") or 0))


def still_owed(
    account_id: int, on: dt.date, known_at: dt.datetime, item_id: int, currency: str, context: dict[str, Any]
) -> bool:
    """Whether what a message claims is still worth a message, money posted since `known_at` included."""
    overdue = ledger.claims([account_id, *rules.family_of(context)], on, known_at=known_at)
    claimed = _claimed(overdue, account_id, item_id, currency, context)
    return sum(entry.claimed_minor for entry in claimed) > _silence_at(context)


def content_hash(subject: str, text: str, html: str) -> str:
    """The fingerprint archived with a message: SHA-256 of subject, text and HTML joined by line feeds."""
    return hashlib.sha256(f"{subject}\n{text}\n{html}".encode()).hexdigest()


def store(written: Sequence[Written]) -> None:
    """Write the words, or what kept them from being written, beside their messages."""
    if not written:
        return
    names = [field.name for field in fields(Written) if field.name not in _KEPT_HERE]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE outbound_dispatch d
            SET state = w.state, reason = w.reason, language = w.language, subject = w.subject, text = w.text,
                html = w.html, content_hash = w.content_hash, claimed_minor = w.claimed_minor, claim = NULL,
                open_at = w.open_at, close_at = w.close_at, sent_at = NULL, text_version_id = w.text_version_id,
                released_at = CASE WHEN w.state IN ('released', 'sealed') THEN now() END
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                        %s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
                AS w(account_id, id, state, reason, language, subject, text, html, content_hash, claimed_minor,
                     open_at, close_at, text_version_id)
            WHERE d.account_id = w.account_id AND d.id = w.id""",
            [[getattr(row, name) for row in written] for name in names],
        )
        late = [row for row in written if row.reason == WAITS_FOR_WEEK]
        if late:
            cursor.execute(
                "UPDATE outbound_dispatch d SET context = d.context || jsonb_build_object(%s::text, true) "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS w(account_id, id) "
                "WHERE d.account_id = w.account_id AND d.id = w.id",
                [rules.REREAD, [row.account_id for row in late], [row.id for row in late]],
            )
