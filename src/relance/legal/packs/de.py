"""Germany: statutory default interest and the flat 40 euros, never from consumers (BGB § 288)."""

import datetime as dt
from decimal import Decimal

from relance.legal.facts import ChargeKind, Figure, InterestRule, Pack, PartyKind, Series, Words
from relance.legal.verdicts import AsAgreed, FixedAmount, Forbidden

_BGB_288 = "BGB § 288"
_BGB_288_5 = "BGB § 288 Abs. 5"

BASE_RATE = Series(
    "de_base_rate",
    Words("the German base rate", "le taux de base allemand"),
    Words(
        "Late interest from German businesses and public buyers (+ 9 points) and consumers (+ 5 points).",
        "Intérêts de retard des entreprises et acheteurs publics (+ 9 points) et des consommateurs (+ 5 points) en "
        "Allemagne.",
    ),
    Words(
        "The base rate (Basiszinssatz, BGB § 247) that the Bundesbank announces for 1 January or 1 July.",
        "Le taux de base (Basiszinssatz, BGB § 247) que la Bundesbank publie au 1er janvier ou au 1er juillet.",
    ),
)

_AGREED = AsAgreed("de.business_as_agreed", "BGB § 311; AGB")
_NOT_FROM_CONSUMERS = Forbidden(
    "de.no_indemnity_from_consumers",
    _BGB_288_5,
    Words(
        "In Germany the flat 40 euros are never due from a consumer.",
        "En Allemagne, le forfait de 40 euros n'est jamais dû par un consommateur.",
    ),
)
_NOT_CONSUMER = InterestRule(
    "de.business_interest", f"{_BGB_288} Abs. 2", BASE_RATE.code, "de.business_points", contract_rate=True
)

PACK = Pack(
    country="DE",
    name=Words("Germany", "l'Allemagne"),
    currency="EUR",
    figures=(
        Figure("de.business_points", Decimal(9), dt.date(2014, 7, 29), None, f"{_BGB_288} Abs. 2", confirmed=False),
        Figure("de.consumer_points", Decimal(5), dt.date(2002, 1, 1), None, f"{_BGB_288} Abs. 1", confirmed=False),
        Figure("de.indemnity_minor", 4000, dt.date(2014, 7, 29), None, _BGB_288_5, confirmed=False),
    ),
    series=(BASE_RATE,),
    rates=(),
    interest={
        PartyKind.BUSINESS: _NOT_CONSUMER,
        PartyKind.PUBLIC: _NOT_CONSUMER,
        # A consumer is in default after a warning (BGB § 286 Abs. 1); the other ways into default are left unused.
        PartyKind.CONSUMER: InterestRule(
            "de.consumer_interest", f"{_BGB_288} Abs. 1", BASE_RATE.code, "de.consumer_points", from_notice=True
        ),
    },
    charges={
        (ChargeKind.INDEMNITY, PartyKind.BUSINESS): FixedAmount("de.indemnity", "de.indemnity_minor"),
        (ChargeKind.INDEMNITY, PartyKind.PUBLIC): FixedAmount("de.indemnity", "de.indemnity_minor"),
        (ChargeKind.INDEMNITY, PartyKind.CONSUMER): _NOT_FROM_CONSUMERS,
        (ChargeKind.LATE_FEE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.RETURN_CHARGE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.REMINDER_FEE, PartyKind.BUSINESS): _AGREED,
    },
    limitation={},
)
