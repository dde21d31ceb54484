"""A small operator with a week of late payers, and people of every role to look at it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from relance.staff.facts import Role
from relance.staff.services import Person, create_user

TODAY = dt.date(2025, 3, 20)
PASSWORD = "marée-haute-à-midi"

SCENARIO = """
code: desk_test
name: {fr: Particuliers, en: Residential}
level: account
applies_to: {kind: [], segment: [], credit_class: [], payment_method: []}
priority: 900
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 14, actions: [{send: {channel: email, template: second_reminder}}]}
"""


@pytest.fixture(autouse=True)
def _ground(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The desk's clock stands still, and passwords are hashed quickly."""
    monkeypatch.setenv("RELANCE_TODAY", TODAY.isoformat())
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def build_portfolio(folder: Path) -> None:
    """Bruno is late and reminded; Chloé too, and paid in part; Alice is punctual; Fabre owes much, not yet due."""
    from relance.cycle.services import run
    from relance.dunning.services import import_scenario
    from relance.outbound.services import release, transmit
    from tests.cast import CAST, Office

    import_scenario(SCENARIO, "tests")
    office = Office(folder)
    office.bring("creditors", {"code": "default", "name": "Télécom Rivage", "phone": "+33 1 99 00 72 68"})
    office.open_accounts(*CAST)
    office.bill("ALICE", "A-1", "30.00", "2025-02-01", "2025-03-01")
    office.pay("ALICE", "PAY-A1", "30.00", "2025-02-27")
    office.bill("BRUNO", "B-1", "45.50", "2025-02-10", "2025-03-12")
    office.bill("BRUNO", "B-2", "20.00", "2025-03-10", "2025-04-09")
    office.bill("CHLOE", "C-1", "120.00", "2025-01-05", "2025-02-05")
    office.pay("CHLOE", "PAY-C1", "20.00", "2025-03-19")
    office.bill("FABRE", "F-1", "12345.67", "2025-03-01", "2025-04-30")
    for day in (dt.date(2025, 3, 18), TODAY):
        run(day)
        while (figures := release(day)).released or figures.withdrawn:
            pass
        while transmit():
            pass


@pytest.fixture
def portfolio(db: None, tmp_path: Path) -> None:
    """The portfolio, inside the test's transaction."""
    build_portfolio(tmp_path)


@dataclass(frozen=True)
class SignedIn:
    """A person and the client they use."""

    user: Person
    client: Client


@pytest.fixture
def sign_in(db: None) -> Callable[..., SignedIn]:
    """Makes a person of a role and signs them in."""

    def enter(role: Role = Role.ADMINISTRATOR, language: str = "en", name: str = "") -> SignedIn:
        user = create_user(name or f"the-{role.value}", PASSWORD, role, language)
        client = Client()
        client.force_login(user)
        return SignedIn(user, client)

    return enter


@pytest.fixture
def account_id(portfolio: None) -> int:
    """Bruno's account: late, with a reminder sent."""
    from relance.customers.queries import account_by_number

    found = account_by_number("BRUNO")
    assert found is not None
    return found.id
