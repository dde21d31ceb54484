"""Debts day by day up their ladders: what remains decides, what is done is done once, what is missed is caught up."""

import datetime as dt

from django.db import connection

from relance.arrangements.services import end_hold, place_hold
from relance.cycle.services import run
from relance.dunning.queries import planned_actions, positions_of
from relance.dunning.services import decide_accounts, import_scenario, perform_accounts
from relance.kit.laws import check, every_law
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt, reverse_receipt
from relance.outbound.queries import messages
from relance.outbound.services import release
from relance.worklist.facts import WorkFilter
from relance.worklist.queries import work_page
from relance.worklist.services import close_work
from tests.cast import ALICE, BRUNO, CHLOE, DENIS, FABRE, Office, the

LETTER = "{send: {channel: email, template: %s}}"


def day(text: str) -> dt.date:
    """A day of 2026 as month and day."""
    return dt.date.fromisoformat(f"2026-{text}")


def policy(*stages: tuple[str, int, str], **more: str) -> None:
    """Publish a scenario for everybody: stages as code, age and actions (with further keys after a comma)."""
    rungs = "".join(f"\n  - {{code: {code}, age: {age}, actions: [{rest}}}" for code, age, rest in stages)
    keys = {"enter": '{min_amount: "5.00"}', "leave": '{max_amount: "0.00"}'} | more
    lines = ["code: house", "priority: 10", *(f"{key}: {value}" for key, value in keys.items()), f"stages:{rungs}"]
    import_scenario("\n".join(lines), "test")


def letters(**ages: int) -> list[tuple[str, int, str]]:
    """Stages of one letter each, named with their ages; the letters grow sharper."""
    templates = ("reminder", "second_reminder", "formal_notice")
    return [
        (code, age, LETTER % template + "]") for (code, age), template in zip(ages.items(), templates, strict=False)
    ]


def nights(first: str, last: str) -> list[tuple[str, str, int]]:
    """Work every night; what was entered as day, stage and number of cases."""
    found, on = [], day(first)
    while on <= day(last):
        entered = run(on).stages_entered
        found += [(f"{on:%m-%d}", stage.removeprefix("house/"), count) for stage, count in sorted(entered.items())]
        on += dt.timedelta(days=1)
    assert {report.law: report.examples for report in check(every_law()) if report.offenders} == {}
    return found


def at(person: dict[str, str]) -> str | None:
    """The stage an account stands at; None: nobody pursues it."""
    return next((row.stage for row in positions_of([the(person).id]).get(the(person).id, ())), None)


def receive(person: dict[str, str], reference: str, minor: int, on: str) -> int:
    """Money arrives; the receipt's id."""
    return post_receipt(ReceiptOrder(the(person).id, reference, "EUR", minor, day(on), "transfer"), "bank").credit_id


def test_the_oldest_debt_is_paid_and_the_ladder_goes_on_with_what_remains(office: Office) -> None:
    policy(*letters(warning=5, block=7, cancellation=11))
    office.bill("BRUNO", "F1", "40.00", "2026-05-10", "2026-05-31")
    office.bill("BRUNO", "F2", "40.00", "2026-05-12", "2026-06-02")
    office.pay("BRUNO", "P1", "40.00", "2026-06-02", invoice="F1")
    assert nights("05-30", "06-20") == [("06-07", "warning", 1), ("06-09", "block", 1), ("06-13", "cancellation", 1)]


def test_the_oldest_debt_is_paid_in_the_middle_and_no_stage_is_skipped_or_repeated(office: Office) -> None:
    policy(*letters(warning=5, block=7, cancellation=11))
    office.bill("BRUNO", "F1", "40.00", "2026-05-10", "2026-05-31")
    office.bill("BRUNO", "F2", "40.00", "2026-05-12", "2026-06-04")
    office.pay("BRUNO", "P1", "40.00", "2026-06-06", invoice="F1")
    assert nights("05-30", "06-20") == [("06-05", "warning", 1), ("06-11", "block", 1), ("06-15", "cancellation", 1)]


