"""Whatever is sent, paid and taken back: groups add up to what a second, simpler count attributes, and no euro counts twice."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance.insight.facts import EFFECT_WINDOWS
from relance.insight.reports.effectiveness import REPORT
from relance.ledger.services import reverse_receipt
from tests.services.test_effectiveness import account, pays, written

FIRST = dt.date(2026, 1, 1)
AS_OF = dt.date(2026, 12, 31)
DAYS = st.integers(0, 58)
METHODS = ("email", "sms", "voice")


@dataclass(frozen=True)
class Contact:
    """A message to a customer, in the order in which they are made."""

    who: int
    day: int
    minor: int
    method: str
    arrived: bool


@dataclass(frozen=True)
class Payment:
    """A receipt, and whether it came back."""

    who: int
    day: int
    minor: int
    comes_back: bool


CONTACTS = st.lists(
    st.builds(Contact, st.integers(0, 2), DAYS, st.integers(1, 300), st.sampled_from(METHODS), st.booleans()),
    max_size=10,
)
PAYMENTS = st.lists(st.builds(Payment, st.integers(0, 2), DAYS, st.integers(1, 300), st.booleans()), max_size=10)


def expected(contacts: list[Contact], payments: list[Payment], days: int) -> dict[str, int]:
    """What each method's contacts were followed by, one payment after the other."""
    taken: dict[int, int] = defaultdict(int)
    for payment in payments:
        before = [
            (contact.day, place)
            for place, contact in enumerate(contacts)
            if contact.arrived and contact.who == payment.who and 1 <= payment.day - contact.day <= 30
        ]
        if before and not payment.comes_back:
            day, place = max(before)
            taken[place] += payment.minor if payment.day - day <= days else 0
    sums: dict[str, int] = defaultdict(int)
    for place, minor in taken.items():
        sums[contacts[place].method] += min(minor, contacts[place].minor)
    return {method: minor for method, minor in sums.items() if minor}


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONTACTS, PAYMENTS)
def test_groups_add_up_and_no_euro_counts_twice(contacts: list[Contact], payments: list[Payment]) -> None:
    with transaction.atomic():
        people = [account(f"W{number}") for number in range(3)]
        for contact in contacts:
            day = f"{FIRST + dt.timedelta(days=contact.day):%m-%d}"
            state = "sent" if contact.arrived else "bounced"
            written(people[contact.who], day, contact.minor, channel=contact.method, state=state)
        for payment in payments:
            on = FIRST + dt.timedelta(days=payment.day)
            credit_id = pays(people[payment.who], payment.minor, f"{on:%m-%d}")
            if payment.comes_back:
                reverse_receipt(people[payment.who], credit_id, on + dt.timedelta(days=5), "returned", "test")
        report = REPORT.query(FIRST, dt.date(2026, 2, 28), AS_OF, "method")
        net = sum(payment.minor for payment in payments if not payment.comes_back)
        for place, days in enumerate(EFFECT_WINDOWS):
            found = {group.method: group.windows[place].paid_minor for group in report.groups}
            assert {method: minor for method, minor in found.items() if minor} == expected(contacts, payments, days)
            total = sum(group.windows[place].paid_minor for group in report.totals)
            assert total == sum(found.values()) <= net
        for by in ("template", "stage", "month", ""):
            groups = REPORT.query(FIRST, dt.date(2026, 2, 28), AS_OF, by).groups
            assert sum(group.windows[-1].paid_minor for group in groups) == sum(
                group.windows[-1].paid_minor for group in report.totals
            )
        transaction.set_rollback(True)
