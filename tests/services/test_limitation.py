"""Limitation: what restarts a period and what does not, what is time-barred leaves every chase, and may come back."""

import datetime as dt

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance.cycle.services import run
from relance.kit.events import wire
from relance.kit.refusal import Refusal
from relance.ledger import queries
from relance.ledger.facts import Act, Level, MoneyMoved, PostedReceipt, ReceiptOrder
from relance.ledger.services import (
    bill_interest,
    expire_items,
    interrupt,
    post_indemnity,
    post_late_fee,
    post_receipt,
    postpone,
    record_formal_notice,
    reverse_receipt,
)
from relance.legal.facts import Interruption, InterruptionKind, ItemKind, Nature, PartyKind
from relance.legal.packs import pack
from relance.legal.rules import limitation
from relance.project.wiring import wire_everything
from tests import bookkeeping
from tests.bookkeeping import assert_laws_hold, day
from tests.cast import ALICE, FABRE, Office, the

LAST, OVER = dt.date(2026, 11, 10), dt.date(2026, 11, 11)


def act(number: str, on: str, reason: str = "signed plan", key: str = "") -> Act:
    return bookkeeping.act({"number": number}, on, "carole", reason, key)


def item(number: str, document: str) -> int:
    return bookkeeping.item_id({"number": number}, document)


def receive(number: str, reference: str, minor: int, on: str, named: str = "F1") -> PostedReceipt:
    order = ReceiptOrder(act(number, on).account_id, reference, "EUR", minor, day(on), "transfer", named)
    return post_receipt(order, "test")


def chased(number: str, on: dt.date) -> int:
    account_id = act(number, "2026-01-01").account_id
    return sum(row.overdue_minor for row in queries.standings(on, Level.ACCOUNT, [account_id]))


def ends(number: str, on: dt.date) -> dict[str, tuple[str, str]]:
    found = queries.limitations(act(number, "2026-01-01").account_id, on)
    return {entry.item.number: (entry.ends_on.isoformat(), entry.restarted_by) for entry in found}


@pytest.fixture
def owing(office: Office) -> Office:
    """Alice owes the price of a service that was due on 10 November 2025."""
    office.bill("ALICE", "F1", "80.00", "2025-10-11", "2025-11-10")
    return office


def test_the_price_of_a_service_is_time_barred_after_one_year(owing: Office) -> None:
    (entry,) = queries.limitations(the(ALICE).id, day("2026-01-01"))
    assert (entry.ends_on, entry.rule, entry.restarted_on, entry.restarted_by) == (
        LAST,
        "fr.telecom_price_years",
        None,
        "",
    )
    assert expire_items(LAST) == 0
    assert chased("ALICE", LAST) == 8000
    assert expire_items(OVER) == 1
    assert expire_items(OVER) == 0
    assert chased("ALICE", OVER) == 0
    assert chased("ALICE", LAST) == 8000, "the day before stays what it was"
    (item_then,) = queries.open_items(the(ALICE).id, OVER)
    assert (item_then.open_minor, item_then.expired_minor, item_then.chased_minor) == (8000, 8000, 0)
    (balance,) = queries.balances([the(ALICE).id], OVER)[the(ALICE).id]
    assert (balance.open_minor, balance.excluded_minor) == (8000, 8000)
    assert_laws_hold()


def test_l34_2_ltr_does_not_interrupt(owing: Office) -> None:
    """A registered letter, even a formal notice, restarts nothing."""
    with pytest.raises(Refusal, match="'letter' does not restart a limitation period"):
        interrupt(act("ALICE", "2026-06-01"), [item("ALICE", "F1")], "letter", day("2026-06-01"))
    record_formal_notice(act("ALICE", "2026-06-01", "registered letter"), [item("ALICE", "F1")])
    assert ends("ALICE", day("2026-06-02")) == {"F1": ("2026-11-10", "")}
    assert expire_items(OVER) == 1


