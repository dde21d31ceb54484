"""What settles a late debt on a day, after part payments that clear interest or principal first."""

import datetime as dt
from collections.abc import Sequence

from relance.legal.facts import (
    InterestTerms,
    Pack,
    PartPayment,
    PartyKind,
    PaymentOrder,
    PrincipalChange,
    RateBook,
    Settlement,
)
from relance.legal.rules.interest import interest


def settlement(
    pack: Pack,
    kind: PartyKind,
    due_on: dt.date,
    principal_minor: int,
    payments: Sequence[PartPayment],
    settle_on: dt.date,
    book: RateBook,
    terms: InterestTerms,
    order: PaymentOrder = PaymentOrder.INTEREST_FIRST,
) -> Settlement:
    """What must be paid on `settle_on` in all, that day's interest included; payments after that day do not count.

    Interest first is the order of C. civ. 1343-1: a payment clears the interest accrued that day, then principal.
    Principal first is a creditor's policy in the debtor's favour. Interest never bears interest. Raises as
    `interest` does.
    """
    changes = [PrincipalChange(due_on, principal_minor)]
    open_minor, interest_paid_minor, overpaid_minor = principal_minor, 0, 0
    for payment in sorted(payments, key=lambda paid: paid.on):
        if payment.on > settle_on:
            break
        segments = interest(pack, kind, due_on, changes, payment.on, book, terms)
        accrued_minor = sum(segment.interest_minor for segment in segments) - interest_paid_minor
        left_minor = payment.amount_minor
        if order is PaymentOrder.INTEREST_FIRST:
            cleared_minor = min(left_minor, accrued_minor)
            interest_paid_minor += cleared_minor
            left_minor -= cleared_minor
        cleared_minor = min(left_minor, open_minor)
        open_minor -= cleared_minor
        left_minor -= cleared_minor
        if order is PaymentOrder.PRINCIPAL_FIRST:
            cleared_minor = min(left_minor, accrued_minor)
            interest_paid_minor += cleared_minor
            left_minor -= cleared_minor
        overpaid_minor += left_minor
        changes.append(PrincipalChange(max(payment.on, due_on), open_minor))
    segments = interest(pack, kind, due_on, changes, settle_on, book, terms)
    owed_minor = sum(segment.interest_minor for segment in segments) - interest_paid_minor
    return Settlement(open_minor, owed_minor, overpaid_minor, segments)
