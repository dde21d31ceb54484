"""A customer's standing: who may not buy on credit, who is strategic; kept by imports, told on the timeline; families."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from relance.customers.facts import AccountsChanged
from relance.customers.models import AccountMark, BillingAccount
from relance.customers.queries import event_count, families, timeline
from relance.customers.services import lift_credit_hold, move_credit_class, place_credit_hold, set_standing
from relance.kit.refusal import Refusal
from tests.cast import ALICE, BRUNO, CHLOE, DENIS, FABRE, Office, the

DAY = dt.date(2025, 3, 20)
LATER = dt.date(2025, 3, 24)


@pytest.fixture
def office(db: None, tmp_path: Path) -> Office:
    office = Office(tmp_path)
    office.open_accounts(ALICE, BRUNO, CHLOE)
    return office


@pytest.fixture
def news(monkeypatch: pytest.MonkeyPatch) -> list[AccountsChanged]:
    """What is published of accounts."""
    heard: list[AccountsChanged] = []
    monkeypatch.setattr("relance.customers.services.publish", heard.append)
    return heard


def test_a_class_is_moved_once_and_told(office: Office, news: list[AccountsChanged]) -> None:
    alice, bruno = the(ALICE).id, the(BRUNO).id
    assert move_credit_class([bruno, alice], "watch", "", "stage agency", DAY) == 2
    assert move_credit_class([bruno], " watch ", "", "stage agency", DAY) == 0
    assert the(BRUNO).credit_class == "watch"
    assert [sorted(event.account_ids) for event in news] == [sorted([alice, bruno])]
    (event,) = timeline(bruno)
    assert (event.kind, event.on, event.actor) == ("standing_class_moved", DAY, "")
    assert event.data == {"from": "standard", "to": "watch", "reason": "stage agency"}
    assert event_count(bruno) == 1 and event_count(the(CHLOE).id) == 0


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_class_that_no_file_could_give_is_refused(office: Office, name: str) -> None:
    with pytest.raises(Refusal, match="1 to 60 characters"):
        move_credit_class([the(BRUNO).id], name, "", "", DAY)


def test_an_import_that_gives_a_class_wins_and_one_that_does_not_leaves_it(office: Office) -> None:
    move_credit_class([the(BRUNO).id], "watch", "", "", DAY)
    office.bring("accounts", {"number": "BRUNO", "name": "Bruno Renommé"})
    assert (the(BRUNO).name, the(BRUNO).credit_class) == ("Bruno Renommé", "watch")
    office.bring("accounts", {"number": "BRUNO", "name": "Bruno", "credit_class": "standard"})
    assert the(BRUNO).credit_class == "standard"


def test_no_import_touches_our_own_standing(office: Office) -> None:
    bruno = the(BRUNO).id
    set_standing(bruno, True, 40, "boss", DAY, "large network")
    place_credit_hold([bruno], DAY, "boss")
    office.bring("accounts", {**BRUNO, "name": "Bruno Autre", "segment": "gold", "credit_class": "new"})
    found = the(BRUNO)
    assert (found.name, found.strategic, found.score, found.credit_hold_on) == ("Bruno Autre", True, 40, DAY)


def test_a_credit_hold_is_placed_once_and_lifted_once(office: Office, news: list[AccountsChanged]) -> None:
    bruno = the(BRUNO).id
    assert place_credit_hold([bruno], DAY, "", "stage suspension") == 1
    assert place_credit_hold([bruno], LATER, "") == 0
    assert the(BRUNO).credit_hold_on == DAY
    lift_credit_hold(bruno, "boss", LATER, "paid")
    assert the(BRUNO).credit_hold_on is None
    with pytest.raises(Refusal, match="under no credit hold"):
        lift_credit_hold(bruno, "boss", LATER)
    assert [event.kind for event in timeline(bruno)] == ["standing_hold_lifted", "standing_hold_placed"]
    assert timeline(bruno, 1)[0].data == {"since": "2025-03-20", "reason": "paid"}
    assert len(news) == 2


def test_standing_is_set_once_and_kept_within_its_bounds(office: Office, news: list[AccountsChanged]) -> None:
    bruno = the(BRUNO).id
    assert set_standing(bruno, True, 0, "boss", DAY, "key account")
    assert not set_standing(bruno, True, 0, "boss", DAY, "key account")
    assert set_standing(bruno, True, None, "boss", LATER)
    for score in (-1, 101):
        with pytest.raises(Refusal, match="between 0 and 100"):
            set_standing(bruno, True, score, "boss", DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        BillingAccount.objects.filter(id=bruno).update(score=101)
    assert len(news) == 2
    assert timeline(bruno)[1].data == {
        "strategic_from": False, "strategic": True, "score_from": None, "score": 0, "reason": "key account",
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement", ["UPDATE customers_accountmark SET kind = kind", "DELETE FROM customers_accountmark"]
)
def test_marks_are_only_ever_added(office: Office, statement: str) -> None:
    place_credit_hold([the(BRUNO).id], DAY, "")
    assert AccountMark.objects.count() == 1
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_families_are_found_from_any_of_their_members(office: Office) -> None:
    office.open_accounts(FABRE)
    office.bring(
        "accounts",
        {"number": "SHOP", "name": "Shop", "parent": "FABRE"},
        {"number": "DEPOT", "name": "Depot", "parent": "FABRE"},
        {"number": "VAN", "name": "Van", "parent": "DEPOT"},
        {**DENIS, "parent": "ALICE"},
    )
    fabre, shop, depot, van = (the({"number": name}).id for name in ("FABRE", "SHOP", "DEPOT", "VAN"))
    family = {fabre: tuple(sorted([shop, depot, van]))}
    for member in (fabre, shop, depot, van):
        assert families([member]) == family
    assert families([the(BRUNO).id, the(CHLOE).id]) == {}
    assert families([]) == {}
    assert families([the(DENIS).id, van, the(BRUNO).id]) == {the(ALICE).id: (the(DENIS).id,), **family}
    assert the({"number": "VAN"}).parent_id == depot
    assert the(FABRE).parent_id is None
