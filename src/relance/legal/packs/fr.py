"""France: late payment (C. com. L441-10), consumers (CPC ex. L111-8), limitation (CPCE L34-2)."""

import datetime as dt
from decimal import Decimal

from relance.legal.facts import (
    ChargeKind,
    ContactHours,
    Figure,
    InterestRule,
    Nature,
    Pack,
    PartyKind,
    Rate,
    RateMode,
    Series,
    Words,
)
from relance.legal.verdicts import AsAgreed, FixedAmount, Forbidden

_LATE_PAYMENT = "C. com. L441-10, II; D441-5"
_PUBLIC = "C. commande publique L2192-13, R2192-31"
_CONSUMER_COSTS = "CPC ex. L111-8, al. 2; C. conso. L121-21"
_BUSINESS_LIMIT = "C. civ. 2224; C. com. L110-4"
_TELECOM_LIMIT = "CPCE L34-2, al. 2"

LEGAL_PROFESSIONAL = Series(
    "fr_legal_professional",
    Words(
        "the French legal interest rate (creditor a professional)",
        "le taux de l'intérêt légal français (créancier professionnel)",
    ),
    Words(
        "Interest from French consumers after a formal notice; three times it is the floor of contract rates.",
        "Intérêts dus par les consommateurs après mise en demeure ; son triple est le plancher des taux contractuels.",
    ),
    Words(
        "The rate for “all other cases” in the order of the half-year.",
        "Le taux « pour tous les autres cas » de l'arrêté du semestre.",
    ),
)
LEGAL_INDIVIDUAL = Series(
    "fr_legal_individual",
    Words(
        "the French legal interest rate (creditor an individual)",
        "le taux de l'intérêt légal français (créancier particulier)",
    ),
    Words(
        "Interest that the operator owes to individuals, for instance on a late refund.",
        "Intérêts que l'opérateur doit aux particuliers, par exemple sur un remboursement tardif.",
    ),
    Words(
        "The rate for claims of natural persons acting outside a business, in the order of the half-year.",
        "Le taux pour les créances des personnes physiques n'agissant pas pour des besoins professionnels, "
        "de l'arrêté du semestre.",
    ),
)
ECB_MRO = Series(
    "ecb_mro",
    Words("the ECB main refinancing rate", "le taux de refinancement de la BCE"),
    Words(
        "Late interest from French businesses (+ 10 points) and public buyers (+ 8 points).",
        "Intérêts de retard des entreprises (+ 10 points) et des acheteurs publics (+ 8 points) en France.",
    ),
    Words(
        "The rate in force on 1 January or 1 July: it rules the whole half-year.",
        "Le taux en vigueur au 1er janvier ou au 1er juillet : il vaut pour tout le semestre.",
    ),
)


def _legal(year: int, half: int, professional: str, individual: str, order: str) -> tuple[Rate, Rate]:
    """Both legal rates of a half-year, as the order named them."""
    start = dt.date(year, 1 if half == 1 else 7, 1)
    source = f"{order} (C. mon. fin. L313-2, D313-1-A)"
    return (
        Rate(LEGAL_PROFESSIONAL.code, start, None, Decimal(professional), source),
        Rate(LEGAL_INDIVIDUAL.code, start, None, Decimal(individual), source),
    )


def _mro(year: int, half: int, percent: str, decided: str) -> Rate:
    """The refinancing rate in force on the first day of a half-year, and the decision that set it."""
    start = dt.date(year, 1 if half == 1 else 7, 1)
    return Rate(ECB_MRO.code, start, None, Decimal(percent), f"BCE, décision du {decided}")