@pytest.mark.parametrize("kind", ["acknowledgement", "court", "insolvency_claim"])
def test_an_interruption_starts_a_whole_new_period(owing: Office, kind: str) -> None:
    restart = act("ALICE", "2026-06-03", key="restart")
    first = interrupt(restart, [item("ALICE", "F1")], kind, day("2026-06-01"))
    again = interrupt(restart, [item("ALICE", "F1")], kind, day("2026-06-01"))
    assert (again.created, again.ids) == (False, first.ids)
    assert ends("ALICE", day("2026-07-01")) == {"F1": ("2027-06-01", kind)}
    assert expire_items(OVER) == 0
    assert expire_items(day("2027-06-02")) == 1
    assert_laws_hold()


def test_only_the_item_whose_period_is_over_leaves_the_chase(owing: Office) -> None:
    """The other one of the account, restarted, has its last day on the very day on which the first is left out."""
    owing.bill("ALICE", "F2", "50.00", "2025-10-01", "2025-10-31")
    interrupt(act("ALICE", "2025-11-11"), [item("ALICE", "F2")], "acknowledgement", day("2025-11-11"))
    assert ends("ALICE", day("2026-01-01")) == {"F1": ("2026-11-10", ""), "F2": ("2026-11-11", "acknowledgement")}
    assert expire_items(OVER) == 1
    assert chased("ALICE", OVER) == 5000
    assert expire_items(day("2026-11-12")) == 1
    assert chased("ALICE", day("2026-11-12")) == 0


def test_a_part_payment_restarts_the_whole_debt_and_its_return_undoes_that(owing: Office) -> None:
    paid = receive("ALICE", "P1", 500, "2026-06-01")
    assert ends("ALICE", day("2026-07-01")) == {"F1": ("2027-06-01", "part_payment")}
    assert expire_items(OVER) == 0
    reverse_receipt(the(ALICE).id, paid.credit_id, day("2026-12-01"), "AM04", "test")
    assert expire_items(day("2026-12-01")) == 1
    assert chased("ALICE", day("2026-12-01")) == 0
    assert_laws_hold()


def test_a_credit_note_is_no_payment(owing: Office) -> None:
    owing.bring("credits", {"account": "ALICE", "number": "C1", "issued_on": "2026-06-01", "amount": "5.00",
                            "invoice": "F1", "reason": "goodwill"})  # fmt: skip
    assert ends("ALICE", day("2026-07-01")) == {"F1": ("2026-11-10", "")}


def test_a_payment_after_the_end_is_kept_and_revives_nothing(owing: Office) -> None:
    expire_items(OVER)
    assert receive("ALICE", "P1", 500, "2026-11-20").unallocated_minor == 0, "a voluntary payment is kept"
    assert expire_items(day("2026-11-21")) == 0
    interrupt(act("ALICE", "2026-11-22"), [item("ALICE", "F1")], "acknowledgement", day("2026-11-22"))
    assert expire_items(day("2026-11-23")) == 0
    assert chased("ALICE", day("2026-11-23")) == 0
    assert ends("ALICE", day("2026-11-23")) == {"F1": ("2026-11-10", "")}
    assert_laws_hold()


def test_an_interruption_recorded_late_takes_the_item_back_in_at_once(owing: Office) -> None:
    expire_items(OVER)
    interrupt(act("ALICE", "2026-11-20"), [item("ALICE", "F1")], "court", day("2026-10-30"))
    assert chased("ALICE", day("2026-11-19")) == 0
    assert chased("ALICE", day("2026-11-20")) == 8000
    assert expire_items(day("2026-11-21")) == 0
    assert expire_items(day("2027-10-31")) == 1, "and its new period runs out in its turn"
    assert_laws_hold()


