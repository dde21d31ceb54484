"""Corrections: an item that should never have been posted is taken back whole, and its money goes elsewhere."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.ledger.at_hand import ItemAtHand, items_at_hand, posted, refuse_charged_for, refuse_without_reason
from relance.ledger.automatic import mirror_entries, undo_allocations_of
from relance.ledger.booking import add_credit, allocate_bound
from relance.ledger.facts import Act, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.services.interest_policy import annul_billed
from relance.ledger.services.round_off import take_back_small_differences
from relance.ledger.services.settling import settle
from relance.ledger.tax_back import taxed_items


@transaction.atomic
def correct_item(act: Act, item_id: int) -> Posted:
    """Take a mistaken item back whole from the act's day on; `ids` is the correction, numbered `COR-<item number>`.

    Its entries are booked the other way round. Money that had settled it is set free and goes on by policy; interest
    that it billed can be claimed again. Raises Refusal without a reason, for what is corrected otherwise (see
    `_refuse_uncorrectable`), and for a day before the item.
    """
    refuse_without_reason(act, _("a correction"))

    def work(posting_id: int) -> Result:
        (item,) = items_at_hand(act.account_id, [item_id])
        _refuse_uncorrectable(act, item)
        freed = _free_money(act, posting_id, item)
        credit_id = add_credit(
            act.account_id, posting_id, "correction", f"COR-{item.number}", item.currency, act.on, item.amount_minor,
            tax_minor=item.tax_minor, reason=act.reason.strip()[:300], posted_by=act.actor,
        )  # fmt: skip
        mirror_entries(act.account_id, credit_id, item.id, act.on)
        allocate_bound(act.account_id, posting_id, [(credit_id, item.id, item.amount_minor)], act.on)
        if item.kind == "interest":
            annul_billed(act.account_id, item.id, act.on, posting_id)
        settle([act.account_id], posting_id, act.on)
        told.update(number=item.number, currency=item.currency, amount_minor=item.amount_minor, freed_minor=freed)
        publish(MoneyMoved([act.account_id], effective_on=act.on))
        return {"ids": [credit_id]}

    told: dict[str, object] = {"item_id": item_id}
    return posted(perform("item_corrected", act, {"item_id": item_id}, work, told))


def _refuse_uncorrectable(act: Act, item: ItemAtHand) -> None:
    """Refuse what another act takes back: items of other acts, split or written-off ones, ones that charges came from."""
    instead = {
        "refund": _(
            "%(number)s cannot be corrected: a refund is corrected by posting the money that comes back as a receipt"
        ),
        "recovery": _("%(number)s cannot be corrected: a recovery is taken back by reversing its receipt"),
        "instalment": _(
            "%(number)s cannot be corrected: an instalment is part of its invoice; "
            "write a credit note for it, or write it off"
        ),
    }
    if item.kind in instead:
        raise Refusal(instead[item.kind] % {"number": item.number})
    if act.on < item.born_on:
        raise Refusal(
            _("%(number)s is of %(on)s; it cannot be corrected before that day")
            % {"number": item.number, "on": item.born_on}
        )
    if act.on < item.open_from:
        raise Refusal(
            _("money of %(number)s was set free on %(since)s; correct it on that day or a later one, not %(on)s")
            % {"number": item.number, "since": item.open_from, "on": act.on}
        )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.kind, c.received_on FROM ledger_allocation a
            JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
            WHERE a.account_id = %s AND a.item_id = %s AND c.kind IN ('correction', 'split', 'write_off')
              AND NOT EXISTS (SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)
            ORDER BY c.kind, c.id LIMIT 1""",
            [act.account_id, item.id],
        )
        row = cursor.fetchone()
        if row is not None:
            told = {
                "correction": _("%(number)s is corrected already, on %(on)s"),
                "split": _(
                    "%(number)s is paid in instalments; take the split back first, or write a credit note for it instead"
                ),
                "write_off": _("%(number)s was written off on %(on)s; there is nothing to correct any more"),
            }
            raise Refusal(told[row[0]] % {"number": item.number, "on": row[1]})
        if taxed_items(act.account_id, [item.id])[item.id].credited_minor:
            raise Refusal(
                _(
                    "%(number)s has a credit note; take that back first and correct the item then, "
                    "or write another credit note for the rest"
                )
                % {"number": item.number}
            )
    refuse_charged_for(act.account_id, item)


def _free_money(act: Act, posting_id: int, item: ItemAtHand) -> int:
    """Undo every live allocation of the item; returns the minor units set free."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.id, a.amount_minor, c.kind FROM ledger_allocation a
            JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
            WHERE a.account_id = %s AND a.item_id = %s AND a.undoes_id IS NULL AND NOT EXISTS (
                SELECT 1 FROM ledger_allocation u WHERE u.account_id = a.account_id AND u.undoes_id = a.id)""",
            [act.account_id, item.id],
        )
        rows = cursor.fetchall()
    paid = [(allocation_id, minor) for allocation_id, minor, kind in rows if kind != "small_difference"]
    undo_allocations_of(act.account_id, posting_id, [allocation_id for allocation_id, _ in paid], act.on)
    take_back_small_differences(act.account_id, posting_id, act.on)
    return sum(minor for _, minor in paid)
