"""Belgium: consumers are protected by caps, a free first reminder and fourteen days (Book XIX of the CEL)."""

import datetime as dt
from decimal import Decimal

from relance.kit.calendars import is_working_day
from relance.legal.facts import (
    ChargeCase,
    ChargeKind,
    Delivery,
    Figure,
    FirstReminder,
    InterestRule,
    Pack,
    PartyKind,
    Verdict,
    Words,
)
from relance.legal.rounding import percent_of
from relance.legal.verdicts import AsAgreed, Forbidden, asks_nothing, from_figures

_BOOK_XIX = "CDE/WER, livre XIX, art. XIX.2 et XIX.4"
_SINCE = dt.date(2023, 9, 1)
_DAY = dt.timedelta(days=1)


def clock_starts_on(reminder: FirstReminder, posted_days: int) -> dt.date:
    """The first of the fourteen days: the third working day after posting, or the day after an electronic message."""
    day = reminder.sent_on
    if reminder.delivery is Delivery.ELECTRONIC:
        return day + _DAY
    while posted_days:
        day += _DAY
        posted_days -= is_working_day(day, "BE")
    return day


def _costs(case: ChargeCase) -> Verdict:
    """The cap by the amount owed, once the free first reminder went out and its fourteen days have run."""
    if case.first_reminder is None:
        return case.refused("be.first_reminder", _REMINDER_FIRST, _BOOK_XIX)
    whole, on = case.pack.whole, case.as_of
    starts_on = clock_starts_on(case.first_reminder, whole("be.posted_working_days", on))
    earliest_on = starts_on + dt.timedelta(days=whole("be.grace_days", on))
    if case.as_of < earliest_on:
        return case.refused("be.fourteen_days", _FOURTEEN_DAYS, _BOOK_XIX, earliest_on)
    if case.amount_minor <= 0:
        return asks_nothing(case)
    return from_figures(case, _cap(case), "be.cap", _BOOK_XIX, earliest_on)


def _cap(case: ChargeCase) -> int:
    owed, on, pack = case.amount_minor, case.as_of, case.pack
    small, middle = pack.whole("be.small_debt_minor", on), pack.whole("be.middle_debt_minor", on)
    if owed <= small:
        return pack.whole("be.small_cap_minor", on)
    if owed <= middle:
        return pack.whole("be.middle_cap_minor", on) + percent_of(owed - small, pack.decimal("be.middle_percent", on))
    cap = pack.whole("be.large_cap_minor", on) + percent_of(owed - middle, pack.decimal("be.large_percent", on))
    return min(cap, pack.whole("be.highest_cap_minor", on))


def _reminder(case: ChargeCase) -> Verdict:
    """Free for three due dates a year; after that the lower of what is asked and the cap with postage."""
    on = case.as_of
    if case.due_dates_reminded_count < case.pack.whole("be.free_due_dates", on):
        return case.refused("be.free_reminder", _FREE_REMINDER, _BOOK_XIX)
    if case.asked_minor <= 0:
        return asks_nothing(case)
    cap = case.pack.whole("be.reminder_cap_minor", on) + case.postage_minor
    return from_figures(case, min(case.asked_minor, cap), "be.reminder_cap", _BOOK_XIX)


_REMINDER_FIRST = Words(
    "A Belgian consumer gets a free first reminder before any cost; send it first.",
    "Un consommateur belge reçoit un premier rappel gratuit avant tous frais ; envoyez-le d'abord.",
)
_FOURTEEN_DAYS = Words(
    "The fourteen days after the first reminder have not run.",
    "Les quatorze jours après le premier rappel ne sont pas écoulés.",
)
_FREE_REMINDER = Words(
    "Under a supply contract the reminders for three due dates a year are free.",
    "Dans un contrat de fourniture, les rappels pour trois échéances par an sont gratuits.",
)
_CAPS_ONLY = Forbidden(
    "be.consumer_caps_only",
    _BOOK_XIX,
    Words(
        "A Belgian consumer owes no other charge than the capped collection costs and reminder fees.",
        "Un consommateur belge ne doit pas d'autres frais que l'indemnité et les frais de rappel plafonnés.",
    ),
)
_AGREED = AsAgreed("be.business_as_agreed", "C. civ. 5.69; conditions générales")

PACK = Pack(
    country="BE",
    name=Words("Belgium", "la Belgique"),
    currency="EUR",
    figures=(
        Figure("be.small_debt_minor", 15_000, _SINCE, None, _BOOK_XIX),
        Figure("be.small_cap_minor", 2_000, _SINCE, None, _BOOK_XIX),
        Figure("be.middle_debt_minor", 50_000, _SINCE, None, _BOOK_XIX),
        Figure("be.middle_cap_minor", 3_000, _SINCE, None, _BOOK_XIX),
        Figure("be.middle_percent", Decimal(10), _SINCE, None, _BOOK_XIX),
        Figure("be.large_cap_minor", 6_500, _SINCE, None, _BOOK_XIX),
        Figure("be.large_percent", Decimal(5), _SINCE, None, _BOOK_XIX),
        Figure("be.highest_cap_minor", 200_000, _SINCE, None, _BOOK_XIX),
        Figure("be.grace_days", 14, _SINCE, None, _BOOK_XIX),
        Figure("be.posted_working_days", 3, _SINCE, None, _BOOK_XIX),
        Figure("be.free_due_dates", 3, _SINCE, None, _BOOK_XIX),
        # The telecom regulator's page says 10.00; the statute says 7.50, and the lower is safe.
        Figure("be.reminder_cap_minor", 750, _SINCE, None, _BOOK_XIX),
    ),
    series=(),
    rates=(),
    interest={
        PartyKind.BUSINESS: InterestRule("be.business_interest", "loi du 02-08-2002, art. 5", contract_rate=True),
        PartyKind.PUBLIC: InterestRule("be.public_interest", "loi du 02-08-2002, art. 5"),
        PartyKind.CONSUMER: InterestRule("be.consumer_interest", _BOOK_XIX),
    },
    charges={
        (ChargeKind.COLLECTION_COSTS, PartyKind.CONSUMER): _costs,
        (ChargeKind.REMINDER_FEE, PartyKind.CONSUMER): _reminder,
        (ChargeKind.LATE_FEE, PartyKind.CONSUMER): _CAPS_ONLY,
        (ChargeKind.RETURN_CHARGE, PartyKind.CONSUMER): _CAPS_ONLY,
        (ChargeKind.INDEMNITY, PartyKind.CONSUMER): _CAPS_ONLY,
        (ChargeKind.LATE_FEE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.RETURN_CHARGE, PartyKind.BUSINESS): _AGREED,
        (ChargeKind.REMINDER_FEE, PartyKind.BUSINESS): _AGREED,
    },
    limitation={},
)
