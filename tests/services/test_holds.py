"""Holds on a real database: once whatever comes twice, added to and never changed, read as the days say."""

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from relance.arrangements import queries
from relance.arrangements.facts import Guarded, HoldFacts, HoldKind, HoldsChanged, HoldState, Scope, Verdict
from relance.arrangements.laws import LAWS
from relance.arrangements.rules import paused_days, verdict
from relance.arrangements.services import end_hold, pause_again, place_hold
from relance.kit import events
from relance.kit.laws import check
from relance.kit.refusal import Refusal
from relance.outbound.facts import MessageOrder
from relance.outbound.models import Dispatch
from relance.outbound.services import prepare
from tests.bookkeeping import day, item_id, one
from tests.cast import ALICE, BRUNO, CAST, CHLOE, Office, the

Span = tuple[str, str | None]


@pytest.fixture
def desk(office: Office) -> Office:
    """Alice owes F1 and F2, Bruno G1."""
    office.bill("ALICE", "F1", "120.00", "2026-01-01", "2026-01-31")
    office.bill("ALICE", "F2", "60.00", "2026-02-01", "2026-02-28")
    office.bill("BRUNO", "G1", "50.00", "2026-01-01", "2026-01-31")
    return office


def place(kind: str = "promise", since: str = "2026-03-01", until: str | None = "2026-03-20", **more: Any) -> int:
    """Place a hold on Alice's account, said in short."""
    said = {"reason": "said so on the phone", "by": "ines", "key": ""} | more
    return place_hold(said.pop("account", the(ALICE).id), kind, day(since), until and day(until), **said)


def read(hold_id: int) -> HoldFacts:
    """The hold as other rooms see it."""
    found = queries.hold(hold_id)
    assert found is not None
    return found


def spans(hold_id: int) -> list[Span]:
    """The days on which it is in force: first held, first free."""
    return [(since.isoformat(), free and free.isoformat()) for since, free in read(hold_id).periods]


def assert_laws_hold() -> None:
    """Every promise of the room is kept."""
    assert {report.law: report.examples for report in check(LAWS) if report.offenders} == {}


def test_placing_with_an_end_writes_both_events(desk: Office) -> None:
    hold_id = place(reference="T-1")
    (found,) = queries.holds([the(ALICE).id, the(BRUNO).id])[the(ALICE).id]
    assert found == HoldFacts(
        hold_id, the(ALICE).id, HoldKind.PROMISE, 0, None, None, ((day("2026-03-01"), day("2026-03-21")),),
        "said so on the phone", "T-1", "ines",
    )  # fmt: skip
    assert found.scope is Scope.ACCOUNT
    told = queries.events_of_hold(the(ALICE).id, hold_id)
    assert [(event.pauses, event.effective_on.isoformat()) for event in told] == [
        (True, "2026-03-01"),
        (False, "2026-03-21"),
    ]
    assert the(BRUNO).id not in queries.holds([the(BRUNO).id])
    assert_laws_hold()


def test_ending_early_late_and_never_having_begun(desk: Office) -> None:
    early, whole, no_end = place(), place("manual"), place("manual", until=None)
    assert end_hold(early, day("2026-03-10"), "paid", "ines")
    assert spans(early) == [("2026-03-01", "2026-03-10")]
    assert end_hold(whole, day("2026-03-01"), "a mistake", "ines")
    assert spans(whole) == []
    assert end_hold(no_end, day("2026-04-01"), "done", "ines")
    assert spans(no_end) == [("2026-03-01", "2026-04-01")]
    assert_laws_hold()


def test_ending_twice_changes_nothing(desk: Office) -> None:
    hold_id = place()
    assert end_hold(hold_id, day("2026-03-10"), "paid", "ines")
    assert not end_hold(hold_id, day("2026-03-10"), "paid", "ines")
    assert one("SELECT count(*) FROM arrangements_holdevent") == 3
    with pytest.raises(Refusal, match="over since 2026-03-10"):
        end_hold(hold_id, day("2026-03-11"), "paid", "ines")
    with pytest.raises(Refusal, match="begins on 2026-03-01"):
        end_hold(hold_id, day("2026-02-27"), "paid", "ines")


def test_ending_takes_away_what_was_to_come(desk: Office) -> None:
    hold_id = place()
    assert pause_again(hold_id, day("2026-04-01"), day("2026-04-30"), "asked again", "ines")
    assert end_hold(hold_id, day("2026-03-05"), "gone", "ines")
    assert spans(hold_id) == [("2026-03-01", "2026-03-05")]
    assert_laws_hold()