def test_a_payment_found_late_takes_the_item_back_in_with_the_night(owing: Office) -> None:
    expire_items(OVER)
    paid = receive("ALICE", "P1", 500, "2026-10-30")
    assert expire_items(day("2026-11-12")) == 1
    assert chased("ALICE", day("2026-11-12")) == 7500
    reverse_receipt(the(ALICE).id, paid.credit_id, day("2026-11-13"), "AM04", "test")
    assert expire_items(day("2026-11-13")) == 1, "the same end may come twice"
    assert chased("ALICE", day("2026-11-13")) == 0
    assert_laws_hold()


def test_money_taken_back_does_not_revive_what_is_time_barred(owing: Office) -> None:
    expire_items(OVER)
    paid = receive("ALICE", "P1", 8000, "2026-11-20")
    reverse_receipt(the(ALICE).id, paid.credit_id, day("2026-11-25"), "AM04", "test")
    assert chased("ALICE", day("2026-11-26")) == 0


def test_a_later_due_date_counts_when_it_was_agreed_in_time(owing: Office) -> None:
    postpone(act("ALICE", "2026-03-01", "agreed"), item("ALICE", "F1"), day("2026-04-30"))
    assert ends("ALICE", day("2026-05-01")) == {"F1": ("2027-04-30", "")}
    assert expire_items(OVER) == 0


@pytest.mark.parametrize(("kind", "nature", "years"), [
    ("consumer", "service", 1), ("consumer", "termination", 1), ("consumer", "equipment", 2), ("consumer", "other", 2),
    ("business", "service", 1), ("business", "equipment", 5), ("business", "other", 5),
])  # fmt: skip
def test_each_nature_has_its_period(office: Office, kind: str, nature: str, years: int) -> None:
    owner = "ALICE" if kind == "consumer" else "FABRE"
    office.bill(owner, "F1", "80.00", "2020-02-01", "2020-02-29", nature=nature)
    last = dt.date(2020 + years, 2, 28)
    assert ends(owner, day("2020-03-01")) == {"F1": (last.isoformat(), "")}
    assert expire_items(last) == 0
    assert expire_items(last + dt.timedelta(days=1)) == 1


def test_a_charge_runs_out_like_the_debt_it_came_from(office: Office) -> None:
    office.bill("FABRE", "F1", "80.00", "2025-10-11", "2025-11-10")
    post_indemnity(act("FABRE", "2025-12-01"), item("FABRE", "F1"))
    assert ends("FABRE", day("2026-01-01")) == {"F1": ("2026-11-10", ""), "IND-F1": ("2026-12-01", "")}
    assert expire_items(OVER) == 2
    assert expire_items(OVER) == 0
    assert chased("FABRE", OVER) == 0
    with pytest.raises(Refusal, match="time-barred since 2026-11-10"):
        post_late_fee(act("FABRE", "2026-11-12"), item("FABRE", "F1"), 1000)
    assert [entry.refusal for entry in queries.claimable_interest(the(FABRE).id, OVER)] == [
        "This item is time-barred, so no interest on it may be asked for."
    ]
    assert_laws_hold()


def test_charges_follow_their_principal_out_of_the_chase_and_back(office: Office) -> None:
    office.bill("FABRE", "F1", "80.00", "2025-10-11", "2025-11-10")
    office.bill("FABRE", "F2", "80.00", "2025-10-11", "2025-11-10")
    post_indemnity(act("FABRE", "2025-12-01"), item("FABRE", "F1"))
    post_late_fee(act("FABRE", "2025-12-01"), item("FABRE", "F1"), 1000)
    bill_interest(act("FABRE", "2026-06-01"), [item("FABRE", "F1")])
    receive("FABRE", "P2", 8000, "2025-11-12", "F2")
    post_indemnity(act("FABRE", "2025-12-01"), item("FABRE", "F2"))
    assert expire_items(OVER) == 4
    assert chased("FABRE", OVER) == 4000, "the paid invoice's indemnity has a period of its own"
    interrupt(act("FABRE", "2026-12-20"), [item("FABRE", "F1")], "court", day("2026-10-30"))
    revived = 8000 + 4000 + 1000 + sum(i.open_minor for i in queries.open_items(the(FABRE).id, OVER)
                                       if i.kind == "interest")  # fmt: skip
    assert chased("FABRE", day("2026-12-20")) == revived + 4000
    assert ends("FABRE", day("2026-12-20"))["IND-F1"] == ("2027-10-30", "court")
    assert expire_items(day("2026-12-20")) == 1, "the other indemnity in its turn"
    assert_laws_hold()


