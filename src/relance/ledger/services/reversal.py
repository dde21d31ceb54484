"""Taking receipts back: a returned debit, a bounced cheque, a receipt posted by mistake."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.booking import book, money_account
from relance.ledger.facts import Act, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.services.recover import take_back_recoveries
from relance.ledger.services.round_off import take_back_small_differences
from relance.ledger.services.settling import settle


@transaction.atomic
def reverse_receipt(
    account_id: int, credit_id: int, reversed_on: dt.date, reason: str, posted_by: str = "", key: str = ""
) -> Posted:
    """Take a receipt back in full: its items are open again with their original due dates, from `reversed_on` on.

    So is what was refunded of it: the customer owes the money that was paid back. Raises Refusal when there is no such
    receipt, it is already reversed (with the same key the first result is given instead), the day lies before the
    receipt or in a sealed day, or no reason is given.
    """
    if not reason.strip():
        raise Refusal(_("a reversal needs a reason"))

    def work(posting_id: int) -> Result:
        receipt = _reversible(account_id, credit_id, reversed_on)
        undo_credit(account_id, credit_id, reversed_on, posting_id)
        reversal_id = add_reversal(act, posting_id, credit_id, receipt.amount_minor)
        book(
            account_id, reversal_id, reversed_on, receipt.currency,
            [(chart.CONTROL, receipt.stands_on, receipt.amount_minor)],
        )  # fmt: skip
        take_back_small_differences(account_id, posting_id, reversed_on)
        take_back_recoveries(account_id, posting_id, reversed_on)
        settle([account_id], posting_id, reversed_on)
        publish(MoneyMoved([account_id], reopened=True, effective_on=reversed_on))
        told.update(number=receipt.number, currency=receipt.currency, amount_minor=receipt.amount_minor)
        return {"reversal_id": reversal_id}

    told: dict[str, object] = {}
    act = Act(account_id, reversed_on, posted_by, reason, key)
    done = perform("receipt_reversed", act, {"credit_id": credit_id}, work, told)
    return Posted(done.posting_id, done.created, (done.result["reversal_id"],))


@dataclass(frozen=True, slots=True)
class _Receipt:
    """The receipt to take back: its reference and money, and the ledger account the money stands on."""

    number: str
    currency: str
    amount_minor: int
    stands_on: str


def _reversible(account_id: int, credit_id: int, reversed_on: dt.date) -> _Receipt:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.kind, c.number, c.currency, c.amount_minor, c.received_on, c.method,
                   (SELECT r.reversed_on FROM ledger_reversal r
                    WHERE r.account_id = c.account_id AND r.credit_id = c.id)
            FROM ledger_credit c WHERE c.account_id = %s AND c.id = %s""",
            [account_id, credit_id],
        )
        row = cursor.fetchone()
    if row is None or row[0] != "receipt":
        raise Refusal(_("there is no such receipt on this account"))
    number, currency, amount_minor, received_on, method, taken_back_on = row[1:]
    if taken_back_on is not None:
        raise Refusal(
            _("receipt '%(number)s' is already reversed, on %(on)s; nothing of it is left to reverse")
            % {"number": number, "on": taken_back_on}
        )
    if reversed_on < received_on:
        raise Refusal(_("the receipt is of %(on)s; it cannot be reversed before that day") % {"on": received_on})
    return _Receipt(number, currency, amount_minor, money_account(method))


def add_reversal(act: Act, posting_id: int, credit_id: int, amount_minor: int) -> int:
    """Insert the row that takes a credit back on the act's day; returns its id. Its entries are the caller's to book."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_reversal (account_id, credit_id, amount_minor, reversed_on, reason, posted_by, "
            "posting_id) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
            [act.account_id, credit_id, amount_minor, act.on, act.reason.strip()[:200], act.actor, posting_id],
        )
        reversal_id: int = cursor.fetchone()[0]
    return reversal_id


def undo_credit(account_id: int, credit_id: int, on: dt.date, posting_id: int) -> None:
    """Undo the live allocations of a credit that is taken back, so that nothing of it is left to allocate.

    A part allocated for a later day is undone on that day.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH live AS (
                SELECT a.id, a.item_id, a.amount_minor, a.effective_on FROM ledger_allocation a
                WHERE a.account_id = %(account)s AND a.credit_id = %(credit)s AND a.undoes_id IS NULL
                  AND NOT EXISTS (SELECT 1 FROM ledger_allocation u
                                  WHERE u.account_id = a.account_id AND u.credit_id = a.credit_id
                                    AND u.undoes_id = a.id)),
            undone AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on, undoes_id,
                                               posting_id)
                SELECT %(account)s, %(credit)s, item_id, -amount_minor, greatest(effective_on, %(on)s), id,
                       %(posting)s FROM live
                RETURNING item_id, -amount_minor AS reopened_minor)
            UPDATE ledger_openitem i SET open_minor = i.open_minor + u.reopened_minor
            FROM (SELECT item_id, sum(reopened_minor) AS reopened_minor FROM undone GROUP BY item_id) u
            WHERE i.account_id = %(account)s AND i.id = u.item_id""",
            {"account": account_id, "credit": credit_id, "on": on, "posting": posting_id},
        )
        cursor.execute(
            "UPDATE ledger_credit SET open_minor = 0 WHERE account_id = %s AND id = %s", [account_id, credit_id]
        )