def test_more_time_continues_or_comes_back(desk: Office) -> None:
    longer, back = place(), place()
    assert pause_again(longer, day("2026-03-10"), day("2026-04-30"), "more time", "ines")
    assert spans(longer) == [("2026-03-01", "2026-05-01")]
    assert pause_again(back, day("2026-04-01"), None, "again", "ines")
    assert spans(back) == [("2026-03-01", "2026-03-21"), ("2026-04-01", None)]
    assert not pause_again(back, day("2026-04-05"), day("2026-04-06"), "so already", "ines")
    assert_laws_hold()


def test_a_planned_end_that_was_overtaken_does_not_come_back(desk: Office) -> None:
    hold_id = place()
    end_hold(hold_id, day("2026-03-05"), "paid", "ines")
    pause_again(hold_id, day("2026-03-10"), None, "bounced", "ines")
    assert spans(hold_id) == [("2026-03-01", "2026-03-05"), ("2026-03-10", None)]


def test_backdating_counts_from_its_day_and_says_when_it_was_recorded(desk: Office) -> None:
    account_id = the(ALICE).id
    hold_id = place("dispute", "2020-02-10", "2020-02-19", item_id=item_id(ALICE, "F1"))
    holds = queries.holds([account_id])[account_id]
    assert paused_days(holds, item_id(ALICE, "F1"), day("2020-01-01"), day("2020-01-31"), day("2020-03-31")) == 10
    (told,) = queries.timeline(account_id)
    assert (told.kind, told.on, told.actor) == ("hold_placed", day("2020-02-10"), "ines")
    assert told.at.year >= 2024
    assert told.data["item"] == "F1"
    assert told.data["until"] == "2020-02-19"
    assert read(hold_id).periods == ((day("2020-02-10"), day("2020-02-20")),)