def test_a_charge_that_is_open_again_follows_with_the_next_night(office: Office) -> None:
    office.bill("FABRE", "F1", "80.00", "2025-10-11", "2025-11-10")
    post_indemnity(act("FABRE", "2025-12-01"), item("FABRE", "F1"))
    paid = receive("FABRE", "P1", 4000, "2025-12-05", "IND-F1")
    assert expire_items(OVER) == 1
    reverse_receipt(the(FABRE).id, paid.credit_id, day("2026-11-12"), "AM04", "test")
    assert chased("FABRE", day("2026-11-12")) == 4000
    assert expire_items(day("2026-11-12")) == 1
    assert chased("FABRE", day("2026-11-12")) == 0
    assert_laws_hold()


@pytest.mark.parametrize(("kind", "reason", "on", "documents", "words"), [
    ("reminder", "sent", "2026-06-01", ["F1"], "does not restart"),
    ("part_payment", "paid", "2026-06-01", ["F1"], "read from the receipts"),
    ("acknowledgement", " ", "2026-06-01", ["F1"], "what proves it"),
    ("acknowledgement", "plan", "2026-06-02", ["F1"], "lies ahead of 2026-06-01"),
    ("acknowledgement", "plan", "2026-06-01", [], "choose the items"),
    ("acknowledgement", "plan", "2026-06-01", ["G1"], "no such item"),
])  # fmt: skip
def test_an_interruption_that_is_none_is_refused(
    owing: Office, kind: str, reason: str, on: str, documents: list[str], words: str
) -> None:
    owing.bill("FABRE", "G1", "80.00", "2025-10-11", "2025-11-10")
    ids = [item("FABRE" if document == "G1" else "ALICE", document) for document in documents]
    with pytest.raises(Refusal, match=words):
        interrupt(act("ALICE", "2026-06-01", reason), ids, kind, day(on))


def test_nothing_happened_to_an_item_before_it_was_there(owing: Office) -> None:
    with pytest.raises(Refusal, match="F1 is of 2025-10-11; what happened on 2025-10-10"):
        interrupt(act("ALICE", "2026-06-01"), [item("ALICE", "F1")], "court", day("2025-10-10"))
    assert interrupt(act("ALICE", "2026-06-01"), [item("ALICE", "F1")], "court", day("2025-10-11")).created


def test_the_same_interruption_is_recorded_once(owing: Office) -> None:
    interrupt(act("ALICE", "2026-06-01"), [item("ALICE", "F1")], "court", day("2026-06-01"))
    with pytest.raises(Refusal, match="recorded for F1 already"):
        interrupt(act("ALICE", "2026-06-01"), [item("ALICE", "F1")], "court", day("2026-06-01"))


def test_who_listens_is_told_of_what_left_and_what_came_back(owing: Office) -> None:
    heard: list[MoneyMoved] = []
    wire({MoneyMoved: (heard.append,)})
    try:
        expire_items(OVER)
        interrupt(act("ALICE", "2026-11-20"), [item("ALICE", "F1")], "court", day("2026-10-30"))
    finally:
        wire_everything()
    assert [(list(news.account_ids), news.reopened, news.effective_on) for news in heard] == [
        ([the(ALICE).id], False, OVER),
        ([the(ALICE).id], True, day("2026-11-20")),
    ]


