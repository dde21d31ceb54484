"""Posting receipts: money that arrived, set against the account's items at once."""

from django.db import connection, transaction
from django.utils.translation import gettext as _
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from relance.customers.services import lock_accounts
from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.at_hand import refuse_bad_amount, refuse_unknown_currency
from relance.ledger.booking import add_credit, book, money_account
from relance.ledger.facts import Act, MoneyMoved, Posted, PostedReceipt, ReceiptOrder
from relance.ledger.postings import Result, kind_of_key, perform
from relance.ledger.services.interest_policy import bill_accrued_before
from relance.ledger.services.settling import settle


@transaction.atomic
def post_receipt(order: ReceiptOrder, posted_by: str = "", key: str = "") -> PostedReceipt:
    """Post one receipt and set it against the account's open items: the designated ones first, then by policy.

    The same number with the same content posts nothing and returns the first result; with other content it is a
    Refusal, as is an amount that is not positive, a sealed day, or a day before the account opened. Whoever listens to
    MoneyMoved acts in this same transaction.
    """
    _refuse_bad(order)

    def work(posting_id: int) -> Result:
        credit_id = add_receipt(order, posting_id, posted_by)
        bill_accrued_before(order.account_id, order.received_on, posting_id)
        settle([order.account_id], posting_id, order.received_on)
        publish(MoneyMoved([order.account_id], effective_on=order.received_on))
        return {"credit_id": credit_id, "unallocated_minor": unallocated_of(order.account_id, credit_id)}

    def repeat(posting_id: int) -> Result:  # noqa: ARG001
        return {"credit_id": known.credit_id, "unallocated_minor": known.unallocated_minor} if known else {}

    act = Act(order.account_id, order.received_on, posted_by, key=key)
    lock_accounts([order.account_id])
    used_for = kind_of_key(act)
    known = _known_receipt(order) if used_for is None else None
    if known is not None and not key:
        return known
    # A receipt that its own reference shows to be there already is not posted again, but its key is taken.
    repeated = known is not None or used_for == _REPEATED
    done = perform(
        _REPEATED if repeated else "receipt_posted", act, receipt_inputs(order), repeat if repeated else work
    )
    return PostedReceipt(done.result["credit_id"], done.created and not repeated, done.result["unallocated_minor"])


_REPEATED = "receipt_repeated"
_LONGEST_NUMBER = 80


def _refuse_bad(order: ReceiptOrder) -> None:
    """Refuse what no receipt can say, before anything is locked."""
    if not order.number.strip():
        raise Refusal(_("a receipt needs a reference of its own, such as the bank's or the cheque's number"))
    if "\0" in order.number + order.named_item:
        raise Refusal(_("a text holds a control character that cannot be kept; type it anew"))
    if len(order.number) > _LONGEST_NUMBER or len(order.named_item) > _LONGEST_NUMBER:
        raise Refusal(_("a receipt's reference has at most 80 characters; shorten it"))
    refuse_unknown_currency(order.currency)
    refuse_bad_amount(
        order.amount_minor, order.currency, _("a receipt has an amount above zero; to take one back, reverse it")
    )
    for wish in order.wishes:
        if wish.amount_minor is not None:
            refuse_bad_amount(wish.amount_minor, order.currency, _("a payer's wish has an amount above zero"))
    if order.payer_iban:
        plain_iban(order.payer_iban)


def receipt_inputs(order: ReceiptOrder) -> dict[str, object]:
    """What a receipt says, as the idempotency key and the timeline keep it."""
    return {
        "number": order.number,
        "currency": order.currency,
        "amount_minor": order.amount_minor,
        "method": order.method,
        "named_item": order.named_item,
        "wishes": [[wish.item_number, wish.amount_minor] for wish in order.wishes],
        "payer_iban": order.payer_iban,
    }


