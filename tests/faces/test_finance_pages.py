"""Rates entered by two people, debts that run out of time, and the menu and home page that lead there."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from relance.faces.desk.rate_forms import typed_percent
from relance.ledger.facts import Act
from relance.ledger.queries import open_items
from relance.ledger.services import exclude, expire_items
from relance.legal.queries import rate_book, rate_rows
from relance.legal.services import propose_rate
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import Office
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import at_most, queries_of, text_of

GERMAN = {"valid_from": "2025-01-01", "percent": "2.27", "source": "Bundesbank, 1 January 2025"}


def test_rates_in_force_and_missing_ones(office: Office, sign_in: Callable[..., SignedIn]) -> None:
    office.bring("creditors", {"code": "de", "name": "Telco DE", "country": "DE", "currency": "EUR"})
    office.bring("accounts", {"number": "G1", "name": "Gerda", "creditor": "de"})
    client = sign_in(Role.FINANCE).client
    page = text_of(client.get("/rates/").content)
    assert "ECB main refinancing rate" in page and "3.15%" in page
    missing = page[page.index("Missing for this half-year") : page.index("Germany")]
    assert "German base rate , 1 Jan 2025 – 30 Jun 2025" in missing and "Until then, refused:" in missing
    assert "3,15 %" in text_of(sign_in(Role.AUDITOR, "fr").client.get("/rates/").content)
    one = text_of(client.get("/rates/de_base_rate/").content)
    assert "Missing for 1 Jan 2025 – 30 Jun 2025" in one and "No rate yet" in one
    assert client.get("/rates/unknown/").status_code == 404
    assert sign_in(Role.SUPERVISOR).client.get("/rates/").status_code == 403


def test_countries_without_accounts_are_out_of_the_way(office: Office, sign_in: Callable[..., SignedIn]) -> None:
    office.bring("creditors", {"code": "de", "name": "Telco DE", "country": "DE", "currency": "EUR"})
    client = sign_in(Role.FINANCE).client
    content = client.get("/rates/").content
    shown, folded = (text_of(part) for part in content.split(b"<details>"))
    assert "ECB main refinancing rate" in shown and "German base rate" not in shown
    assert "Missing for this half-year" not in shown, "what no account needs"
    assert "Other countries" in folded and "German base rate" in folded and "Missing" in folded
    assert "France" in shown and "France" not in folded
    assert "Autres pays" in text_of(sign_in(Role.AUDITOR, "fr").client.get("/rates/").content)


def test_before_any_account_every_country_is_shown(db: None, sign_in: Callable[..., SignedIn]) -> None:
    content = sign_in(Role.FINANCE).client.get("/rates/").content.decode()
    assert "<details open>" in content and "Missing for this half-year" not in content


def test_one_proposes_and_another_approves(db: None, sign_in: Callable[..., SignedIn]) -> None:
    first, second = sign_in(Role.FINANCE, name="ines").client, sign_in(Role.FINANCE, name="omar").client
    assert first.post("/rates/de_base_rate/propose/", GERMAN)["Location"] == "/rates/de_base_rate/"
    (row,) = rate_rows("de_base_rate")
    own = text_of(first.get("/rates/de_base_rate/").content)
    assert "You proposed this rate yourself" in own and "Approve 2.27%" not in own
    assert "another person approves it" in text_of(first.post(f"/rates/{row.id}/approve/", follow=True).content)
    assert not rate_book().has("de_base_rate", TODAY)
    assert "Approve 2.27%" in text_of(second.get("/rates/de_base_rate/").content)
    assert "2.27% counts from 1 Jan 2025" in text_of(second.post(f"/rates/{row.id}/approve/", follow=True).content)
    assert rate_book().percent("de_base_rate", TODAY) == Decimal("2.27")
    second.post(f"/rates/{row.id}/approve/")
    verbs = [row.verb for row in audit_rows().rows]
    assert (verbs.count("rate_proposed"), verbs.count("rate_approved")) == (1, 1)
    assert "Missing" not in text_of(second.get("/rates/de_base_rate/").content)


def test_a_refused_rate_can_be_entered_again(db: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    row = propose_rate("de_base_rate", dt.date(2025, 1, 1), Decimal("22.7"), "typed", "ines")
    assert client.post(f"/rates/{row.id}/refuse/", {"reason": " "}).status_code == 422
    assert client.post(f"/rates/{row.id}/refuse/", {"reason": "a slip of the comma"}).status_code == 302
    assert audit_rows().rows[0].details["reason"] == "a slip of the comma"
    assert "a slip of the comma" in text_of(client.get("/rates/de_base_rate/").content)
    assert client.post("/rates/de_base_rate/propose/", GERMAN).status_code == 302
    assert client.post("/rates/999999/refuse/", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"percent": "2,27"}, "Write a percentage"),
        ({"percent": "2.27 per cent"}, "Write a percentage"),
        ({"percent": "99"}, "not a published rate"),
        ({"percent": "2.27001"}, "more than 4 decimals"),
        ({"source": " "}, "required"),
        ({"valid_from": "2025-02-01"}, "not one of the available choices"),
        ({"valid_from": "2019-01-01"}, "not one of the available choices"),
    ],
)
def test_a_rate_that_cannot_be(
    db: None, sign_in: Callable[..., SignedIn], changes: dict[str, str], sentence: str
) -> None:
    answer = sign_in(Role.FINANCE).client.post("/rates/de_base_rate/propose/", GERMAN | changes)
    assert answer.status_code == 422 and sentence in text_of(answer.content)
    assert rate_rows("de_base_rate") == []


def test_an_auditor_sees_rates_and_changes_none(db: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AUDITOR).client
    assert "Enter a rate" not in text_of(client.get("/rates/ecb_mro/").content)
    assert client.post("/rates/ecb_mro/propose/", GERMAN).status_code == 403


@pytest.mark.parametrize(
    ("typed", "language", "percent"),
    [("2.62", "en", "2.62"), ("2,62 %", "fr", "2.62"), (" 12 ", "en", "12"), ("-0.88", "en", "-0.88")],
)
def test_typed_percentages(typed: str, language: str, percent: str) -> None:
    assert typed_percent(typed, language) == Decimal(percent)


def test_rates_query_count(db: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    client.get("/rates/")
    with at_most(9):
        client.get("/rates/")
    with at_most(9):
        client.get("/rates/ecb_mro/")


def test_a_wrong_rate_is_replaced_by_two_people(db: None, sign_in: Callable[..., SignedIn]) -> None:
    first, second = sign_in(Role.FINANCE, name="ines").client, sign_in(Role.FINANCE, name="omar").client
    first.post("/rates/de_base_rate/propose/", GERMAN | {"percent": "22.7"})
    second.post(f"/rates/{rate_rows('de_base_rate')[0].id}/approve/")
    page = first.get("/rates/de_base_rate/?replace=2025-01-01").content.decode()
    assert "<details open>" in page and "Propose the replacement" in page
    sent = GERMAN | {"reason": "the comma slipped"}
    assert first.post("/rates/de_base_rate/replace/", sent | {"reason": " "}).status_code == 422
    assert first.post("/rates/de_base_rate/replace/", sent)["Location"] == "/rates/de_base_rate/"
    (waiting,) = [row for row in rate_rows("de_base_rate") if row.state == "proposed"]
    assert "the comma slipped" in text_of(second.get("/rates/de_base_rate/").content)
    assert rate_book().percent("de_base_rate", TODAY) == Decimal("22.7")
    assert "2.27% counts from" in text_of(second.post(f"/rates/{waiting.id}/approve/", follow=True).content)
    assert rate_book().percent("de_base_rate", TODAY) == Decimal("2.27")
    history = text_of(first.get("/rates/de_base_rate/").content)
    assert "Replaced" in history and "22.70%" in history and "replaces the one before: the comma slipped" in history
    assert audit_rows().rows[0].details["replaces_because"] == "the comma slipped"


def test_a_packs_confirmed_rate_is_replaced_openly(db: None, sign_in: Callable[..., SignedIn]) -> None:
    first, second = sign_in(Role.FINANCE, name="ines").client, sign_in(Role.FINANCE, name="omar").client
    sent = {"valid_from": "2025-01-01", "percent": "3.2", "source": "BCE", "reason": "misread"}
    assert first.post("/rates/ecb_mro/replace/", sent).status_code == 302
    assert "It contradicts the confirmed rate" in text_of(second.get("/rates/ecb_mro/").content)
    (waiting,) = [row for row in rate_rows("ecb_mro") if row.state == "proposed"]
    second.post(f"/rates/{waiting.id}/approve/")
    assert "not the country pack’s rate" in text_of(first.get("/rates/ecb_mro/").content)
    assert sign_in(Role.AUDITOR).client.post("/rates/ecb_mro/replace/", sent).status_code == 403
    assert first.post("/rates/de_base_rate/replace/", sent).status_code == 404, "nothing in force"


def test_a_rate_below_zero_is_asked_about(db: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    sent = GERMAN | {"percent": "-0.88"}
    asked = client.post("/rates/de_base_rate/propose/", sent)
    assert asked.status_code == 422 and "below zero" in text_of(asked.content)
    assert 'name="below_zero" value="-0.88"' in asked.content.decode() and rate_rows("de_base_rate") == []
    assert client.post("/rates/de_base_rate/propose/", sent | {"below_zero": "-0.5"}).status_code == 422
    assert client.post("/rates/de_base_rate/propose/", sent | {"below_zero": "-0.88"}).status_code == 302


def test_the_next_half_year_is_warned_of_a_month_ahead(
    office: Office, sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.bring("accounts", {"number": "A1", "name": "Anne"})
    client = sign_in(Role.FINANCE).client
    words = "Missing for the next half-year"
    for today, warned in (("2026-05-31", False), ("2026-06-01", True), ("2026-06-30", True)):
        monkeypatch.setenv("RELANCE_TODAY", today)
        assert (words in text_of(client.get("/rates/").content)) is warned, today
    assert "From 1 Jul 2026 on" in text_of(client.get("/rates/ecb_mro/").content)


@pytest.fixture
def old_debts(portfolio: None, tmp_path: Path) -> None:
    """Denis owes an invoice due a year ago less five days, and one that is time-barred since January."""
    office = Office(tmp_path)
    office.bill("DENIS", "D-OLD", "80.00", "2024-03-01", "2024-03-25")
    office.bill("DENIS", "D-DEAD", "70.00", "2023-12-15", "2024-01-10")
    expire_items(TODAY)


def test_what_runs_out_is_listed_with_its_reason(old_debts: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    page = text_of(client.get("/limitation/").content)
    assert "D-OLD" in page and "25 Mar 2025" in page and "in 5 days" in page and "€80.00" in page
    assert "counted from its due date" in page and "1 year (CPCE L34-2" in page
    assert "D-DEAD" not in page and "within 30 days 1 · €80.00" in page
    dead = text_of(client.get("/limitation/?within=expired").content)
    assert "D-DEAD" in dead and "10 Jan 2025" in dead and "D-OLD" not in dead
    assert client.get("/limitation/export.csv").status_code == 403
    assert "D-OLD" in text_of(client.get("/limitation/?sort=amount").content)


@pytest.mark.parametrize(("view", "numbers"), [("90", ["D-OLD"]), ("expired", ["D-DEAD"])])
def test_limitation_export(old_debts: None, sign_in: Callable[..., SignedIn], view: str, numbers: list[str]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    answer = client.get(f"/limitation/export.csv?within={view}")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()  # type: ignore[arg-type]
    assert lines[0].startswith("Account,Name,Item,Kind")
    assert [line.split(",")[2] for line in lines[1:]] == numbers
    assert audit_rows().rows[0].verb == "limitation_exported"


def test_limitation_pages_are_walked(
    old_debts: None, sign_in: Callable[..., SignedIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relance.faces.desk.views import limitation

    office = Office(tmp_path)
    for place in range(4):
        office.bill("FABRE", f"F-OLD-{place}", f"{place + 1}.00", "2024-03-01", "2024-03-28")
        office.bill("FABRE", f"F-DEAD-{place}", "5.00", "2023-03-01", "2023-03-28")
    expire_items(TODAY)
    monkeypatch.setattr(limitation, "EXPORT_PART", 2)
    client = sign_in(Role.SUPERVISOR).client
    for view, count in (("90", 5), ("90&sort=amount", 5), ("expired", 5)):
        lines = b"".join(client.get(f"/limitation/export.csv?within={view}")).decode().splitlines()  # type: ignore[arg-type]
        assert len(lines) == len(set(lines)) == count + 1
    lines = b"".join(client.get("/limitation/export.csv?within=90&sort=amount")).decode().splitlines()  # type: ignore[arg-type]
    assert [line.split(",")[2] for line in lines[1:]] == ["D-OLD", "F-OLD-3", "F-OLD-2", "F-OLD-1", "F-OLD-0"]
    assert "D-OLD" in lines[1] and "D-OLD" in b"".join(client.get("/limitation/export.csv")).decode().splitlines()[1]  # type: ignore[arg-type]


def test_nothing_runs_out(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    assert "Nothing runs out that soon" in text_of(client.get("/limitation/?within=30").content)
    assert "Nothing open is time-barred" in text_of(client.get("/limitation/?within=expired").content)
    assert client.get("/home/limitation/").content.strip() == b""


def test_home_warns_of_limitation(old_debts: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT, "fr").client
    assert "/home/limitation/" in client.get("/").content.decode()
    tile = client.get("/home/limitation/")
    assert "80,00 €" in text_of(tile.content) and "1 poste d’ici 30 jours" in text_of(tile.content)
    assert "/limitation/?within=30" in tile.content.decode()


def test_home_shows_disputed_and_undated(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    from relance.customers.queries import account_by_number
    from relance.ledger.facts import ExclusionKind

    bruno = account_by_number("BRUNO")
    assert bruno is not None
    item = next(item for item in open_items(bruno.id, TODAY) if item.number == "B-1")
    exclude(Act(bruno.id, TODAY, "the-agent", "wrong price"), item.id, ExclusionKind.DISPUTED, 1500, "T-1")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_openitem DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_openitem SET due_on = NULL WHERE number = 'F-1'")
    page = text_of(sign_in(Role.AGENT).client.get("/home/ageing/").content)
    assert "€15.00 of what is open is disputed and not chased." in page
    assert "Without a due date 1 invoice €12,345.67" in page


def test_limitation_query_count(old_debts: None, sign_in: Callable[..., SignedIn], tmp_path: Path) -> None:
    client = sign_in(Role.AGENT).client
    client.get("/limitation/")
    with at_most(11):
        client.get("/limitation/")
    before = queries_of(client, "/limitation/"), queries_of(client, "/limitation/?within=expired")
    office = Office(tmp_path)
    office.bill("BRUNO", "B-OLD", "8.00", "2024-03-01", "2024-03-25")
    office.bill("CHLOE", "C-DEAD", "8.00", "2023-03-01", "2023-03-25")
    expire_items(TODAY)
    assert (queries_of(client, "/limitation/"), queries_of(client, "/limitation/?within=expired")) == before


@pytest.mark.parametrize(
    ("role", "seen", "hidden"),
    [
        (Role.AGENT, ["Limitation"], ["Approvals", "Journal", "Rates", "Administration"]),
        (Role.SUPERVISOR, ["Limitation", "Approvals"], ["Journal", "Rates"]),
        (Role.FINANCE, ["Approvals", "Cheque deposits", "Journal", "Trial balance", "Rates"], ["Audit trail"]),
        (Role.AUDITOR, ["Approvals", "Journal", "Rates", "Audit trail"], []),
    ],
)
def test_the_menu_shows_what_a_role_may_open(
    db: None, sign_in: Callable[..., SignedIn], role: Role, seen: list[str], hidden: list[str]
) -> None:
    page = sign_in(role).client.get("/limitation/").content.decode()
    menu = text_of(page[page.index('<nav class="nav"') : page.index("</nav>")].encode())
    assert all(title in menu for title in seen)
    assert not any(title in menu for title in hidden)


def test_one_menu_entry_is_current(db: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    for path, place in (("/journal/balance/", "balance"), ("/journal/settings/", "journal"), ("/", "home")):
        page = client.get(path).content.decode()
        menu = page[page.index('<nav class="nav"') : page.index("</nav>")]
        assert menu.count("aria-current") == 1
        assert f'data-place="{place}" aria-current="page"' in menu