def test_the_same_key_is_the_same_hold(desk: Office) -> None:
    first = place(key="k1")
    assert place(key="k1") == first
    assert one("SELECT count(*) FROM arrangements_hold") == 1
    assert one("SELECT count(*) FROM arrangements_holdevent") == 2
    assert queries.is_recorded(the(ALICE).id, "k1")
    with pytest.raises(Refusal, match="'k1' was used for another hold"):
        place(key="k1", reason="another")
    assert end_hold(first, day("2026-03-04"), "paid", "ines", key="k2")
    assert not end_hold(first, day("2026-03-04"), "paid", "ines", key="k2")
    with pytest.raises(Refusal, match="'k2' was used"):
        end_hold(first, day("2026-03-05"), "paid", "ines", key="k2")
    assert place(key="k1", account=the(BRUNO).id) != first, "a key is an account's own"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kind": "holiday"}, "no hold of kind 'holiday'"),
        ({"reason": "  "}, "needs a reason"),
        ({"reason": "x" * 301}, "longer than the 300"),
        ({"reason": "a\0b"}, "control character"),
        ({"reference": "x" * 121}, "longer than the 120"),
        ({"until": "2026-02-28"}, "lies before the first"),
        ({"since": "1926-03-01"}, "check the year"),
        ({"until": "2926-03-01"}, "check the year"),
        ({"item_id": 999_999_999}, "no such item"),
        ({"account": 999_999_999}, "no such account"),
        ({"part_minor": 100}, "name the item"),
        ({"kind": "insolvency"}, "needs the day before which"),
        ({"kind": "deceased", "born_before": dt.date(2026, 1, 1)}, "covers the whole account"),
        ({"kind": "dispute", "born_before": dt.date(2026, 1, 1)}, "cannot cover that"),
        ({"kind": "plan", "item_id": 1, "born_before": dt.date(2026, 1, 1)}, "not of both"),
        ({"kind": "plan", "born_before": dt.date(1026, 1, 1)}, "check the year"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(desk: Office, said: dict[str, Any], told: str) -> None:
    with pytest.raises(Refusal, match=told):
        place(**said)
    assert one("SELECT count(*) FROM arrangements_hold") == 0


def test_an_item_of_another_account_and_a_part_as_large_as_the_whole_are_refused(desk: Office) -> None:
    with pytest.raises(Refusal, match="no such item on this account"):
        place("dispute", item_id=item_id(BRUNO, "G1"))
    for minor in (0, -1, 12_000):
        with pytest.raises(Refusal, match="less than the whole of F1"):
            place("dispute", item_id=item_id(ALICE, "F1"), part_minor=minor)
    hold_id = place("dispute", item_id=item_id(ALICE, "F1"), part_minor=11_999)
    assert (read(hold_id).scope, read(hold_id).currency) == (Scope.PART, "EUR")


@pytest.mark.parametrize("act", [end_hold, lambda number, on, *said: pause_again(number, on, None, *said)])
def test_acts_on_no_hold_and_without_a_reason_are_refused(desk: Office, act: Callable[..., Any]) -> None:
    with pytest.raises(Refusal, match="no such hold"):
        act(999_999_999, day("2026-03-04"), "why", "ines")
    with pytest.raises(Refusal, match="needs a reason"):
        act(place(), day("2026-03-04"), " ", "ines")


def test_the_database_lets_nobody_change_or_take_away_a_row(desk: Office) -> None:
    place()
    for statement in (
        "UPDATE arrangements_hold SET reason = 'x'",
        "DELETE FROM arrangements_hold",
        "UPDATE arrangements_holdevent SET effective_on = '2026-01-01'",
        "DELETE FROM arrangements_holdevent",
        "SET LOCAL relance.truncate_allowed = 'off'; TRUNCATE arrangements_hold",
        "SET LOCAL relance.truncate_allowed = 'off'; TRUNCATE arrangements_holdevent",
    ):
        with (
            pytest.raises(DatabaseError, match="only ever added"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_accounts_of_which_something_changes(desk: Office) -> None:
    place(since="2026-03-01", until="2026-03-20")
    place(account=the(BRUNO).id, since="2026-03-10", until=None)
    alice, bruno = sorted([(the(ALICE).id, "a"), (the(BRUNO).id, "b")])
    both = [alice[0], bruno[0]]
    assert queries.changing(None, day("2026-02-28")) == []
    assert queries.changing(None, day("2026-03-31")) == both
    assert queries.changing(day("2026-02-28"), day("2026-03-01")) == [the(ALICE).id]
    assert queries.changing(day("2026-03-01"), day("2026-03-20")) == [the(BRUNO).id]
    assert queries.changing(day("2026-03-20"), day("2026-03-21")) == [the(ALICE).id]


def test_overlapping_holds_of_several_kinds_are_read_together(desk: Office) -> None:
    place("vulnerable", until=None)
    place("aid_request", until=None)
    holds = queries.holds([the(ALICE).id])[the(ALICE).id]
    assert verdict(holds, Guarded.RESTRICT, day("2026-03-02"))[0] is Verdict.FORBIDDEN
    assert verdict(holds, Guarded.REMINDER, day("2026-03-02"))[0] is Verdict.ALLOWED


def waiting_message(on: dt.date) -> int:
    """A reminder to Alice that waits for its words."""
    prepare(
        [MessageOrder(1, the(ALICE).id, 0, "EUR", "email", "reminder", "fr", "alice@example.test", on, {})]
    )  # fmt: skip
    return int(Dispatch.objects.values_list("id", flat=True).get())


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"kind": "manual"}, "withdrawn"),
        ({"kind": "promise"}, "withdrawn"),
        ({"kind": "vulnerable"}, "prepared"),
        ({"kind": "manual", "as_of": dt.date(2026, 2, 27)}, "prepared"),
        ({"kind": "manual", "as_of": dt.date(2026, 3, 1)}, "withdrawn"),
        ({"kind": "manual", "as_of": dt.date(2026, 3, 21)}, "prepared"),
    ],
)
def test_what_waits_to_be_sent_goes_no_more(desk: Office, said: dict[str, Any], state: str) -> None:
    waiting_message(day("2026-02-27"))
    place(**said)
    assert Dispatch.objects.get().state == state
    assert one("SELECT count(*) FROM dunning_nudge WHERE account_id = %s", [the(ALICE).id]) > 0