def add_receipt(order: ReceiptOrder, posting_id: int, posted_by: str, deposit_id: int | None = None) -> int:
    """Insert a receipt with its entry and its payer's wishes, for an account that the transaction has locked."""
    credit_id = add_credit(
        order.account_id, posting_id, "receipt", order.number, order.currency, order.received_on, order.amount_minor,
        method=order.method, named_item=order.named_item, deposit_id=deposit_id,
        payer_iban=plain_iban(order.payer_iban) if order.payer_iban else "", source=order.source, posted_by=posted_by,
    )  # fmt: skip
    if order.wishes:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO ledger_designation (account_id, credit_id, rank, item_number, amount_minor) "
                "VALUES (%s, %s, %s, %s, %s)",
                [
                    [order.account_id, credit_id, rank, wish.item_number, wish.amount_minor]
                    for rank, wish in enumerate(order.wishes)
                ],
            )
    book(
        order.account_id, credit_id, order.received_on, order.currency,
        [(money_account(order.method) if deposit_id is None else chart.CHEQUES, chart.CONTROL, order.amount_minor)],
    )  # fmt: skip
    return credit_id


def plain_iban(text: str) -> str:
    """An IBAN without spaces, in capitals. Raises Refusal when it is none."""
    try:
        return str(IBAN(text))
    except SchwiftyException as error:
        raise Refusal(
            _("'%(iban)s' is not an IBAN (%(trouble)s); copy it from the bank statement")
            % {"iban": text, "trouble": error}
        ) from None


def _known_receipt(order: ReceiptOrder) -> PostedReceipt | None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id, c.currency, c.amount_minor, c.received_on, c.open_minor, c.method, c.named_item,
                   (SELECT r.reversed_on FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)
            FROM ledger_credit c WHERE c.account_id = %s AND c.kind = 'receipt' AND c.number = %s""",
            [order.account_id, order.number],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    credit_id, currency, amount_minor, received_on, open_minor, method, named_item, reversed_on = row
    asked = (order.currency, order.amount_minor, order.received_on, order.method, order.named_item)
    if (currency, amount_minor, received_on, method, named_item) != asked:
        raise Refusal(
            _(
                "receipt '%(number)s' is already posted with %(amount)s %(currency)s received on %(on)s (%(method)s); "
                "give the new receipt a reference of its own"
            )
            % {
                "number": order.number,
                "amount": format_amount(amount_minor, currency),
                "currency": currency,
                "on": received_on,
                "method": " ".join(filter(None, [method, named_item])),
            }
        )
    if reversed_on is not None:
        raise Refusal(
            _("receipt '%(number)s' was reversed on %(on)s; give the new receipt a reference of its own")
            % {"number": order.number, "on": reversed_on}
        )
    return PostedReceipt(credit_id, False, open_minor)


def unallocated_of(account_id: int, credit_id: int) -> int:
    """What a credit has left now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_minor FROM ledger_credit WHERE account_id = %s AND id = %s", [account_id, credit_id]
        )
        open_minor: int = cursor.fetchone()[0]
    return open_minor


def record_payer(act: Act, credit_id: int, iban: str) -> Posted:
    """Write down the bank account a receipt came from, with its evidence as the reason; it is set once.

    For a credit note it is the account that the credited invoice was paid from, the one to refund to.

    Raises Refusal without a reason, for an account number that is not an IBAN, or when another one is known.
    """
    if not act.reason.strip():
        raise Refusal(_("say where the payer's account is known from, such as the bank statement's line"))
    plain = plain_iban(iban)

    def work(posting_id: int) -> Result:  # noqa: ARG001
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ledger_credit SET payer_iban = %s WHERE account_id = %s AND id = %s "
                "AND kind IN ('receipt', 'credit_note') AND payer_iban IN ('', %s)",
                [plain, act.account_id, credit_id, plain],
            )
            if cursor.rowcount == 0:
                raise Refusal(
                    _("there is no such payment or credit note, or another account of its payer is already known")
                )
        return {"credit_id": credit_id}

    done = perform("payer_recorded", act, {"credit_id": credit_id, "payer": f"…{plain[-4:]}"}, work)
    return Posted(done.posting_id, done.created, (credit_id,))