_CONSUMER_COSTS_STAY = Forbidden(
    "fr.consumer_costs_stay_with_creditor",
    _CONSUMER_COSTS,
    Words(
        "In France the costs of collecting without a court title stay with the creditor; asking a consumer for them "
        "is an offence.",
        "En France, les frais de recouvrement sans titre exécutoire restent à la charge du créancier ; les demander à "
        "un consommateur est un délit.",
    ),
)
_PUBLIC_STATUTORY_ONLY = Forbidden(
    "fr.public_statutory_only",
    _PUBLIC,
    Words(
        "A French public buyer owes statutory interest and the fixed indemnity for a late payment, and no other fee.",
        "Un acheteur public ne doit que les intérêts moratoires et l'indemnité forfaitaire en cas de retard, sans "
        "autres frais.",
    ),
)
_COSTS_ON_PROOF = Forbidden(
    "fr.costs_on_proof",
    _LATE_PAYMENT,
    Words(
        "Beyond the fixed indemnity, collection costs are due on proof only: claim the bills, not a flat amount.",
        "Au-delà de l'indemnité forfaitaire, les frais de recouvrement sont dus sur justification : réclamez les "
        "factures, pas un forfait.",
    ),
)
_PHONE_HOURS = ContactHours(
    rule="fr.contact_hours",
    weekdays=frozenset(range(5)),
    spans=((dt.time(10), dt.time(13)), (dt.time(14), dt.time(20))),
    on_holidays=False,
    valid_from=dt.date(2023, 3, 1),
    valid_to=None,
    source="C. conso. D223-9 binds canvassing; taken over as a guard against harassing calls (L121-6)",
    confirmed=False,
)
_AGREED = AsAgreed("fr.business_as_agreed", "C. civ. 1103; conditions générales de vente")