def test_draft_stays_blocked_stays_unblocked_moves_paid_disappears(office: Office) -> None:
    """Levels at 5, 20 and 40 days; the first is not done until somebody has closed its task."""
    policy(
        ("level1", 5, "{task: {kind: task, title: Write to them by hand}}], mandatory: true"),
        ("level2", 20, LETTER % "second_reminder" + "]"),
        ("level3", 40, LETTER % "formal_notice" + "]"),
    )
    draft, blocked, unblocked, paid = ALICE, BRUNO, CHLOE, DENIS
    for number in ("ALICE", "BRUNO", "CHLOE", "DENIS"):
        office.bill(number, f"{number}-1", "40.00", "2026-01-01", "2026-01-31")
    assert nights("02-01", "02-06") == [("02-05", "level1", 4)]
    for work in work_page(WorkFilter(state="open")).rows:
        if work.account_id != the(draft).id:
            close_work(work.id, "done", "", "carole", day("02-06"))
    holds = [
        place_hold(the(person).id, "manual", day("02-10"), None, reason="asked us to wait", by="carole", key=person["number"])
        for person in (blocked, unblocked)
    ]  # fmt: skip
    assert nights("02-07", "02-22") == [("02-20", "level2", 1)]
    assert [at(person) for person in (draft, blocked, unblocked, paid)] == ["level1", "level1", "level1", "level2"]
    receive(paid, "P1", 4000, "02-22")
    end_hold(holds[1], day("02-23"), "has answered", "carole")
    assert at(paid) is None
    # Thirteen days on hold do not count: the second level comes on day 20 + 13, the third twenty days later.
    assert nights("02-23", "04-10") == [("03-05", "level2", 1), ("03-25", "level3", 1)]
    assert [at(person) for person in (draft, blocked, unblocked, paid)] == ["level1", "level1", "level3", None]


def test_two_stages_then_the_money_comes_and_nothing_follows(office: Office) -> None:
    policy(*letters(thirty=30, forty=40, fifty=50))
    office.bill("BRUNO", "F1", "40.00", "2025-12-01", "2025-12-31")
    assert nights("01-01", "02-12") == [("01-30", "thirty", 1), ("02-09", "forty", 1)]
    receive(BRUNO, "P1", 4000, "02-13")
    assert at(BRUNO) is None
    assert nights("02-13", "03-31") == []


def test_a_fee_is_charged_once_per_stage_whatever_is_run_again(office: Office) -> None:
    policy(("fee", 7, '{late_fee: {amount: "10.00"}}]'), ("more", 14, '{late_fee: {amount: "15.00"}}]'))
    office.bill("FABRE", "F1", "400.00", "2026-01-01", "2026-01-31")
    fabre = the(FABRE).id

    def fees() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT amount_minor FROM ledger_openitem WHERE kind = 'late_fee' ORDER BY id")
            return [minor for (minor,) in cursor.fetchall()]

    def again(on: str) -> None:
        run(day(on))
        decide_accounts([fabre], day(on))
        perform_accounts([fabre], day(on))
        run(day(on))

    nights("02-01", "02-07")
    again("02-07")
    assert fees() == [1000]
    nights("02-08", "02-13")
    for _ in range(2):
        again("02-14")
    assert fees() == [1000, 1500]
    # The money comes, goes back, and the episode goes on where it stood: with no fee charged anew.
    paid = receive(FABRE, "P1", 42500, "02-15")
    reverse_receipt(fabre, paid, day("02-16"), "AC04", "bank")
    nights("02-15", "03-31")
    assert fees() == [1000, 1500]