def test_alerts_count_what_runs_out_within_30_60_and_90_days(owing: Office) -> None:
    owing.bill("FABRE", "F2", "100.00", "2025-11-01", "2025-12-10")
    owing.bill("FABRE", "F3", "1000.00", "2025-12-01", "2026-01-09")
    owing.bill("FABRE", "E1", "1000.00", "2025-10-11", "2025-11-10", nature="equipment")
    on = day("2026-10-11")
    assert queries.expiring_counts(on) == {
        30: {"EUR": (1, 8000)}, 60: {"EUR": (2, 18000)}, 90: {"EUR": (3, 118000)},
    }  # fmt: skip
    page = queries.nearly_expired(on, 90, limit=2)
    assert [entry.item.number for entry in page.rows] == ["F1", "F2"]
    assert (page.total, page.total_is_exact) == (3, True)
    rest = queries.nearly_expired(on, 90, page.next_after, limit=2)
    assert [(entry.item.number, entry.ends_on) for entry in rest.rows] == [("F3", day("2027-01-09"))]
    assert rest.next_after is None
    expire_items(OVER)
    assert [entry.item.number for entry in queries.nearly_expired(OVER, 90).rows] == ["F2", "F3"]


def test_a_creditor_without_country_pack_lets_nothing_expire(office: Office) -> None:
    office.bring("creditors", {"code": "es", "name": "Telco ES", "country": "ES", "currency": "EUR"})
    office.bring("accounts", {"number": "GARCIA", "name": "García", "kind": "business", "creditor": "es"})
    office.bill("GARCIA", "F1", "10.00", "2015-03-01", "2015-03-31")
    assert expire_items(OVER) == 0
    assert ends("GARCIA", OVER) == {}


def test_the_night_lets_items_expire_before_it_decides(owing: Office) -> None:
    run(LAST)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dunning_position WHERE account_id = %s", [the(ALICE).id])
        assert cursor.fetchone() == (1,)
    assert run(OVER).steps[0].name == "limitation"
    assert run(OVER).steps[0].name == "limitation"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dunning_position WHERE account_id = %s", [the(ALICE).id])
        assert cursor.fetchone() == (0,), "nothing of the debt may be chased, so the episode is over"
        cursor.execute("SELECT count(*) FROM ledger_exclusion WHERE kind = 'expired'")
        assert cursor.fetchone() == (1,)


class _UndoAll(Exception):
    """Ends an example and takes back all it wrote."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nature=st.sampled_from(list(Nature)),
    kind=st.sampled_from([PartyKind.CONSUMER, PartyKind.BUSINESS]),
    events=st.lists(st.tuples(st.sampled_from(["acknowledgement", "court", "part_payment"]), st.integers(-30, 2600)),
                    max_size=5, unique_by=lambda event: event[1]),
)  # fmt: skip
def test_the_set_based_clock_is_the_clock_of_the_law(
    office: Office, nature: Nature, kind: PartyKind, events: list[tuple[str, int]]
) -> None:
    due_on = day("2018-03-01")
    owner = "ALICE" if kind is PartyKind.CONSUMER else "FABRE"
    try:
        with transaction.atomic():
            office.bill(owner, "F1", "80.00", "2018-01-01", "2018-03-01", nature=nature.value)
            invoice = item(owner, "F1")
            for event, offset in events:
                on = due_on + dt.timedelta(days=offset)
                if event == "part_payment":
                    receive(owner, f"P{offset}", 100, on.isoformat())
                else:
                    interrupt(act(owner, on.isoformat()), [invoice], event, on)
            law = limitation(
                pack("FR"), kind, nature, ItemKind.INVOICE, due_on,
                [Interruption(InterruptionKind(event), due_on + dt.timedelta(days=offset)) for event, offset in events],
            )  # fmt: skip
            restarted_by = law.restarted_by.value if law.restarted_by else ""
            assert ends(owner, day("2026-01-01")) == {"F1": (law.ends_on.isoformat(), restarted_by)}
            raise _UndoAll
    except _UndoAll:
        pass
