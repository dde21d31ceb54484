"""Bruno under pursuit for three weeks: reminded, one stage passed over, and a hard action that asks for a person."""

import datetime as dt
from pathlib import Path

import pytest

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import place_hold
from relance.dunning.services import decide_accounts, import_scenario
from tests.cast import BRUNO, CAST, Office, the

FIRM = """
code: firm
name: {fr: Ferme, en: Firm}
level: account
priority: 900
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 7, when: {kind: [business]}, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: suspension, age: 10, mandatory: true, actions: [{credit_hold: {}}, {task: {kind: review}}]}
  - {code: agency, age: 30, actions: [{send: {channel: email, template: formal_notice}}]}
"""
GENTLE = (
    FIRM.replace("code: firm", "code: gentle")
    .replace("{fr: Ferme, en: Firm}", "{fr: Douce, en: Gentle}")
    .replace("priority: 900", "priority: 1")
)
NIGHTS = (dt.date(2025, 3, 2), dt.date(2025, 3, 11))


@pytest.fixture
def pursued(db: None, tmp_path: Path) -> int:
    """Bruno's account (see `pursue`)."""
    return pursue(tmp_path)


def pursue(folder: Path) -> int:
    """Bruno's account: reminded on 2 March, vulnerable since the 5th, a credit hold that waits since the 11th."""
    for text in (FIRM, GENTLE):
        import_scenario(text, "tests")
    office = Office(folder)
    office.open_accounts(*CAST)
    office.bill("BRUNO", "B-1", "45.50", "2025-02-10", "2025-03-01")
    account_id = the(BRUNO).id
    place_hold(
        account_id, HoldKind.VULNERABLE, dt.date(2025, 3, 5), None,
        reason="Letter of the social service", by="the-supervisor", key="vulnerable",
    )  # fmt: skip
    for night in NIGHTS:
        decide_accounts([account_id], night)
    return account_id