def test_monthly_invoices_give_one_letter_at_the_highest_stage_that_lists_them_all(office: Office) -> None:
    policy(*letters(first=10, second=40, formal=70), level="invoice")
    for number, issued_on, due_on in (("JAN", "01-01", "01-11"), ("FEB", "02-01", "02-10"), ("MAR", "03-01", "03-12")):
        office.bill("BRUNO", number, "40.00", f"2026-{issued_on}", f"2026-{due_on}")
    nights("01-12", "03-21")
    # The twenty-second of March: 70 days of January, 40 of February, 10 of March, and one letter.
    assert nights("03-22", "03-22") == [("03-22", "first", 1), ("03-22", "formal", 1), ("03-22", "second", 1)]
    states = {(a.stage, a.state, a.refusal) for a in planned_actions(the(BRUNO).id) if a.planned_on == day("03-22")}
    assert states == {("formal", "performed", ""), ("second", "passed", "merged"), ("first", "passed", "merged")}
    release(day("03-22"))
    (letter,) = [m for m in messages(the(BRUNO).id).rows if m.business_date == day("03-22")]
    assert (letter.template, letter.claimed_minor) == ("formal_notice", 12000)
    assert all(number in letter.text for number in ("JAN", "FEB", "MAR"))


def test_a_missed_week_is_made_good_without_a_burst(office: Office) -> None:
    policy(*letters(first=1, second=4, formal=6))
    office.bill("BRUNO", "F1", "40.00", "2026-01-01", "2026-01-31")
    assert nights("01-31", "01-31") == []
    # Nothing runs from the first to the seventh of February.
    assert nights("02-08", "02-20") == [("02-08", "first", 1), ("02-11", "second", 1), ("02-13", "formal", 1)]


def test_after_a_missed_week_a_policy_may_go_to_the_right_stage_at_once(office: Office) -> None:
    policy(*letters(first=1, second=4, formal=6), catch_up="jump")
    office.bill("BRUNO", "F1", "40.00", "2026-01-01", "2026-01-31")
    assert nights("01-31", "01-31") == []
    assert nights("02-08", "02-20") == [("02-08", "formal", 1)]
    told = {(a.stage, a.state, a.refusal) for a in planned_actions(the(BRUNO).id)}
    assert told == {("first", "passed", "jumped"), ("second", "passed", "jumped"), ("formal", "performed", "")}


def test_a_returned_debit_goes_on_where_the_episode_stood(office: Office) -> None:
    policy(*letters(first=1, second=10, formal=20))
    office.bill("DENIS", "F1", "40.00", "2026-01-01", "2026-01-31")
    assert nights("02-01", "02-11") == [("02-01", "first", 1), ("02-10", "second", 1)]
    debit = receive(DENIS, "DD1", 4000, "02-12")
    assert at(DENIS) is None
    assert nights("02-12", "02-16") == []
    reverse_receipt(the(DENIS).id, debit, day("02-17"), "AM04", "bank")
    assert nights("02-17", "03-10") == [("02-20", "formal", 1)]


def test_a_parent_hears_of_its_children_and_they_hear_nothing(office: Office) -> None:
    policy(*letters(first=3, second=9), family="together")
    office.open_accounts(
        {"number": "HQ", "name": "Head office", "email": "hq@example.test", "kind": "business"},
        {"number": "SHOP", "name": "Shop", "email": "shop@example.test", "kind": "business", "parent": "HQ"},
    )
    office.bill("SHOP", "S1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("HQ", "H1", "20.00", "2026-01-01", "2026-02-05")
    parent, child = the({"number": "HQ"}).id, the({"number": "SHOP"}).id
    assert nights("02-01", "02-06") == [("02-03", "first", 1)]
    release(day("02-06"))
    (letter,) = messages(parent).rows
    assert "S1" in letter.text and "H1" not in letter.text
    # The child pays its debt; the parent's own, three days younger, goes on with the second stage nine days past due.
    office.pay("SHOP", "P1", "30.00", "2026-02-07", invoice="S1")
    assert nights("02-07", "02-20") == [("02-14", "second", 1)]
    assert messages(child).rows == []
