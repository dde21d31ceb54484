"""What other rooms may know of the law: parties, charges, rates, interest, limitation, and the shape of a pack."""

from relance.legal.facts.charges import (
    CHARGE_NAMES,
    PARTY_NAMES,
    ChargeCase,
    ChargeKind,
    Delivery,
    FirstReminder,
    PartyKind,
    Verdict,
)
from relance.legal.facts.contact import ContactHours, Opening
from relance.legal.facts.interest import (
    InterestSegment,
    InterestTerms,
    PartPayment,
    PaymentOrder,
    PrincipalChange,
    RateMode,
    Settlement,
)
from relance.legal.facts.limitation import Interruption, InterruptionKind, ItemKind, Limitation, Nature
from relance.legal.facts.pack import ChargeRule, Figure, InterestRule, NoFigure, Pack
from relance.legal.facts.rates import (
    MissingRate,
    Rate,
    RateBook,
    RateGap,
    RateRow,
    RateState,
    Series,
    half_year_end,
    half_year_start,
)
from relance.legal.facts.words import LegalRefusal, Words

__all__ = [
    "CHARGE_NAMES",
    "PARTY_NAMES",
    "ChargeCase",
    "ChargeKind",
    "ChargeRule",
    "ContactHours",
    "Delivery",
    "Figure",
    "FirstReminder",
    "InterestRule",
    "InterestSegment",
    "InterestTerms",
    "Interruption",
    "InterruptionKind",
    "ItemKind",
    "LegalRefusal",
    "Limitation",
    "MissingRate",
    "Nature",
    "NoFigure",
    "Opening",
    "Pack",
    "PartPayment",
    "PartyKind",
    "PaymentOrder",
    "PrincipalChange",
    "Rate",
    "RateBook",
    "RateGap",
    "RateMode",
    "RateRow",
    "RateState",
    "Series",
    "Settlement",
    "Verdict",
    "Words",
    "half_year_end",
    "half_year_start",
]
