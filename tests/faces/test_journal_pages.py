"""The journal on screen: entries by day, seals with their numbers, files, trial balance, chart of accounts and policy."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from relance.customers.queries import creditors
from relance.ledger.facts import AllocationOrder
from relance.ledger.queries import account_mappings, policy, sealed_through, seals, trial_balance
from relance.ledger.services import seal_through
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import Office
from tests.faces.conftest import TODAY, SignedIn
from tests.faces.test_pages import at_most, queries_of, text_of

YEAR = "from=2025-01-01&to=2025-03-31"
MAPPING = {"creditor": "default", "account": "411", "code": "411100", "label": "Abonnés", "valid_from": "2025-03-20"}
POLICY = {
    "creditor": "default", "allocation_order": "civil_code", "interest_on_settlement": "keep",
    "small_difference": "0,50", "interest_minimum": "", "contract_percent": "", "seal_after_days": "",
    "recovers_written_off": "on", "reason": "board of 3 March",
}  # fmt: skip


@pytest.fixture
def creditor_id(portfolio: None) -> int:
    """The one creditor."""
    (found,) = creditors()
    return found.id


def test_entries_by_day_and_filters(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    page = text_of(client.get(f"/journal/?{YEAR}").content)
    assert page.index("Sunday 5 January 2025") < page.index("Wednesday 19 March 2025")
    assert "C-1" in page and "Chloé Conteste" in page and "411 Customers" in page and "€120.00" in page
    assert "no day is sealed yet" in page
    banked = text_of(client.get(f"/journal/?{YEAR}&account=512").content)
    assert "PAY-C1" in banked and "F-1" not in banked and "2 in all" in banked
    one = text_of(client.get(f"/journal/?{YEAR}&document=F-1").content)
    assert "1 in all" in one and "Établissements Fabre" in one and "Alice" not in one
    assert "No entry in this period" in text_of(client.get(f"/journal/?{YEAR}&document=none").content)
    assert "PAY-C1" in text_of(client.get("/journal/").content)


def test_pages_of_the_journal_are_walked(
    creditor_id: int, sign_in: Callable[..., SignedIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    from relance.ledger import queries

    whole = queries.journal_page
    monkeypatch.setattr(queries, "journal_page", lambda *args, **more: whole(*args, **more, limit=3))
    client = sign_in(Role.FINANCE).client
    first = client.get(f"/journal/?{YEAR}").content.decode()
    assert "Next page" in first and "A-1" not in first.split("Next page")[1]
    after = first.split("after=")[1].split('"')[0].replace("&amp;", "&")
    second = text_of(client.get(f"/journal/?{YEAR}&after={after}").content)
    assert "First page" in second and "C-1" not in second


@pytest.mark.parametrize(
    "query",
    [
        "from=x&to=0000-00-00", "from=2025-03-31&to=2025-01-01", "after=x", "after=2025-01-01|x", "after=|", "creditor=%00",
        "after=2025-01-01|" + "9" * 30, "account=%00&document=%00", "from=1000-01-01&to=9999-12-31", "account=²",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/journal/", "/journal/balance/", "/journal/settings/", "/limitation/", "/journal/seal/"]
)
def test_damaged_addresses_are_no_error(
    portfolio: None, sign_in: Callable[..., SignedIn], path: str, query: str
) -> None:
    assert sign_in().client.get(f"{path}?{query}").status_code == 200


def test_sealing_shows_its_numbers_first(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    shown = text_of(client.get("/journal/seal/?through=2025-02-28").content)
    assert "55 , 5 Jan 2025 – 28 Feb 2025" in shown and "Seal through 28 Feb 2025" in shown
    assert sealed_through(creditor_id) is None
    answer = client.post("/journal/seal/", {"creditor": "default", "through": "2025-02-28"})
    assert answer["Location"] == "/journal/?creditor=default"
    assert sealed_through(creditor_id) == dt.date(2025, 2, 28)
    row = audit_rows().rows[0]
    assert (row.verb, row.details) == ("journal_sealed", {"through": "2025-02-28", "days": 55})
    page = text_of(client.get(f"/journal/?{YEAR}").content)
    fingerprint = next(seal.seal_hash for seal in seals(creditor_id, limit=99).rows if seal.day == dt.date(2025, 1, 5))
    assert "sealed through 28 Feb 2025" in page and fingerprint[:12] in page
    assert page.index(fingerprint[:12]) < page.index("Wednesday 19 March 2025 open")
    for through, sentence in (("2025-03-20", "not over yet"), ("2025-02-01", "sealed through 28 Feb 2025 already")):
        again = client.post("/journal/seal/", {"creditor": "default", "through": through})
        assert again.status_code == 422 and sentence in text_of(again.content)


def test_files(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AUDITOR).client
    answer = client.get(f"/journal/export.csv?{YEAR}")
    assert answer.streaming
    lines = b"".join(answer).decode("utf-8-sig").splitlines()  # type: ignore[arg-type]
    assert lines[0].startswith("creditor,journal,number,booked_on")
    assert any(",C-1," in line and ",120.00,0.00," in line for line in lines)
    assert audit_rows().rows[0].details == {"from": "2025-01-01", "to": "2025-03-31", "format": "csv"}
    refused = client.get(f"/journal/fec.txt?{YEAR}", follow=True)
    assert "SIREN" in text_of(refused.content)


def test_the_fec_has_its_columns_and_name(creditor_id: int, sign_in: Callable[..., SignedIn], tmp_path: object) -> None:
    from pathlib import Path

    from tests.cast import Office

    assert isinstance(tmp_path, Path)
    Office(tmp_path).bring("creditors", {"code": "default", "name": "Télécom Rivage", "siren": "732829320"})
    answer = sign_in(Role.FINANCE).client.get(f"/journal/fec.txt?{YEAR}")
    assert 'filename="732829320FEC20250331.txt"' in answer["Content-Disposition"]
    lines = b"".join(answer).decode().splitlines()  # type: ignore[arg-type]
    assert len(lines[0].split("\t")) == 18 and lines[0].startswith("JournalCode\tJournalLib\tEcritureNum")
    assert {len(line.split("\t")) for line in lines} == {18}


def test_trial_balance_ties_and_leads_to_its_entries(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AUDITOR).client
    page = client.get(f"/journal/balance/?{YEAR}")
    shown = text_of(page.content)
    assert "Debits equal credits" in shown and "Customers" in shown
    row = next(row for row in trial_balance(creditor_id, dt.date(2025, 1, 1), TODAY) if row.code == "411")
    assert f"€{row.closing_debit_minor // 100:,}." in shown
    address = "/journal/?creditor=default&amp;from=2025-01-01&amp;to=2025-03-31&amp;account=411"
    assert address in page.content.decode() or address.replace("&amp;", "&", 2) in page.content.decode()
    lines = b"".join(client.get(f"/journal/balance/export.csv?{YEAR}")).decode("utf-8-sig").splitlines()  # type: ignore[arg-type]
    assert lines[0].startswith("Account,Name,Currency,Opening debit")
    assert any(line.startswith("411,Customers,EUR,0.00,0.00,") for line in lines)


def test_sealing_decades_at_once_is_refused_before_it_is_asked(
    creditor_id: int, office: Office, sign_in: Callable[..., SignedIn]
) -> None:
    office.bill("ALICE", "F-OLD", "12.00", "1926-01-05", "1926-01-20")
    client = sign_in(Role.FINANCE).client
    shown = text_of(client.get("/journal/seal/?through=2025-02-28").content)
    assert "more than 20 years" in shown and "Seal through 28 Feb 2025" not in shown
    answer = client.post("/journal/seal/", {"creditor": "default", "through": "2025-02-28"})
    assert answer.status_code == 422 and sealed_through(creditor_id) is None


def test_mapping_an_account(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE, "fr").client
    assert 'value="411"' in client.get("/journal/settings/?account=411").content.decode()
    assert client.post("/journal/settings/mapping/", MAPPING).status_code == 302
    found = next(entry for entry in account_mappings(creditor_id, TODAY) if entry.account == "411")
    assert (found.code, found.label, found.valid_from) == ("411100", "Abonnés", TODAY)
    assert "411100 Abonnés" in text_of(client.get("/journal/settings/").content)
    assert audit_rows().rows[0].details["code"] == "411100"
    assert "411100" in client.get(f"/journal/?{YEAR}").content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "41"}, "Write 3 to 20 letters and digits"),
        ({"code": "411;DROP"}, "Write 3 to 20 letters and digits"),
        ({"account": "999"}, "not one of the available choices"),
        ({"label": " "}, "required"),
        ({"code": "416"}, "account 416 is written 416 already"),
        ({"valid_from": "2025-01-31"}, "sealed through 31 Jan 2025"),
        ({"valid_from": "soon"}, "valid date"),
    ],
)
def test_a_mapping_that_cannot_be(
    creditor_id: int, sign_in: Callable[..., SignedIn], changes: dict[str, str], sentence: str
) -> None:
    seal_through(creditor_id, dt.date(2025, 1, 31), "tests", TODAY)
    answer = sign_in(Role.FINANCE).client.post("/journal/settings/mapping/", MAPPING | changes)
    assert answer.status_code == 422 and sentence in text_of(answer.content)


def test_a_policy_is_shown_before_it_is_changed(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE, "fr").client
    shown = client.post("/journal/settings/policy/", POLICY)
    page = text_of(shown.content)
    assert shown.status_code == 200
    assert "Petits écarts passés en pertes jusqu’à: jamais → 0,50 €" in page
    assert policy(creditor_id).small_difference_minor == 0
    assert client.post("/journal/settings/policy/", POLICY | {"confirmed": "yes"}).status_code == 302
    now = policy(creditor_id)
    assert (now.allocation_order, now.small_difference_minor) == (AllocationOrder.CIVIL_CODE, 50)
    row = audit_rows().rows[0]
    assert row.verb == "policy_changed" and row.details["reason"] == "board of 3 March"
    again = client.post("/journal/settings/policy/", POLICY | {"confirmed": "yes"})
    assert again.status_code == 422 and "rien ne changerait" in text_of(again.content)


def test_a_contract_rate_keeps_above_the_law(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    form = POLICY | {"small_difference": "", "confirmed": "yes"}
    low = client.post("/journal/settings/policy/", form | {"contract_percent": "2.5"})
    assert low.status_code == 422 and "below the legal floor" in text_of(low.content)
    assert client.post("/journal/settings/policy/", form | {"contract_percent": "1e3"}).status_code == 422
    assert client.post("/journal/settings/policy/", form | {"contract_percent": "12.5"}).status_code == 302
    assert policy(creditor_id).contract_percent == Decimal("12.5")


@pytest.mark.parametrize("changes", [{"seal_after_days": "0"}, {"small_difference": "1.234"}, {"reason": ""}])
def test_a_policy_that_cannot_be(creditor_id: int, sign_in: Callable[..., SignedIn], changes: dict[str, str]) -> None:
    client = sign_in(Role.FINANCE).client
    answer = client.post("/journal/settings/policy/", POLICY | {"small_difference": "", "confirmed": "yes"} | changes)
    assert answer.status_code == 422
    assert policy(creditor_id).allocation_order == AllocationOrder.OLDEST_DUE


def test_an_auditor_reads_and_changes_nothing(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AUDITOR).client
    assert "Change the policy" not in text_of(client.get("/journal/settings/").content)
    assert "Seal days" not in text_of(client.get("/journal/").content)
    assert client.get("/journal/seal/").status_code == 403
    assert client.post("/journal/settings/policy/", POLICY).status_code == 403
    assert client.post("/journal/settings/mapping/", MAPPING).status_code == 403
    assert sign_in(Role.SUPERVISOR).client.get("/journal/").status_code == 403


def test_query_counts(creditor_id: int, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.FINANCE).client
    client.get("/journal/")
    with at_most(20):
        client.get(f"/journal/?{YEAR}")
    for path, ceiling in (("/journal/balance/", 9), ("/journal/settings/", 11)):
        with at_most(ceiling):
            client.get(path)
    assert queries_of(client, "/journal/balance/") == queries_of(client, f"/journal/balance/?{YEAR}")


def test_the_creditor_looked_at_last_is_kept(
    creditor_id: int, office: Office, sign_in: Callable[..., SignedIn]
) -> None:
    for code in ("abc", "zed"):
        office.bring("creditors", {"code": code, "name": code.title(), "country": "FR", "currency": "EUR"})
    client = sign_in(Role.FINANCE).client
    assert client.get("/journal/").context["books"].creditor.code != "zed"
    client.get("/journal/?creditor=zed")
    for address in ("/journal/", "/journal/balance/", "/journal/seal/", "/journal/settings/"):
        assert client.get(address).context["books"].creditor.code == "zed", address
    assert client.get("/deposits/new/").context["form"]["creditor"].value() == "zed"