PACK = Pack(
    country="FR",
    name=Words("France", "la France"),
    currency="EUR",
    figures=(
        Figure("fr.business_points", Decimal(10), dt.date(2009, 1, 1), None, _LATE_PAYMENT),
        Figure("fr.contract_floor_multiple", Decimal(3), dt.date(2009, 1, 1), None, _LATE_PAYMENT),
        Figure("fr.public_points", Decimal(8), dt.date(2013, 5, 1), None, _PUBLIC),
        Figure("fr.indemnity_minor", 4000, dt.date(2013, 1, 1), None, _LATE_PAYMENT),
        Figure("fr.public_indemnity_minor", 4000, dt.date(2013, 5, 1), None, _PUBLIC, confirmed=False),
        Figure("fr.telecom_price_years", 1, dt.date(2004, 7, 10), None, _TELECOM_LIMIT),
        Figure(
            "fr.termination_fee_years", 1, dt.date(2004, 7, 10), None, f"{_TELECOM_LIMIT}; Com. 29-03-2023, 21-23.104"
        ),
        Figure("fr.consumer_goods_years", 2, dt.date(2008, 6, 19), None, "C. conso. L218-2"),
        Figure("fr.business_years", 5, dt.date(2008, 6, 19), None, _BUSINESS_LIMIT),
        Figure("fr.public_years", 4, dt.date(1969, 1, 1), None, "loi 68-1250 du 31-12-1968, art. 1", confirmed=False),
    ),
    series=(LEGAL_PROFESSIONAL, LEGAL_INDIVIDUAL, ECB_MRO),
    rates=(
        *_legal(2024, 2, "4.92", "8.16", "arrêté pour le second semestre 2024"),
        *_legal(2025, 1, "3.71", "7.21", "arrêté du 17-12-2024"),
        *_legal(2025, 2, "2.76", "6.65", "arrêté du 19-06-2025, JO du 24-06-2025"),
        *_legal(2026, 1, "2.62", "6.67", "arrêté du 15-12-2025, JO du 26-12-2025"),
        _mro(2024, 2, "4.25", "06-06-2024, en vigueur le 12-06-2024"),
        _mro(2025, 1, "3.15", "12-12-2024, en vigueur le 18-12-2024"),
        _mro(2025, 2, "2.15", "05-06-2025, en vigueur le 11-06-2025"),
        _mro(2026, 1, "2.15", "05-06-2025, inchangée au 05-02-2026"),
    ),
    interest={
        PartyKind.BUSINESS: InterestRule(
            rule="fr.business_interest",
            source=_LATE_PAYMENT,
            series=ECB_MRO.code,
            points="fr.business_points",
            contract_rate=True,
            floor_series=LEGAL_PROFESSIONAL.code,
            floor_multiple="fr.contract_floor_multiple",
        ),
        # Unlike between businesses, the rate stays that of the half-year in which interest began.
        PartyKind.PUBLIC: InterestRule(
            rule="fr.public_interest",
            source=_PUBLIC,
            series=ECB_MRO.code,
            points="fr.public_points",
            mode=RateMode.FIXED_AT_DUE,
        ),
        PartyKind.CONSUMER: InterestRule(
            rule="fr.consumer_interest",
            source="C. civ. 1344-1, 1231-6",
            series=LEGAL_PROFESSIONAL.code,
            mode=RateMode.FLOATING,
            from_notice=True,
        ),
    },
    charges={
        (ChargeKind.INDEMNITY, PartyKind.BUSINESS): FixedAmount("fr.indemnity", "fr.indemnity_minor"),
        (ChargeKind.INDEMNITY, PartyKind.PUBLIC): FixedAmount("fr.public_indemnity", "fr.public_indemnity_minor"),
        (ChargeKind.INDEMNITY, PartyKind.CONSUMER): _CONSUMER_COSTS_STAY,
        (ChargeKind.LATE_FEE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.LATE_FEE, PartyKind.PUBLIC): _PUBLIC_STATUTORY_ONLY,
        (ChargeKind.LATE_FEE, PartyKind.CONSUMER): _CONSUMER_COSTS_STAY,
        (ChargeKind.RETURN_CHARGE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.RETURN_CHARGE, PartyKind.PUBLIC): _PUBLIC_STATUTORY_ONLY,
        # Fragile and over-indebted consumers are protected expressly; for the others L111-8 is risk enough.
        (ChargeKind.RETURN_CHARGE, PartyKind.CONSUMER): _CONSUMER_COSTS_STAY,
        (ChargeKind.REMINDER_FEE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.REMINDER_FEE, PartyKind.PUBLIC): _PUBLIC_STATUTORY_ONLY,
        (ChargeKind.REMINDER_FEE, PartyKind.CONSUMER): _CONSUMER_COSTS_STAY,
        (ChargeKind.COLLECTION_COSTS, PartyKind.BUSINESS): _COSTS_ON_PROOF,
        (ChargeKind.COLLECTION_COSTS, PartyKind.PUBLIC): _COSTS_ON_PROOF,
        (ChargeKind.COLLECTION_COSTS, PartyKind.CONSUMER): _CONSUMER_COSTS_STAY,
    },
    limitation={
        (PartyKind.CONSUMER, Nature.SERVICE): "fr.telecom_price_years",
        (PartyKind.BUSINESS, Nature.SERVICE): "fr.telecom_price_years",
        (PartyKind.PUBLIC, Nature.SERVICE): "fr.telecom_price_years",
        # Damages for early termination live five years between businesses; the fee itself one, and one is safe.
        (PartyKind.CONSUMER, Nature.TERMINATION): "fr.termination_fee_years",
        (PartyKind.BUSINESS, Nature.TERMINATION): "fr.termination_fee_years",
        (PartyKind.PUBLIC, Nature.TERMINATION): "fr.termination_fee_years",
        (PartyKind.CONSUMER, Nature.EQUIPMENT): "fr.consumer_goods_years",
        (PartyKind.CONSUMER, Nature.OTHER): "fr.consumer_goods_years",
        (PartyKind.BUSINESS, Nature.EQUIPMENT): "fr.business_years",
        (PartyKind.BUSINESS, Nature.OTHER): "fr.business_years",
        # The four years run from 1 January after the debt arose; counted from the due date they end earlier: safe.
        (PartyKind.PUBLIC, Nature.EQUIPMENT): "fr.public_years",
        (PartyKind.PUBLIC, Nature.OTHER): "fr.public_years",
    },
    contact=(_PHONE_HOURS,),
)
