"""A debt that grows too old: pursued while it may be, saved once by a part payment, silent from its last day on."""

import datetime as dt

from relance.cycle.services import run
from relance.dunning.queries import explain
from relance.kit.laws import check, every_law
from relance.ledger import queries
from relance.ledger.facts import Level, ReceiptOrder
from relance.ledger.services import post_receipt
from tests.cast import BRUNO, Office, the


def test_bruno_is_left_in_peace_once_his_debt_is_time_barred(office: Office) -> None:
    office.bill("BRUNO", "F1", "80.00", "2025-10-11", "2025-11-10")
    bruno = the(BRUNO).id

    def chased(on: dt.date) -> int:
        return sum(row.overdue_minor for row in queries.standings(on, Level.ACCOUNT, [bruno]))

    run(dt.date(2025, 11, 11))
    assert explain(bruno, dt.date(2025, 11, 11))[0].overdue_minor == 8000

    # Five euros in June: the whole debt has a new year from that day.
    post_receipt(ReceiptOrder(bruno, "P1", "EUR", 500, dt.date(2026, 6, 1), "transfer", "F1"), "test")
    run(dt.date(2026, 11, 11))
    assert chased(dt.date(2026, 11, 11)) == 7500, "the first year is over, the second runs"
    assert [entry.ends_on for entry in queries.limitations(bruno, dt.date(2026, 11, 11))] == [dt.date(2027, 6, 1)]

    run(dt.date(2027, 6, 1))
    assert chased(dt.date(2027, 6, 1)) == 7500, "the last day"
    run(dt.date(2027, 6, 2))
    assert chased(dt.date(2027, 6, 2)) == 0
    assert explain(bruno, dt.date(2027, 6, 2))[0].overdue_minor == 0

    # It is still owed, and shown so; and the past is what it was.
    (balance,) = queries.balances([bruno], dt.date(2027, 6, 2))[bruno]
    assert (balance.open_minor, balance.excluded_minor) == (7500, 7500)
    assert chased(dt.date(2027, 6, 1)) == 7500
    assert {report.law: report.examples for report in check(every_law()) if report.offenders} == {}
