"""Credit notes that people write: part or all of an invoice is no longer owed."""

from dataclasses import asdict

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.at_hand import posted, refuse_unknown_currency, refuse_without_reason
from relance.ledger.booking import add_credit, book
from relance.ledger.facts import Act, CreditNoteOrder, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.services.receipts import unallocated_of
from relance.ledger.services.settling import settle
from relance.ledger.tax_back import TaxedItem, taxed_items


@transaction.atomic
def post_credit_note(act: Act, order: CreditNoteOrder) -> Posted:
    """Post a credit note and set it against the item it corrects, then by the creditor's policy; `ids` is the credit.

    It may be larger than its item: `unallocated_minor` tells what is left. Its tax is the item's share, as far as
    earlier documents left any; what is above the item's amount, or without an item, carries none. Of an item in
    instalments it pays the instalments, the first due first. Raises Refusal without a number or reason, for a number
    already posted, an amount that is not positive, an unknown item, another currency, an item that is corrected, and
    more than a write-off left of it.
    """
    refuse_without_reason(act, _("a credit note"))
    if not order.number.strip():
        raise Refusal(_("a credit note needs a number of its own"))
    if order.amount_minor <= 0:
        raise Refusal(_("a credit note has an amount above zero"))
    refuse_unknown_currency(order.currency)

    def work(posting_id: int) -> Result:
        _refuse_known(act.account_id, order.number)
        item_id, tax_minor = _named_item(act.account_id, order)
        credit_id = add_credit(
            act.account_id, posting_id, "credit_note", order.number, order.currency, act.on, order.amount_minor,
            tax_minor=tax_minor, named_item=order.item_number, reason=act.reason.strip()[:300], posted_by=act.actor,
        )  # fmt: skip
        _name_instalments(act.account_id, credit_id, item_id)
        legs = [
            (chart.CREDIT_NOTE, chart.CONTROL, order.amount_minor - tax_minor),
            (chart.TAX, chart.CONTROL, tax_minor),
        ]
        book(act.account_id, credit_id, act.on, order.currency, legs)
        settle([act.account_id], posting_id, act.on)
        publish(MoneyMoved([act.account_id], effective_on=act.on))
        return {"ids": [credit_id], "unallocated_minor": unallocated_of(act.account_id, credit_id)}

    return posted(perform("credit_note_posted", act, asdict(order), work))


def _refuse_known(account_id: int, number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, amount_minor, received_on FROM ledger_credit "
            "WHERE account_id = %s AND kind = 'credit_note' AND number = %s",
            [account_id, number],
        )
        row = cursor.fetchone()
    if row is not None:
        raise Refusal(
            _(
                "credit note '%(number)s' is already posted with %(amount)s %(currency)s on %(on)s; "
                "give the new one a number of its own"
            )
            % {"number": number, "amount": format_amount(row[1], row[0]), "currency": row[0], "on": row[2]}
        )


def _named_item(account_id: int, order: CreditNoteOrder) -> tuple[int | None, int]:
    """The item that the credit note corrects, and the tax it takes back."""
    if not order.item_number:
        return None, 0
    with connection.cursor() as cursor:
        # An invoice and a charge may have the same number; the invoice is meant.
        cursor.execute(
            "SELECT id, currency FROM ledger_openitem WHERE account_id = %s AND number = %s AND kind "
            "NOT IN ('refund', 'recovery') ORDER BY kind <> 'invoice', id LIMIT 1",
            [account_id, order.item_number],
        )
        row = cursor.fetchone()
    if row is None:
        raise Refusal(
            _("there is no invoice '%(number)s' on this account; correct the number or leave it empty")
            % {"number": order.item_number}
        )
    item_id, currency = row
    if currency != order.currency:
        raise Refusal(
            _("%(number)s is in %(currency)s; its credit note cannot be in %(other)s")
            % {"number": order.item_number, "currency": currency, "other": order.currency}
        )
    whole = taxed_items(account_id, [item_id])[item_id]
    _refuse_given_up(whole, order)
    return item_id, whole.take(order.amount_minor)


def _refuse_given_up(item: TaxedItem, order: CreditNoteOrder) -> None:
    """Refuse to give back what a correction took back or a write-off gave up already."""
    if item.corrected_minor:
        raise Refusal(
            _("%(number)s was taken back by a correction; nothing of it is left to credit") % {"number": item.number}
        )
    left_minor = max(0, item.amount_minor - item.written_off_minor - item.credited_minor)
    if item.written_off_minor and order.amount_minor > left_minor:
        raise Refusal(
            _(
                "%(written)s %(currency)s of %(number)s is written off, and %(left)s is left to credit; "
                "lower the amount, or take the write-off back first"
            )
            % {
                "written": format_amount(item.written_off_minor, item.currency),
                "currency": item.currency,
                "number": item.number,
                "left": format_amount(left_minor, item.currency),
            }
        )


def _name_instalments(account_id: int, credit_id: int, item_id: int | None) -> None:
    """An item that was split owes nothing itself: the credit note is for its instalments, and for theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_designation (account_id, credit_id, rank, item_number)
            WITH RECURSIVE parts AS (
                SELECT id, number, due_on FROM ledger_openitem
                WHERE account_id = %(account)s AND origin_id = %(item)s AND kind = 'instalment'
                UNION ALL
                SELECT i.id, i.number, i.due_on FROM parts p
                JOIN ledger_openitem i ON i.account_id = %(account)s AND i.origin_id = p.id AND i.kind = 'instalment')
            SELECT %(account)s, %(credit)s, row_number() OVER (ORDER BY due_on, id) - 1, number FROM parts""",
            {"account": account_id, "credit": credit_id, "item": item_id},
        )
