"""Taking back credit notes, write-offs and splits that were mistakes: new rows that end them from a day on."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.ledger.at_hand import (
    ItemAtHand,
    items_at_hand,
    posted,
    refuse_before_open,
    refuse_charged_for,
    refuse_held,
    refuse_without_reason,
)
from relance.ledger.automatic import mirror_entries
from relance.ledger.booking import add_credit, allocate_bound
from relance.ledger.facts import Act, ItemsPosted, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.services.mark_doubtful import add_marks
from relance.ledger.services.recover import take_back_recoveries
from relance.ledger.services.reversal import add_reversal, undo_credit
from relance.ledger.services.round_off import take_back_small_differences
from relance.ledger.services.settling import settle


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A credit to take back."""

    id: int
    number: str
    currency: str
    amount_minor: int
    received_on: dt.date


@transaction.atomic
def take_back_credit_note(act: Act, credit_id: int) -> Posted:
    """Take a mistaken credit note back in full from the act's day on; `ids` is the reversal.

    Its items are open again with their original due dates, and its entries are booked the other way round, VAT
    included. Raises Refusal without a reason, when there is no such credit note, it is taken back already, part of it
    was refunded, or the day lies before it.
    """
    refuse_without_reason(act, _("taking a credit note back"))

    def work(posting_id: int) -> Result:
        note = _mistake(act, credit_id, "credit_note")
        if _was_refunded(act.account_id, note.id):
            raise Refusal(
                _(
                    "part of credit note %(number)s was refunded, and that money is gone; "
                    "bill what is owed again as a new invoice"
                )
                % {"number": note.number}
            )
        return _reverse(act, posting_id, note, told)

    told: dict[str, object] = {"credit_id": credit_id}
    return posted(perform("credit_note_taken_back", act, {"credit_id": credit_id}, work, told))


@transaction.atomic
def take_back_write_off(act: Act, credit_id: int) -> Posted:
    """Take a mistaken write-off back in full from the act's day on; `ids` is the reversal.

    Its items are open again with their original due dates, and its entries are booked the other way round, VAT
    included. Raises Refusal without a reason, when there is no such write-off, it is taken back already, money has
    recovered something of its items, or the day lies before it.
    """
    refuse_without_reason(act, _("taking a write-off back"))

    def work(posting_id: int) -> Result:
        lost = _mistake(act, credit_id, "write_off")
        recovered = _recovered_of(act.account_id, lost.id)
        if recovered:
            raise Refusal(
                _(
                    "money has come in for %(items)s since it was written off; the write-off stays, "
                    "unless that payment is reversed first"
                )
                % {"items": recovered}
            )
        return _reverse(act, posting_id, lost, told)

    told: dict[str, object] = {"credit_id": credit_id}
    return posted(perform("write_off_taken_back", act, {"credit_id": credit_id}, work, told))


def _reverse(act: Act, posting_id: int, mistake: _Mistake, told: dict[str, object]) -> Result:
    undo_credit(act.account_id, mistake.id, act.on, posting_id)
    reversal_id = add_reversal(act, posting_id, mistake.id, mistake.amount_minor)
    mirror_entries(act.account_id, reversal_id, mistake.id, act.on)
    take_back_small_differences(act.account_id, posting_id, act.on)
    take_back_recoveries(act.account_id, posting_id, act.on)
    settle([act.account_id], posting_id, act.on)
    told.update(number=mistake.number, currency=mistake.currency, amount_minor=mistake.amount_minor)
    publish(MoneyMoved([act.account_id], reopened=True, effective_on=act.on))
    return {"ids": [reversal_id]}


@transaction.atomic
def take_back_split(act: Act, item_id: int) -> Posted:
    """Take the last split of an item back from the act's day on; `ids` is the item, which is open again.

    Its instalments are corrected away; nothing is booked, as the same is owed. Raises Refusal without a reason, when the
    item is not split, for a day before the split, and once an instalment was paid, credited, written off, charged for,
    split again, disputed or has money on its way.
    """
    refuse_without_reason(act, _("taking a split back"))

    def work(posting_id: int) -> Result:
        (item,) = items_at_hand(act.account_id, [item_id])
        split, parts = _live_split(act, item)
        for part in parts:
            _refuse_touched(act, item, part)
        for part in parts:
            credit_id = add_credit(
                act.account_id, posting_id, "correction", f"COR-{part.number}", part.currency, act.on,
                part.amount_minor, reason=act.reason.strip()[:300], posted_by=act.actor,
            )  # fmt: skip
            allocate_bound(act.account_id, posting_id, [(credit_id, part.id, part.amount_minor)], act.on)
        undo_credit(act.account_id, split.id, act.on, posting_id)
        add_reversal(act, posting_id, split.id, split.amount_minor)
        # The whole stands where its parts stood, so that nothing moves between the customers' accounts.
        if any(part.is_doubtful for part in parts) and not item.is_doubtful:
            add_marks(act.account_id, posting_id, [item.id], act.on, is_doubtful=True)
        settle([act.account_id], posting_id, act.on)
        told.update(number=item.number, currency=item.currency, amount_minor=split.amount_minor)
        publish(MoneyMoved([act.account_id], reopened=True, effective_on=act.on))
        # The item's own due date may be long past.
        publish(ItemsPosted([act.account_id]))
        return {"ids": [item.id]}

    told: dict[str, object] = {"item_id": item_id}
    return posted(perform("split_taken_back", act, {"item_id": item_id}, work, told))


