"""United Kingdom: statutory interest and compensation between businesses, nothing of the kind from consumers."""

import datetime as dt
from decimal import Decimal

from relance.legal.facts import (
    ChargeCase,
    ChargeKind,
    Figure,
    InterestRule,
    Pack,
    PartyKind,
    Rate,
    RateMode,
    Series,
    Verdict,
    Words,
)
from relance.legal.verdicts import AsAgreed, Forbidden, from_figures

_ACT = "Late Payment of Commercial Debts (Interest) Act 1998"
_COMPENSATION = f"{_ACT}, s. 5A"
_RATE_ORDER = f"{_ACT}, s. 6; Late Payment of Commercial Debts (Rate of Interest) (No. 3) Order 2002"
_SINCE = dt.date(2002, 8, 7)

BANK_RATE = Series(
    "boe_bank_rate",
    Words("the Bank of England's Bank Rate", "le taux directeur de la Banque d'Angleterre"),
    Words(
        "Statutory late interest between businesses in the United Kingdom (+ 8 points).",
        "Intérêts légaux de retard entre entreprises au Royaume-Uni (+ 8 points).",
    ),
    Words(
        "The rate in force on 31 December or 30 June: it rules the half-year that begins the day after.",
        "Le taux en vigueur au 31 décembre ou au 30 juin : il vaut pour le semestre qui commence le lendemain.",
    ),
)


def _compensation(case: ChargeCase) -> Verdict:
    """40, 70 or 100 pounds an invoice, by its size."""
    pack, on = case.pack, case.as_of
    step = "small"
    for larger in ("middle", "large"):
        if case.amount_minor >= pack.whole(f"gb.{larger}_debt_minor", on):
            step = larger
    return from_figures(case, pack.whole(f"gb.{step}_compensation_minor", on), f"gb.compensation_{step}", _COMPENSATION)


_AGREED = AsAgreed("gb.business_as_agreed", f"{_ACT}, s. 8; contract")
_NO_INTEREST = Words(
    "The Act gives no statutory interest against a consumer.",
    "La loi ne donne pas d'intérêts légaux contre un consommateur.",
)
_NOT_FROM_CONSUMERS = Forbidden(
    "gb.no_compensation_from_consumers",
    _COMPENSATION,
    Words(
        "In the United Kingdom compensation for late payment is never due from a consumer.",
        "Au Royaume-Uni, l'indemnité pour retard n'est jamais due par un consommateur.",
    ),
)
# The order fixes the rate by the half-year in which interest starts to run; it does not move afterwards.
_BUSINESS = InterestRule(
    "gb.business_interest", _RATE_ORDER, BANK_RATE.code, "gb.points", mode=RateMode.FIXED_AT_DUE, contract_rate=True
)

PACK = Pack(
    country="GB",
    name=Words("the United Kingdom", "le Royaume-Uni"),
    currency="GBP",
    figures=(
        Figure("gb.points", Decimal(8), _SINCE, None, _RATE_ORDER),
        Figure("gb.small_compensation_minor", 4_000, _SINCE, None, _COMPENSATION),
        Figure("gb.middle_debt_minor", 100_000, _SINCE, None, _COMPENSATION),
        Figure("gb.middle_compensation_minor", 7_000, _SINCE, None, _COMPENSATION),
        Figure("gb.large_debt_minor", 1_000_000, _SINCE, None, _COMPENSATION),
        Figure("gb.large_compensation_minor", 10_000, _SINCE, None, _COMPENSATION),
    ),
    series=(BANK_RATE,),
    rates=(
        Rate(BANK_RATE.code, dt.date(2025, 7, 1), None, Decimal("4.25"), "Bank of England, 8 May 2025"),
        Rate(BANK_RATE.code, dt.date(2026, 1, 1), None, Decimal("3.75"), "Bank of England", confirmed=False),
    ),
    interest={
        PartyKind.BUSINESS: _BUSINESS,
        PartyKind.PUBLIC: _BUSINESS,
        PartyKind.CONSUMER: InterestRule("gb.no_consumer_interest", _ACT, none=_NO_INTEREST),
    },
    charges={
        (ChargeKind.INDEMNITY, PartyKind.BUSINESS): _compensation,
        (ChargeKind.INDEMNITY, PartyKind.PUBLIC): _compensation,
        (ChargeKind.INDEMNITY, PartyKind.CONSUMER): _NOT_FROM_CONSUMERS,
        (ChargeKind.LATE_FEE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.RETURN_CHARGE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.REMINDER_FEE, PartyKind.BUSINESS): _AGREED,
    },
    limitation={},
)