def test_ending_is_news_too(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_id = place()
    told: list[HoldsChanged] = []
    monkeypatch.setitem(events._handlers, HoldsChanged, (told.append,))
    end_hold(hold_id, day("2026-03-10"), "paid", "ines")
    end_hold(hold_id, day("2026-03-10"), "paid", "ines")
    pause_again(hold_id, day("2026-03-10"), None, "bounced", "ines", as_of=day("2026-03-11"))
    assert told == [
        HoldsChanged([the(ALICE).id], stops_messages=False),
        HoldsChanged([the(ALICE).id], stops_messages=True),
    ]


def test_the_timeline_tells_each_act_once(desk: Office) -> None:
    hold_id = place()
    pause_again(hold_id, day("2026-04-01"), day("2026-04-10"), "again", "gilles")
    # The days asked for end where the hold goes on: the act says its own last day all the same.
    pause_again(hold_id, day("2026-03-25"), day("2026-03-31"), "in between", "gilles")
    end_hold(hold_id, day("2026-03-05"), "gone", "fiona")
    told = queries.timeline(the(ALICE).id)
    assert [(event.kind, event.on.isoformat(), event.data["until"], event.actor) for event in told] == [
        ("hold_again", "2026-04-01", "2026-04-10", "gilles"),
        ("hold_again", "2026-03-25", "2026-03-31", "gilles"),
        ("hold_ended", "2026-03-05", None, "fiona"),
        ("hold_placed", "2026-03-01", "2026-03-20", "ines"),
    ]
    assert queries.event_count(the(ALICE).id) == 4
    assert [event.kind for event in queries.timeline(the(ALICE).id, limit=1)] == ["hold_again"]


def test_the_list_filters_sorts_and_goes_on(desk: Office) -> None:
    first = place(since="2026-03-01", reference="T-77")
    second = place("manual", account=the(BRUNO).id, since="2026-03-05", until=None)
    third = place("manual", account=the(CHLOE).id, since="2026-05-01", until="2026-05-10")
    over = place("manual", since="2026-01-01", until="2026-01-10")
    gone = place("manual", since="2026-06-01", until="2026-06-10")
    end_hold(gone, day("2026-06-01"), "a mistake", "ines")
    today = day("2026-03-10")

    def ids(**asked: Any) -> list[int]:
        return [row.hold.id for row in queries.holds_page(today, **asked).rows]

    assert ids() == [gone, third, second, first, over]
    assert ids(sort="from") == [over, first, second, third, gone]
    assert ids(sort="account") == [first, over, gone, second, third]
    assert ids(state_on="active") == [second, first]
    assert ids(state_on="coming") == [third]
    assert ids(state_on="ended") == [gone, over]
    assert ids(kind="promise") == [first]
    assert [row.hold.id for row in queries.holds_page(day("2026-06-05"), state_on="active").rows] == [second]
    assert ids(text="t-77") == [first]
    assert ids(text="bru") == [second]
    assert ids(text="%") == []
    for sort in queries.SORTS:
        walked: list[int] = []
        after = None
        while True:
            page = queries.holds_page(today, sort=sort, after=after, limit=2)
            assert page.total == 5
            walked += [row.hold.id for row in page.rows]
            after = page.next_after
            if after is None:
                break
        assert walked == ids(sort=sort)
    rows = {row.hold.id: (row.state, row.account_number) for row in queries.holds_page(today).rows}
    assert rows[third] == (HoldState.COMING, "CHLOE")
    assert rows[over][0] is HoldState.ENDED
    for wrong in ({"sort": "reason"}, {"state_on": "asleep"}, {"after": "nowhere"}, {"after": "2026-01-01|x"}):
        with pytest.raises(ValueError, match=r".+"):
            queries.holds_page(today, **wrong)


def test_reading_the_holds_of_many_is_one_query(desk: Office, django_assert_num_queries: Any) -> None:
    place()
    place(account=the(BRUNO).id)
    ids = [the(person).id for person in CAST]
    with django_assert_num_queries(1):
        found = queries.holds(ids)
    assert set(found) == {the(ALICE).id, the(BRUNO).id}


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do these at the same time; what each gave or was refused with."""
    outcomes: list[object] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def run(place_in_line: int, act: Callable[[], object]) -> None:
        try:
            ready.wait()
            outcomes[place_in_line] = act()
        except Refusal as refusal:
            outcomes[place_in_line] = str(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=turn) for turn in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path) -> Office:
    """The desk of several people at once."""
    office = Office(tmp_path)
    office.open_accounts(*CAST)
    return office


def test_one_form_sent_three_times_at_once_places_one_hold(shared: Office) -> None:
    first, again, third = at_once(*[lambda: place(key="k1")] * 3)
    assert first == again == third
    assert one("SELECT count(*) FROM arrangements_hold") == 1
    assert one("SELECT count(*) FROM arrangements_holdevent") == 2
    assert_laws_hold()


def test_two_people_end_one_hold_at_once(shared: Office) -> None:
    hold_id = place(until=None)
    done = at_once(*[lambda: end_hold(hold_id, day("2026-03-10"), "paid", "ines")] * 3)
    assert sorted(map(str, done)) == ["False", "False", "True"]
    assert one("SELECT count(*) FROM arrangements_holdevent") == 2
