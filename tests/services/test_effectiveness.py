"""What followed the contacts of a month, over a small portfolio of which every figure is worked out by hand."""

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from relance.customers.models import Creditor
from relance.dunning.experiments import CHALLENGER, CHAMPION, arm
from relance.dunning.models import Episode, PlannedAction, Scenario, ScenarioVersion
from relance.dunning.services import start_experiment
from relance.insight.facts import EffectGroup, EffectReport
from relance.insight.reports.effectiveness import REPORT
from relance.kit.refusal import Refusal
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt, reverse_receipt
from relance.outbound.models import Dispatch, PrintBatch, PrintedLetter
from relance.worklist.facts import WorkOrder
from relance.worklist.queries import open_work_of
from relance.worklist.services import close_work, open_work
from tests import acts
from tests.services.test_experiments import house_and_trial
from tests.services.test_outbound import account, creditor, invoice

pytestmark = pytest.mark.django_db

NUMBERS = itertools.count(1)
JANUARY, MARCH = dt.date(2026, 1, 1), dt.date(2026, 3, 31)


def on(text: str) -> dt.date:
    """A day of 2026, as `01-05`."""
    return dt.date.fromisoformat(f"2026-{text}")


def planned(account_id: int, stage: str) -> int:
    """An action that a stage of the scenario `house` asked for; its id."""
    scenario, _ = Scenario.objects.get_or_create(code="house")
    version, _ = ScenarioVersion.objects.get_or_create(scenario=scenario, number=1, defaults={"content": {}})
    number = next(NUMBERS)
    return PlannedAction.objects.create(
        account_id=account_id, episode_id=number, currency="EUR", version_id=version.id, stage_index=0, stage=stage,
        ordinal=0, kind="send", planned_on=JANUARY, because="[]",
    ).id  # fmt: skip


