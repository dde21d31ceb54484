"""Cheque deposit slips: several cheques handed to the bank together, each a receipt of its account."""

from collections import Counter
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from relance.customers.queries import ACCOUNT_RELATION
from relance.customers.services import lock_accounts
from relance.kit.bulk import id_array
from relance.kit.events import publish
from relance.kit.ids import next_ids
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.at_hand import refuse_unknown_currency
from relance.ledger.booking import book
from relance.ledger.facts import Act, Cheque, DepositOrder, MoneyMoved, PostedDeposit, ReceiptOrder
from relance.ledger.postings import Result, perform
from relance.ledger.services.allocate import Occasion
from relance.ledger.services.interest_policy import bill_accrued_before
from relance.ledger.services.receipts import add_receipt, receipt_inputs
from relance.ledger.services.settling import settle_all


@transaction.atomic
def post_deposit(order: DepositOrder, actor: str, key: str = "") -> PostedDeposit:
    """Post a deposit slip, all of it or nothing.

    Each cheque is a receipt numbered `<slip>/<cheque>`, moved from the cheques in hand to the bank at once. The same
    slip again gives the same id; the same number with other cheques is a Refusal, as are no cheques, an amount that is
    not positive, a cheque twice, an account of another creditor, a sealed day, and a day before an account opened.
    """
    _refuse_bad(order)
    accounts = sorted({cheque.account_id for cheque in order.cheques})
    lock_accounts(accounts)
    known = _known_deposit(order)
    if known is not None:
        return PostedDeposit(known, created=False)
    _refuse_foreign(order.creditor_id, accounts)
    (since_id,) = next_ids(1)
    deposit_id = _add_deposit(order, actor)
    for place, cheque in enumerate(order.cheques, 1):
        _post_cheque(order, cheque, deposit_id, actor, f"{key}/{place}" if key else "")
    settle_all(accounts, Occasion(since_id, order.deposited_on))
    publish(MoneyMoved(accounts, effective_on=order.deposited_on))
    return PostedDeposit(deposit_id, created=True)


def _refuse_bad(order: DepositOrder) -> None:
    if not order.number.strip():
        raise Refusal(_("a deposit slip needs a number"))
    if not order.cheques:
        raise Refusal(_("a deposit slip has one cheque or more"))
    refuse_unknown_currency(order.currency)
    for cheque in order.cheques:
        if not cheque.number.strip():
            raise Refusal(_("every cheque has a number; copy it from the cheque"))
        if cheque.amount_minor <= 0:
            raise Refusal(_("cheque %(number)s has no amount above zero") % {"number": cheque.number})
    (again, count) = Counter((cheque.account_id, cheque.number) for cheque in order.cheques).most_common(1)[0]
    if count > 1:
        raise Refusal(
            _("cheque %(number)s is on the slip %(count)s times for one account; enter it once")
            % {"number": again[1], "count": count}
        )


def _known_deposit(order: DepositOrder) -> int | None:
    """The deposit posted under this number, if it says the same."""
    with connection.cursor() as cursor:
        # Two of one slip that share no account meet here.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('relance.ledger.deposit'), %s)", [order.creditor_id])
        cursor.execute(
            "SELECT id, deposited_on, currency, cheque_count, amount_minor FROM ledger_deposit "
            "WHERE creditor_id = %s AND number = %s",
            [order.creditor_id, order.number],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        deposit_id, deposited_on, currency, cheque_count, amount_minor = row
        cursor.execute(
            "SELECT account_id, number, amount_minor, named_item FROM ledger_credit "
            "WHERE received_on = %s AND deposit_id = %s",
            [deposited_on, deposit_id],
        )
        posted = sorted(cursor.fetchall())
    asked = sorted((c.account_id, f"{order.number}/{c.number}", c.amount_minor, c.named_item) for c in order.cheques)
    if (deposited_on, currency, posted) != (order.deposited_on, order.currency, asked):
        raise Refusal(
            ngettext(
                "deposit '%(number)s' is already posted with %(count)s cheque of %(amount)s %(currency)s on %(on)s; "
                "give the new slip its own number",
                "deposit '%(number)s' is already posted with %(count)s cheques of %(amount)s %(currency)s on %(on)s; "
                "give the new slip its own number",
                cheque_count,
            )
            % {
                "number": order.number,
                "count": cheque_count,
                "amount": format_amount(amount_minor, currency),
                "currency": currency,
                "on": deposited_on,
            }
        )
    return int(deposit_id)


def _refuse_foreign(creditor_id: int, account_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.number, a.creditor_id FROM {ACCOUNT_RELATION} AS a "  # noqa: S608
            "WHERE a.account_id = ANY(%s::bigint[]) ORDER BY a.account_id",
            [id_array(account_ids)],
        )
        rows = cursor.fetchall()
    if len(rows) < len(account_ids):
        raise Refusal(_("a cheque names an account that does not exist; look the account up"))
    for number, owner in rows:
        if owner != creditor_id:
            raise Refusal(
                _("account %(number)s belongs to another creditor; enter its cheque on a slip of that one")
                % {"number": number}
            )


def _add_deposit(order: DepositOrder, actor: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_deposit (creditor_id, number, deposited_on, currency, cheque_count, amount_minor, "
            "posted_by) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
            [
                order.creditor_id, order.number, order.deposited_on, order.currency, len(order.cheques),
                sum(cheque.amount_minor for cheque in order.cheques), actor,
            ],
        )  # fmt: skip
        deposit_id: int = cursor.fetchone()[0]
    return deposit_id


def _post_cheque(order: DepositOrder, cheque: Cheque, deposit_id: int, actor: str, key: str) -> None:
    receipt = ReceiptOrder(
        cheque.account_id, f"{order.number}/{cheque.number}", order.currency, cheque.amount_minor, order.deposited_on,
        "cheque", cheque.named_item,
    )  # fmt: skip

    def work(posting_id: int) -> Result:
        _refuse_posted(receipt)
        bill_accrued_before(cheque.account_id, order.deposited_on, posting_id)
        credit_id = add_receipt(receipt, posting_id, actor, deposit_id)
        book(
            receipt.account_id, credit_id, order.deposited_on, order.currency,
            [(chart.BANK, chart.CHEQUES, cheque.amount_minor)],
        )  # fmt: skip
        return {"credit_id": credit_id}

    act = Act(cheque.account_id, order.deposited_on, actor, key=key)
    perform("receipt_posted", act, receipt_inputs(receipt) | {"deposit": order.number}, work)


def _refuse_posted(receipt: ReceiptOrder) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM ledger_credit WHERE account_id = %s AND kind = 'receipt' AND number = %s",
            [receipt.account_id, receipt.number],
        )
        if cursor.fetchone():
            raise Refusal(
                _("receipt '%(number)s' is already posted; give the slip or the cheque its own number")
                % {"number": receipt.number}
            )
