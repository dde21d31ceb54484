"""The rates table: proposed with a source, approved by a second person, and never against what a pack brings."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import translation

from relance.legal.facts import LegalRefusal, MissingRate, RateState
from relance.legal.models import Rate
from relance.legal.queries import missing_rates, rate_book, rate_rows, series
from relance.legal.services import approve_rate, propose_rate, refuse_rate, replace_rate

pytestmark = pytest.mark.django_db

LEGAL, MRO = "fr_legal_professional", "ecb_mro"
JULY = dt.date(2026, 7, 1)
SOURCE = "Arrêté du 24 juin 2026, JO du 28"


def propose(code: str = LEGAL, valid_from: dt.date = JULY, percent: str = "2.71", actor: str = "fiona") -> int:
    row = propose_rate(code, valid_from, Decimal(percent), SOURCE, actor)
    assert row.id is not None
    return row.id


def test_a_rate_counts_once_a_second_person_approved_it() -> None:
    with pytest.raises(MissingRate):
        rate_book().percent(LEGAL, JULY)
    proposed = propose_rate(LEGAL, JULY, Decimal("2.71"), f"  {SOURCE} ", "fiona")
    assert (proposed.state, proposed.source, proposed.proposed_by) == (RateState.PROPOSED, SOURCE, "fiona")
    assert proposed.proposed_at is not None and proposed.decided_at is None
    assert not rate_book().has(LEGAL, JULY)
    assert proposed.id is not None
    approved = approve_rate(proposed.id, "gilles")
    assert (approved.state, approved.decided_by, approved.percent) == (RateState.APPROVED, "gilles", Decimal("2.71"))
    assert str(approved.percent) == "2.71"
    assert approved.decided_at is not None
    assert approved.valid_to == dt.date(2026, 12, 31)
    book = rate_book()
    assert book.percent(LEGAL, dt.date(2026, 12, 31)) == Decimal("2.71")
    assert not book.has(LEGAL, dt.date(2027, 1, 1))
    assert book.percent(LEGAL, dt.date(2026, 6, 30)) == Decimal("2.62")


def test_each_service_called_twice_does_its_work_once() -> None:
    first = propose()
    assert propose() == first
    approved = approve_rate(first, "gilles")
    assert approve_rate(first, "gilles") == approved
    second = propose(MRO)
    refused = refuse_rate(second, "gilles", "read off the wrong line")
    assert refuse_rate(second, "gilles", "again") == refused
    assert Rate.objects.count() == 2


def test_nobody_approves_their_own_rate() -> None:
    waiting = propose()
    for actor in ("fiona", "Fiona "):
        with pytest.raises(LegalRefusal, match="another person"):
            approve_rate(waiting, actor)
    with pytest.raises(IntegrityError, match="legal_rate_two_people"), transaction.atomic():
        Rate.objects.filter(pk=waiting).update(state="approved", decided_by="fiona", decided_at=Now())


def test_a_proposal_is_refused_with_a_reason_and_may_be_made_anew() -> None:
    waiting = propose(percent="27.1")
    with pytest.raises(LegalRefusal, match="Say why"):
        refuse_rate(waiting, "gilles", "  ")
    refused = refuse_rate(waiting, "fiona", "slip of the pen")
    assert (refused.state, refused.reason) == (RateState.REFUSED, "slip of the pen")
    with pytest.raises(LegalRefusal, match="already decided by fiona"):
        approve_rate(waiting, "gilles")
    again = propose()
    approve_rate(again, "gilles")
    with pytest.raises(LegalRefusal, match="already decided by gilles"):
        refuse_rate(again, "fiona", "too late")
    assert rate_book().percent(LEGAL, JULY) == Decimal("2.71")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"series": "fr_livret_a"}, "not a rate that any country pack uses"),
        ({"valid_from": dt.date(2026, 8, 3)}, "write 2026-07-01 for the half-year of 2026-08-03"),
        ({"percent": Decimal(271)}, "not a published rate"),
        ({"percent": Decimal("NaN")}, "not a published rate"),
        ({"percent": Decimal("2.71234")}, "more than 4 decimals"),
        ({"source": "  "}, "Give the source"),
        ({"source": "x" * 301}, "Give the source"),
        ({"actor": " "}, "name of the person"),
    ],
)
def test_bad_input_is_refused_in_both_languages(changes: dict[str, object], sentence: str) -> None:
    order: dict[str, object] = {
        "series": LEGAL, "valid_from": JULY, "percent": Decimal("2.71"), "source": SOURCE, "actor": "fiona",
    }  # fmt: skip
    with pytest.raises(LegalRefusal, match=sentence) as refused:
        propose_rate(**{**order, **changes})  # type: ignore[arg-type]
    with translation.override("fr"), pytest.raises(LegalRefusal) as refusé:
        propose_rate(**{**order, **changes})  # type: ignore[arg-type]
    assert str(refusé.value) == refused.value.sentence("fr") != str(refused.value)
    assert Rate.objects.count() == 0


def test_an_operator_contradicts_no_confirmed_rate_of_a_pack() -> None:
    with pytest.raises(LegalRefusal, match=r"2026-01-01 to 2026-06-30 already has 2.62 % from the country pack"):
        propose(valid_from=dt.date(2026, 1, 1), percent="2.63")
    waiting = Rate.objects.create(
        series=LEGAL, valid_from=dt.date(2026, 1, 1), percent="2.63", source=SOURCE, proposed_by="fiona"
    )
    with pytest.raises(LegalRefusal, match=r"already has 2\.62"):
        approve_rate(waiting.pk, "gilles")


def test_a_rate_still_to_be_confirmed_gives_way_to_an_approved_one() -> None:
    bank_rate, first_half = "boe_bank_rate", dt.date(2026, 1, 1)
    assert rate_book().percent(bank_rate, first_half) == Decimal("3.75")
    approve_rate(propose(bank_rate, first_half, "3.5"), "gilles")
    seed, row = (found for found in rate_rows(bank_rate) if found.valid_from == first_half)
    assert (seed.state, seed.confirmed, seed.replaced) == (RateState.SEED, False, True)
    assert (row.state, row.confirmed, row.replaced) == (RateState.APPROVED, True, False)
    assert rate_book().percent(bank_rate, first_half) == Decimal("3.5")


def test_a_half_year_has_one_approved_and_one_waiting_rate() -> None:
    waiting = propose()
    with pytest.raises(LegalRefusal, match=r"already has a rate of 2\.71 % waiting"):
        propose(percent="2.72")
    approve_rate(waiting, "gilles")
    with pytest.raises(LegalRefusal, match="approved by gilles"):
        propose(percent="2.72")
    second = Rate.objects.create(series=LEGAL, valid_from=JULY, percent="2.72", source=SOURCE, proposed_by="fiona")
    with pytest.raises(LegalRefusal, match="approved by gilles"):
        approve_rate(second.pk, "gilles")
    with pytest.raises(IntegrityError, match="legal_rate_approved_once"), transaction.atomic():
        Rate.objects.filter(pk=second.pk).update(state="approved", decided_by="gilles", decided_at=Now())


def test_the_database_keeps_rows_as_they_were_written() -> None:
    waiting = propose()
    harm = [
        f"DELETE FROM legal_rate WHERE id = {waiting}",
        f"UPDATE legal_rate SET percent = 3 WHERE id = {waiting}",
        f"UPDATE legal_rate SET proposed_by = 'gilles' WHERE id = {waiting}",
    ]
    approve = "UPDATE legal_rate SET state = 'approved', decided_by = 'gilles', decided_at = now()"
    for statement in harm:
        with pytest.raises(IntegrityError, match="decided once"), transaction.atomic():
            connection.cursor().execute(statement)
    connection.cursor().execute(approve)
    with pytest.raises(IntegrityError, match="decided once"), transaction.atomic():
        connection.cursor().execute("UPDATE legal_rate SET state = 'refused'")
    for values in (
        "'', 'a', '2026-07-01'",
        "'s', '', '2026-07-01'",
        "'s', 'a', '2026-07-02'",
        "'s', 'a', '2026-02-01'",
    ):
        with pytest.raises(IntegrityError, match="check constraint"), transaction.atomic():
            connection.cursor().execute(
                "INSERT INTO legal_rate (source, proposed_by, valid_from, series, percent, state, proposed_at, "
                "decided_by, reason, replaces_because) "
                f"VALUES ({values}, 'fr_legal_individual', 1, 'proposed', now(), '', '', '')"
            )


def test_missing_rates_name_the_current_half_year() -> None:
    in_june = {gap.series for gap in missing_rates(dt.date(2026, 6, 30))}
    assert in_june == {"de_base_rate"}
    in_november = missing_rates(dt.date(2026, 11, 23))
    assert {gap.series for gap in in_november} == {entry.code for entry in series()}
    approve_rate(propose(), "gilles")
    gaps = {gap.series: gap for gap in missing_rates(dt.date(2026, 11, 23))}
    assert LEGAL not in gaps
    assert gaps[MRO].sentence("en").startswith("The ECB main refinancing rate for 2026-07-01 to 2026-12-31")
    assert gaps[MRO].sentence("fr").startswith("Le taux de refinancement de la BCE du 01/07/2026 au 31/12/2026")


def test_the_table_shows_each_series_newest_first() -> None:
    propose()
    rows = rate_rows()
    assert [row.series for row in rows] == sorted(row.series for row in rows)
    of_legal = rate_rows(LEGAL)
    assert {row.series for row in of_legal} == {LEGAL}
    assert [row.valid_from for row in of_legal] == sorted((row.valid_from for row in of_legal), reverse=True)
    assert (of_legal[0].state, of_legal[1].state) == (RateState.PROPOSED, RateState.SEED)
    assert all(row.source for row in rows)


@pytest.mark.django_db(transaction=True)
def test_two_people_proposing_at_once_leave_one_rate_waiting() -> None:
    outcomes: list[str] = []

    def enter(percent: str) -> None:
        try:
            propose(percent=percent)
            outcomes.append("entered")
        except LegalRefusal:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=enter, args=(percent,)) for percent in ("2.71", "2.72")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["entered", "refused"]
    assert Rate.objects.count() == 1


def replaced(code: str = LEGAL, valid_from: dt.date = JULY, percent: str = "2.17", actor: str = "fiona") -> int:
    row = replace_rate(code, valid_from, Decimal(percent), SOURCE, "digits were swapped", actor)
    assert row.id is not None
    return row.id


def test_an_approved_rate_is_replaced_by_two_people() -> None:
    first = propose()
    approve_rate(first, "gilles")
    waiting = replaced()
    assert replaced() == waiting, "the same again"
    assert rate_book().percent(LEGAL, JULY) == Decimal("2.71"), "until somebody approves"
    with pytest.raises(LegalRefusal, match="another person"):
        approve_rate(waiting, "fiona")
    approved = approve_rate(waiting, "gilles")
    assert (approved.state, approved.replaces_because) == (RateState.APPROVED, "digits were swapped")
    assert rate_book().percent(LEGAL, JULY) == Decimal("2.17")
    shown = {row.id: row.state for row in rate_rows(LEGAL) if row.id is not None}
    assert shown == {first: RateState.REPLACED, waiting: RateState.APPROVED}
    assert Rate.objects.get(pk=first).decided_by == "gilles"
    third = replaced(percent="2.72")
    refuse_rate(third, "gilles", "the first correction was right")
    assert rate_book().percent(LEGAL, JULY) == Decimal("2.17")


def test_a_confirmed_rate_of_a_pack_is_replaced_by_two_people_and_shown_so() -> None:
    first_half = dt.date(2026, 1, 1)
    waiting = replaced(valid_from=first_half, percent="2.63")
    approve_rate(waiting, "gilles")
    assert rate_book().percent(LEGAL, first_half) == Decimal("2.63")
    seed, row = (found for found in rate_rows(LEGAL) if found.valid_from == first_half)
    assert seed.replaced and row.contradicts_pack and row.replaces_because == "digits were swapped"
    with pytest.raises(LegalRefusal, match=r"already has 2\.62 % from the country pack"):
        propose(valid_from=first_half, percent="2.64")


def test_what_cannot_replace_a_rate() -> None:
    with pytest.raises(LegalRefusal, match="no rate to replace"):
        replaced()
    approve_rate(propose(), "gilles")
    with pytest.raises(LegalRefusal, match="from this source"):
        replaced(percent="2.71")
    with pytest.raises(LegalRefusal, match="Say why"):
        replace_rate(LEGAL, JULY, Decimal("2.17"), SOURCE, " ", "fiona")
    row = Rate.objects.get()
    for change in ({"state": "replaced", "percent": "1"}, {"state": "refused"}, {"decided_by": "omar"}):
        with pytest.raises(IntegrityError, match="decided once"), transaction.atomic():
            Rate.objects.filter(pk=row.pk).update(**change)