def written(account_id: int, day: str, minor: int, **more: Any) -> Dispatch:
    """A message that left on a day; by e-mail, unless said otherwise."""
    stage = more.pop("stage", "first")
    plain = {
        "account_id": account_id, "idempotency_key": planned(account_id, stage) if stage else -next(NUMBERS),
        "channel": "email", "template": "reminder", "language": "fr", "recipient": "x@example.com", "currency": "EUR",
        "business_date": on(day), "state": "sent", "claimed_minor": minor,
        "sent_at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    }  # fmt: skip
    return Dispatch.objects.create(**{**plain, **more})


def posted_letter(account_id: int, dated: str, posted: str, minor: int, **more: Any) -> Dispatch:
    """A letter in a print batch that was put in the post some days after its date."""
    letter = written(account_id, dated, minor, channel="letter", template="formal_notice", **more)
    batch = PrintBatch.objects.create(
        creditor_id=creditor().id, channel="letter", business_date=on(dated), state="posted", sealed_by="ada",
        posted_on=on(posted),
    )  # fmt: skip
    PrintedLetter.objects.create(
        account_id=account_id, dispatch_id=letter.id, batch_id=batch.id, sequence=1, part=1, first_page=1,
        page_count=1, address=[],
    )  # fmt: skip
    return letter


def pays(account_id: int, minor: int, day: str, **more: Any) -> int:
    """Money arrives; the id of its credit."""
    plain = {"currency": "EUR", "method": "transfer", **more}
    return post_receipt(
        ReceiptOrder(account_id, f"P{next(NUMBERS)}", amount_minor=minor, received_on=on(day), **plain)
    ).credit_id


def report(
    by: str = "method", as_of: dt.date = MARCH, months: tuple[str, str] = ("01-01", "01-31"), **more: Any
) -> EffectReport:
    """The report on January as of the end of March, by method."""
    found: EffectReport = REPORT.query(on(months[0]), on(months[1]), as_of, by, **more)
    return found


def paid(group: EffectGroup) -> list[tuple[int, int]]:
    """How many customers paid, and how much, within 3, 7, 14 and 30 days."""
    return [(window.paying_count, window.paid_minor) for window in group.windows]


@pytest.fixture
def portfolio() -> dict[str, int]:
    """Four customers of one month, and one in another currency; each is written to, and most pay."""
    people = {name: account(name.upper(), name=name) for name in ("alice", "bruno", "chloe", "denis", "tokyo")}
    for name, minor, due in (("alice", 10_000, "01-04"), ("bruno", 6_000, "01-04"), ("bruno", 4_000, "01-05"),
                             ("chloe", 8_000, "01-09"), ("denis", 5_000, "01-04")):  # fmt: skip
        invoice(people[name], f"F{next(NUMBERS)}", minor, due_on=on(due))
    invoice(people["tokyo"], "T1", 9_000, "JPY", due_on=on("01-04"))
    written(people["alice"], "01-05", 10_000)
    written(people["bruno"], "01-05", 10_000)
    written(people["denis"], "01-05", 5_000)
    written(people["tokyo"], "01-05", 9_000, currency="JPY")
    written(
        people["alice"], "01-12", 7_000, channel="sms", template="second_reminder", stage="second", state="delivered"
    )
    posted_letter(people["chloe"], "01-18", "01-20", 8_000, stage="formal")
    pays(people["alice"], 3_000, "01-08")  # day 3 after the e-mail
    pays(people["alice"], 7_000, "01-16")  # day 11 after the e-mail, day 4 after the text message: the last one counts
    pays(people["bruno"], 12_000, "01-09")  # day 4, and 20.00 more than was asked for
    pays(people["chloe"], 8_000, "02-19")  # day 30 after the letter was posted, 32 after its date
    pays(people["tokyo"], 9_000, "01-19", currency="JPY")  # day 14
    returned = pays(people["denis"], 5_000, "01-06")
    reverse_receipt(people["denis"], returned, on("01-15"), "returned by the bank", "test")
    return people


def test_each_method_is_followed_by_what_its_customers_paid(portfolio: dict[str, int]) -> None:
    found = {(group.method, group.currency): group for group in report().groups}
    assert set(found) == {("email", "EUR"), ("sms", "EUR"), ("letter", "EUR"), ("email", "JPY")}
    mail = found["email", "EUR"]
    assert (mail.contact_count, mail.customer_count, mail.claimed_minor) == (3, 3, 25_000)
    assert paid(mail) == [(1, 3_000), (2, 13_000), (2, 13_000), (2, 13_000)]
    assert paid(found["sms", "EUR"]) == [(0, 0), (1, 7_000), (1, 7_000), (1, 7_000)]
    assert paid(found["letter", "EUR"]) == [(0, 0), (0, 0), (0, 0), (1, 8_000)]
    assert paid(found["email", "JPY"]) == [(0, 0), (0, 0), (1, 9_000), (1, 9_000)]
    # Of 3 customers and 250.00 asked; 130.00 of the 330.00 that became overdue in January: 100 + 60 + 40 + 80 + 50.
    week = mail.windows[1]
    assert (week.paying_percent, week.paid_percent) == (Decimal("66.67"), Decimal("52.00"))
    assert (mail.new_debtor_count, mail.new_debt_minor, week.new_debt_percent) == (4, 33_000, Decimal("39.39"))


def test_the_total_counts_a_customer_of_two_contacts_once(portfolio: dict[str, int]) -> None:
    euros, yen = report().totals
    assert (euros.currency, euros.contact_count, euros.customer_count, euros.claimed_minor) == ("EUR", 5, 4, 40_000)
    assert paid(euros) == [(1, 3_000), (2, 20_000), (2, 20_000), (3, 28_000)]
    assert euros.windows[3].new_debt_percent == Decimal("84.85")
    assert (yen.customer_count, yen.new_debt_minor) == (1, 9_000)


def test_without_a_dimension_every_combination_is_a_group(portfolio: dict[str, int]) -> None:
    found = {(group.method, group.template, group.stage, group.month, group.currency) for group in report("").groups}
    assert found == {
        ("email", "reminder", "house/first", JANUARY, "EUR"), ("email", "reminder", "house/first", JANUARY, "JPY"),
        ("sms", "second_reminder", "house/second", JANUARY, "EUR"),
        ("letter", "formal_notice", "house/formal", JANUARY, "EUR"),
    }  # fmt: skip
    for by, expected in (
        ("template", {"reminder", "second_reminder", "formal_notice"}),
        ("stage", {"house/first", "house/second", "house/formal"}),
    ):
        assert {getattr(group, by) for group in report(by).groups} == expected


def test_days_that_are_not_over_are_running_and_no_low_figure(portfolio: dict[str, int]) -> None:
    """On 10 January the e-mails of the 5th have their three days behind them and their seven not."""
    (mail, _yen) = report(as_of=on("01-10")).groups
    three, seven, *_longer = mail.windows
    # Denis's payment of the 6th had not come back yet.
    assert (three.contact_count, three.running_count, three.paying_count, three.paid_minor) == (3, 0, 2, 8_000)
    assert three.new_debt_percent is None  # the month goes on
    assert seven.is_open
    assert (seven.running_count, seven.paying_percent, seven.paid_percent, seven.over_on) == (
        3,
        None,
        None,
        on("01-12"),
    )
    document = report(as_of=on("01-10")).as_json()["groups"][0]["windows"]["7"]
    assert (document["running"], document["paid"], document["paying"], document["over_on"]) == (
        3,
        None,
        None,
        "2026-01-12",
    )
    # On the 12th, the day of the last payment that counts, they are over.
    assert not report(as_of=on("01-12")).groups[0].windows[1].is_open


def test_a_group_tells_of_those_that_are_over_and_counts_the_rest(portfolio: dict[str, int]) -> None:
    written(portfolio["chloe"], "01-27", 8_000, state="opened")
    mail = next(
        group for group in report(as_of=on("01-31")).groups if group.currency == "EUR" and group.method == "email"
    )
    seven = mail.windows[1]
    assert (seven.contact_count, seven.running_count, seven.customer_count, seven.claimed_minor) == (3, 1, 3, 25_000)
    assert (seven.paid_percent, seven.new_debt_percent) == (Decimal("52.00"), None)


def test_the_third_day_counts_and_the_fourth_does_not() -> None:
    alice, bruno, chloe = (account(name) for name in ("A1", "B1", "C1"))
    for each, day in ((alice, "01-08"), (bruno, "01-09"), (chloe, "01-05")):
        written(each, "01-05", 1_000)
        pays(each, 1_000, day)
    (mail,) = report().groups
    # Chloé's money is of the day of the contact itself: it was on its way before.
    assert paid(mail) == [(1, 1_000), (2, 2_000), (2, 2_000), (2, 2_000)]


def test_of_two_messages_of_one_day_the_later_one_is_followed() -> None:
    alice = account("A1")
    written(alice, "01-05", 1_000)
    written(alice, "01-05", 1_000, channel="sms")
    pays(alice, 1_500, "01-06")
    found = {group.method: paid(group)[0] for group in report().groups}
    assert found == {"email": (0, 0), "sms": (1, 1_000)}


def test_messages_about_one_invoice_are_followed_by_what_settled_it() -> None:
    alice = account("A1")
    first = invoice(alice, "F1", 5_000, due_on=on("01-02"))
    second = invoice(alice, "F2", 3_000, due_on=on("01-03"))
    written(alice, "01-05", 5_000, item_id=first, channel="email")
    written(alice, "01-05", 3_000, item_id=second, channel="sms")
    pays(alice, 9_000, "01-07")  # 50.00 for the first, 30.00 for the second, 10.00 that nothing asked for
    found = {group.method: paid(group)[0] for group in report().groups}
    assert found == {"email": (1, 5_000), "sms": (1, 3_000)}


def test_what_did_not_reach_the_customer_is_no_contact() -> None:
    alice = account("A1")
    for state in ("prepared", "released", "sealed", "bounced", "returned", "failed", "withdrawn", "merged"):
        written(alice, "01-05", 1_000, state=state)
    written(alice, "01-05", 1_000, for_staff=True)
    assert report().groups == ()
    written(alice, "01-05", 1_000, state="unknown")
    pays(alice, 1_000, "01-06")
    (mail,) = report().groups
    assert (mail.contact_count, mail.customer_count, mail.unknown_count, mail.claimed_minor) == (0, 0, 1, 0)
    assert paid(mail) == [(0, 0)] * 4


def test_a_message_passed_on_counts_from_the_day_it_left() -> None:
    """The e-mail of 5 January bounced; the text message that took its place left on the 9th."""
    alice = account("A1")
    left = dt.datetime(2026, 1, 9, 10, tzinfo=dt.UTC)
    written(alice, "01-05", 1_000, channel="sms", context={"written_late": True}, sent_at=left)
    pays(alice, 1_000, "01-09")
    pays(alice, 1_000, "01-12")
    (text,) = report().groups
    assert paid(text)[0] == (1, 1_000)
    assert text.windows[0].over_on == on("01-12")


def test_a_parent_who_pays_for_its_family_answers_the_message_to_the_parent() -> None:
    parent, child, stranger = account("P1"), account("C1"), account("S1")
    written(parent, "01-05", 9_000, context={"family": [child]})
    pays(parent, 4_000, "01-07")
    pays(child, 6_000, "01-08")
    pays(stranger, 5_000, "01-08")
    (mail,) = report().groups
    assert (mail.customer_count, paid(mail)[0]) == (1, (1, 9_000))


def test_a_call_in_which_the_customer_was_reached_is_a_contact() -> None:
    alice, bruno = account("A1"), account("B1")
    for each, outcome in ((alice, "will_pay"), (bruno, "no_answer")):
        invoice(each, f"F{each}", 4_000, due_on=on("01-02"))
        open_work([WorkOrder(planned(each, "call"), each, "call", 0, "EUR", on("01-06"), "", {}, on("01-05"))])
        (work,) = open_work_of(each)
        close_work(work.id, outcome, "", "ada", on("01-06"))
        pays(each, 4_000, "01-08")
    (call,) = report("").groups
    assert (call.method, call.template, call.stage) == ("call", "", "house/call")
    assert (call.contact_count, call.claimed_minor, paid(call)[0]) == (1, 4_000, (1, 4_000))


def test_a_payment_after_the_next_months_contact_belongs_to_that_one() -> None:
    alice = account("A1")
    written(alice, "01-31", 1_000)
    written(alice, "02-05", 1_000)
    pays(alice, 1_000, "02-06")
    assert paid(report().groups[0])[3] == (0, 0)
    assert [(group.month, paid(group)[3]) for group in report("month", months=("01-01", "02-01")).groups] == [
        (JANUARY, (0, 0)), (on("02-01"), (1, 1_000)),
    ]  # fmt: skip


def test_a_chosen_method_or_stage_changes_no_figure(portfolio: dict[str, int]) -> None:
    whole = {group.method: group for group in report().groups if group.currency == "EUR"}
    (texts,) = report(method="sms").groups
    assert texts == whole["sms"]
    (formal,) = report(stage="house/formal").groups
    assert formal == whole["letter"]
    assert report(method="pigeon").groups == ()


def test_creditors_are_told_apart(portfolio: dict[str, int]) -> None:
    other = Creditor.objects.create(code="other", name="Other", country="FR")
    stranger = account("X1", creditor=other)
    invoice(stranger, "X1", 700, due_on=on("01-10"))
    written(stranger, "01-11", 700)
    assert [group.contact_count for group in report(creditor_id=creditor().id).totals] == [5, 1]
    (only,) = report(creditor_id=other.id).totals
    assert (only.contact_count, only.new_debtor_count, only.new_debt_minor) == (1, 1, 700)


def test_new_debts_are_what_became_overdue_for_the_first_time() -> None:
    """January: 100.00 of A, 40.00 of B open past its date, 60.00 of C that came back; D is due later by agreement."""
    people = {name: account(name) for name in "ABCDE"}
    ids = {name: invoice(each, f"F{name}", 10_000, due_on=on("01-10")) for name, each in people.items()}
    pays(people["A"], 10_000, "01-11")  # late by a day: it was overdue all the same
    pays(people["B"], 6_000, "01-10")  # in time
    back = pays(people["C"], 6_000, "01-09")
    pays(people["C"], 4_000, "01-09")
    reverse_receipt(people["C"], back, on("01-20"), "insufficient funds", "test")
    acts.postpone(people["D"], "FD", on("02-15"), on("01-08"))
    acts.postpone(people["E"], "FE", on("02-15"), on("01-20"))  # too late: it had been overdue
    again = pays(people["A"], 1, "01-21")
    reverse_receipt(people["A"], again, on("02-03"), "insufficient funds", "test")
    assert ids
    for name in "ABCDE":
        written(people[name], "01-25", 1)
        written(people[name], "02-25", 1)
    january, february = report("month", months=("01-01", "02-28")).groups
    assert (january.new_debtor_count, january.new_debt_minor) == (4, 10_000 + 4_000 + 6_000 + 10_000)
    assert (february.new_debtor_count, february.new_debt_minor) == (1, 10_000)
    (both,) = report("method", months=("01-01", "02-28")).groups
    assert (both.new_debtor_count, both.new_debt_minor) == (5, 40_000)


def test_one_report_takes_a_handful_of_queries(portfolio: dict[str, int], django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        report()
    for number in range(30):
        written(account(f"N{number}"), "01-05", 1_000)
    with django_assert_max_num_queries(6):
        report()


def test_what_cannot_be_asked_for_is_refused() -> None:
    for months, as_of, by in (
        (("02-01", "01-01"), MARCH, ""),
        (("01-01", "01-01"), MARCH, "colour"),
        (("05-01", "05-01"), MARCH, ""),
    ):
        with pytest.raises(Refusal):
            report(by, as_of, months)
    with pytest.raises(Refusal):
        REPORT.query(dt.date(2020, 1, 1), MARCH, MARCH)
    assert report() == EffectReport(JANUARY, on("01-31"), MARCH, "method", (), (), ())


def test_a_returned_letter_or_bounced_message_leaves_the_figure(portfolio: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbound_dispatch SET state = 'returned' WHERE channel = 'letter'")
    assert "letter" not in {group.method for group in report().groups}


def test_the_arms_of_an_experiment_are_told_by_how_soon_their_episodes_were_settled() -> None:
    """Twelve episodes of 5 January, dealt by lot; those of the first three customers of each arm were settled on the 9th."""
    house_and_trial()
    found = start_experiment("soft", "house", "trial", 50, on("01-01"), on("01-31"), "claire", on("01-01"))
    versions = {code: ScenarioVersion.objects.get(scenario__code=code).id for code in ("house", "trial")}
    arms: dict[str, list[int]] = {CHAMPION: [], CHALLENGER: []}
    for number in range(40):
        side = arm(f"E{number}", found.salt, 50)
        if len(arms[side]) == 6:
            continue
        arms[side].append(account(f"E{number}"))
        code = found.champion if side == CHAMPION else found.challenger
        closed_on = on("01-09") if len(arms[side]) <= 3 else None
        Episode.objects.create(
            account_id=arms[side][-1], currency="EUR", version_id=versions[code], opened_on=on("01-05"),
            closed_on=closed_on, opened_minor=1_000,
        )  # fmt: skip
    (arms_told,) = report(as_of=on("01-20")).comparisons
    assert (arms_told.experiment, arms_told.currency) == ("soft", "EUR")
    for side in (arms_told.champion, arms_told.challenger):
        assert (side.episode_count, side.contacted_count) == (6, 0)
        # Within 3 days nobody, within 7 and 14 half of them; thirty days are not over.
        assert [(share.part, share.whole) for share in side.shares] == [(0, 6), (3, 6), (3, 6), (0, 0)]
    assert [gap.points if gap else None for gap in arms_told.differences] == [0, 0, 0, None]
    assert report(months=("02-01", "02-28")).comparisons == ()
