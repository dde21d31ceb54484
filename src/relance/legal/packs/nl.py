"""The Netherlands: consumers owe collection costs by the WIK scale, after a letter that gives them fourteen full days."""

import datetime as dt
from decimal import Decimal

from relance.legal.facts import ChargeCase, ChargeKind, Figure, InterestRule, Pack, PartyKind, Verdict, Words
from relance.legal.rounding import percent_of
from relance.legal.verdicts import AsAgreed, Forbidden, asks_nothing, from_figures

_WIK = "BW 6:96 lid 6; Besluit vergoeding voor buitengerechtelijke incassokosten, art. 2"
_SINCE = dt.date(2012, 7, 1)
_BANDS = ("first", "second", "third", "fourth")


def _costs(case: ChargeCase) -> Verdict:
    """The scale, once the fourteen full days after the letter was received have run."""
    if case.first_reminder is None:
        return case.refused("nl.letter_first", _LETTER_FIRST, _WIK)
    if case.first_reminder.received_on is None:
        return case.refused("nl.receipt_unknown", _RECEIPT_UNKNOWN, _WIK)
    full_days = dt.timedelta(days=case.pack.whole("nl.letter_days", case.as_of))
    earliest_on = case.first_reminder.received_on + full_days + dt.timedelta(days=1)
    if case.as_of < earliest_on:
        return case.refused("nl.fourteen_days", _FOURTEEN_DAYS, _WIK, earliest_on)
    if case.amount_minor <= 0:
        return asks_nothing(case)
    return from_figures(case, scale(case.pack, case.amount_minor, case.as_of), "nl.wik", _WIK, earliest_on)


def scale(pack: Pack, principal_minor: int, on: dt.date) -> int:
    """Collection costs by the WIK scale in minor units: a share of each band, at least the minimum, at most the cap."""
    left, costs = principal_minor, Decimal(0)
    for band in _BANDS:
        part = min(left, pack.whole(f"nl.{band}_band_minor", on))
        costs += part * pack.decimal(f"nl.{band}_percent", on)
        left -= part
    costs += left * pack.decimal("nl.rest_percent", on)
    rounded = percent_of(1, costs)
    return min(max(rounded, pack.whole("nl.lowest_minor", on)), pack.whole("nl.highest_minor", on))


_LETTER_FIRST = Words(
    "A Dutch consumer owes collection costs only after a letter that gives fourteen days and names the exact costs; "
    "send it first.",
    "Un consommateur néerlandais ne doit de frais qu'après une lettre qui laisse quatorze jours et indique les frais "
    "exacts ; envoyez-la d'abord.",
)
_RECEIPT_UNKNOWN = Words(
    "The fourteen days run from the day after the letter was received; record that day.",
    "Les quatorze jours courent du lendemain de la réception de la lettre ; enregistrez cette date.",
)
_FOURTEEN_DAYS = Words(
    "The fourteen full days after the letter have not run.",
    "Les quatorze jours pleins après la lettre ne sont pas écoulés.",
)
_SCALE_ONLY = Forbidden(
    "nl.consumer_scale_only",
    _WIK,
    Words(
        "A Dutch consumer owes no other charge than the collection costs of the statutory scale.",
        "Un consommateur néerlandais ne doit pas d'autres frais que ceux du barème légal.",
    ),
)
_AGREED = AsAgreed("nl.business_as_agreed", "BW 6:248; algemene voorwaarden")

PACK = Pack(
    country="NL",
    name=Words("the Netherlands", "les Pays-Bas"),
    currency="EUR",
    figures=(
        Figure("nl.letter_days", 14, _SINCE, None, _WIK),
        Figure("nl.first_band_minor", 250_000, _SINCE, None, _WIK),
        Figure("nl.first_percent", Decimal(15), _SINCE, None, _WIK),
        Figure("nl.second_band_minor", 250_000, _SINCE, None, _WIK),
        Figure("nl.second_percent", Decimal(10), _SINCE, None, _WIK),
        Figure("nl.third_band_minor", 500_000, _SINCE, None, _WIK),
        Figure("nl.third_percent", Decimal(5), _SINCE, None, _WIK),
        Figure("nl.fourth_band_minor", 19_000_000, _SINCE, None, _WIK),
        Figure("nl.fourth_percent", Decimal(1), _SINCE, None, _WIK),
        Figure("nl.rest_percent", Decimal("0.5"), _SINCE, None, _WIK),
        Figure("nl.lowest_minor", 4_000, _SINCE, None, _WIK),
        Figure("nl.highest_minor", 677_500, _SINCE, None, _WIK),
    ),
    series=(),
    rates=(),
    interest={
        PartyKind.BUSINESS: InterestRule("nl.business_interest", "BW 6:119a", contract_rate=True),
        PartyKind.PUBLIC: InterestRule("nl.public_interest", "BW 6:119b"),
        PartyKind.CONSUMER: InterestRule("nl.consumer_interest", "BW 6:119"),
    },
    charges={
        (ChargeKind.COLLECTION_COSTS, PartyKind.CONSUMER): _costs,
        (ChargeKind.LATE_FEE, PartyKind.CONSUMER): _SCALE_ONLY,
        (ChargeKind.INDEMNITY, PartyKind.CONSUMER): _SCALE_ONLY,
        (ChargeKind.RETURN_CHARGE, PartyKind.CONSUMER): _SCALE_ONLY,
        (ChargeKind.REMINDER_FEE, PartyKind.CONSUMER): _SCALE_ONLY,
        (ChargeKind.LATE_FEE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.RETURN_CHARGE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.REMINDER_FEE, PartyKind.BUSINESS): _AGREED,
    },
    limitation={},
)