def _mistake(act: Act, credit_id: int, kind: str) -> _Mistake:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.number, c.currency, c.amount_minor, c.received_on, r.reversed_on FROM ledger_credit c "
            "LEFT JOIN ledger_reversal r ON r.account_id = c.account_id AND r.credit_id = c.id "
            "WHERE c.account_id = %s AND c.id = %s AND c.kind = %s",
            [act.account_id, credit_id, kind],
        )
        row = cursor.fetchone()
    if row is None:
        raise Refusal(
            _("there is no such credit note on this account")
            if kind == "credit_note"
            else _("there is no such write-off on this account")
        )
    *facts, taken_back_on = row
    mistake = _Mistake(*facts)
    if taken_back_on is not None:
        raise Refusal(
            _("%(number)s is taken back already, on %(on)s") % {"number": mistake.number, "on": taken_back_on}
        )
    if act.on < mistake.received_on:
        raise Refusal(
            _("%(number)s is of %(on)s; it cannot be taken back before that day")
            % {"number": mistake.number, "on": mistake.received_on}
        )
    return mistake


def _was_refunded(account_id: int, credit_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(a.amount_minor), 0) > 0 FROM ledger_allocation a "
            "JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id AND i.kind = 'refund' "
            "WHERE a.account_id = %s AND a.credit_id = %s",
            [account_id, credit_id],
        )
        refunded: bool = cursor.fetchone()[0]
    return refunded


def _recovered_of(account_id: int, credit_id: int) -> str:
    """The numbers of the write-off's items of which something was recovered."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT string_agg(DISTINCT i.number, ', ') FROM ledger_allocation a
            JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
            JOIN ledger_openitem r ON r.account_id = i.account_id AND r.origin_id = i.id AND r.kind = 'recovery'
            WHERE a.account_id = %s AND a.credit_id = %s AND NOT EXISTS (
                SELECT 1 FROM ledger_allocation x
                JOIN ledger_credit k ON k.account_id = x.account_id AND k.id = x.credit_id AND k.kind = 'correction'
                WHERE x.account_id = r.account_id AND x.item_id = r.id)""",
            [account_id, credit_id],
        )
        numbers: str | None = cursor.fetchone()[0]
    return numbers or ""


def _live_split(act: Act, item: ItemAtHand) -> tuple[_Mistake, list[ItemAtHand]]:
    """The last split of an item that stands, and its instalments."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id, c.number, c.currency, c.amount_minor, c.received_on, c.posting_id FROM ledger_allocation a
            JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id AND c.kind = 'split'
            WHERE a.account_id = %s AND a.item_id = %s AND NOT EXISTS (
                SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)
            ORDER BY c.id DESC LIMIT 1""",
            [act.account_id, item.id],
        )
        row = cursor.fetchone()
        if row is None:
            raise Refusal(_("%(number)s is not paid in instalments") % {"number": item.number})
        cursor.execute(
            "SELECT id FROM ledger_openitem WHERE account_id = %s AND origin_id = %s AND kind = 'instalment' "
            "AND posting_id = %s ORDER BY id",
            [act.account_id, item.id, row[5]],
        )
        parts = items_at_hand(act.account_id, [part_id for (part_id,) in cursor.fetchall()])
    return _Mistake(*row[:5]), parts


def _refuse_touched(act: Act, item: ItemAtHand, part: ItemAtHand) -> None:
    if part.open_minor < part.amount_minor:
        raise Refusal(
            _(
                "something of %(part)s is settled; only instalments that nothing was set against are taken back, "
                "so undo that first, or keep the instalments of %(number)s"
            )
            % {"part": part.number, "number": item.number}
        )
    refuse_before_open(act, part)
    refuse_held(part, _("taking its split back"))
    refuse_charged_for(act.account_id, part)
