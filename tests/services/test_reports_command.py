"""`relance report`: the spellings of a report, and spreadsheets in which a text never becomes a formula."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from relance.customers.queries import account_by_number
from relance.faces.console.commands.report import COMMAND
from relance.faces.spreadsheet import csv_bytes, xlsx_bytes
from relance.insight.facts import Sheet
from relance.intake.services import import_paths
from relance.kit.refusal import Refusal
from relance.outbound.models import Dispatch
from tests import acts

pytestmark = pytest.mark.django_db

HOSTILE = '=HYPERLINK("http://example.test")'


@pytest.fixture(autouse=True)
def portfolio(tmp_path: Path) -> None:
    folder = tmp_path / "portfolio"
    folder.mkdir()
    (folder / "accounts.csv").write_text(
        'number,name,segment\nalice,Alice Aubert,"' + HOSTILE.replace('"', '""') + '"\n', encoding="utf-8"
    )
    (folder / "invoices.csv").write_text(
        "account,number,issued_on,due_on,amount\nalice,A1,2026-01-01,2026-01-31,1234.50\n", encoding="utf-8"
    )
    assert all(not report.rejected for report in import_paths([folder], dt.date(2026, 2, 1)))


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(COMMAND, list(arguments), catch_exceptions=False)


def test_json_is_one_document_and_nothing_else() -> None:
    result = _run("ageing", "--as-of", "2026-02-10", "--json")
    (group,) = json.loads(result.stdout)["groups"]
    assert group["buckets"]["1-30"] == {"items": 1, "amount": "1234.50"}
    assert json.loads(_run("dso", "--as-of", "2026-02-10", "--days", "90", "--json").stdout)["days"] == 90


def test_the_table_for_people() -> None:
    assert "1,234.50" in _run("ageing", "--as-of", "2026-02-10").stdout
    assert "Count-back" in _run("dso", "--as-of", "2026-02-10", "--days", "90").stdout
    assert "Nothing is open" in _run("ageing", "--as-of", "2020-01-01").stdout


def test_bands_as_one_wants_them_with_or_without_the_zero() -> None:
    spelled = [
        json.loads(_run("ageing", "--as-of", "2026-05-31", "--buckets", days, "--json").stdout)["groups"][0]["buckets"]
        for days in ("0,30,60,90,180", "30,60,90,180")
    ]
    assert spelled[0] == spelled[1]
    assert list(spelled[0]) == ["current", "1-30", "31-60", "61-90", "91-180", "180+"]
    assert spelled[0]["91-180"] == {"items": 1, "amount": "1234.50"}


def test_what_is_disputed_or_not_dated_stands_in_every_spelling() -> None:
    alice = account_by_number("alice")
    assert alice is not None
    acts.charge(alice.id, "L1", 777, dt.date(2026, 2, 5))
    acts.dispute(alice.id, "A1", 45_600, dt.date(2026, 2, 6))
    for grouping in ((), ("--by", "account")):
        shown = _run("ageing", "--as-of", "2026-02-10", *grouping).stdout
        assert "7.77" in shown and "456.00" in shown and "not dated" in shown and "of which disputed" in shown
        assert "1,242.27" in shown and "…" not in shown
    assert "alice" in shown
    (record,) = csv.DictReader(io.StringIO(_run("ageing", "--as-of", "2026-02-10", "--csv").stdout))
    assert (record["not_dated items"], record["not_dated amount"], record["disputed"]) == ("1", "7.77", "456.00")
    assert record["total"] == "1242.27"
    page = load_workbook(io.BytesIO(_run("ageing", "--as-of", "2026-02-10", "--xlsx").stdout_bytes)).active
    assert page is not None
    cells = dict(zip(*page.iter_rows(values_only=True), strict=True))
    assert Decimal(str(cells["disputed"])) == Decimal(456)


def test_csv_and_xlsx_hold_the_hostile_text_as_text(tmp_path: Path) -> None:
    out = tmp_path / "ageing.xlsx"
    _run("ageing", "--as-of", "2026-02-10", "--by", "segment", "--xlsx", "--out", str(out))
    page = load_workbook(out).active
    assert page is not None
    assert (page["B2"].value, page["B2"].data_type) == (HOSTILE, "s")
    assert Decimal(str(page["G2"].value)) == Decimal("1234.5")
    (record,) = csv.DictReader(io.StringIO(_run("ageing", "--as-of", "2026-02-10", "--by", "segment", "--csv").stdout))
    assert record["key"] == f"'{HOSTILE}"
    assert (record["1-30 items"], record["1-30 amount"], record["total"]) == ("1", "1234.50", "1234.50")


def test_xlsx_goes_into_a_pipe() -> None:
    content = _run("dso", "--as-of", "2026-02-10", "--days", "90", "--xlsx").stdout_bytes
    page = load_workbook(io.BytesIO(content)).active
    assert page is not None and page["C2"].value == "EUR"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_start_of_a_formula_survives_in_csv(text: str) -> None:
    sheet = Sheet(("key", "amount"), [(text, Decimal("-12.50"))])
    _, row = csv.reader(io.StringIO(csv_bytes(sheet).decode(), newline=""))
    assert row == [f"'{text}", "-12.50"]


def test_amounts_are_exact_in_both() -> None:
    sheet = Sheet(("amount", "days"), [(Decimal("0.10"), None), (Decimal("90071992547409.93"), 3)])
    assert csv_bytes(sheet).decode().splitlines() == ["amount,days", "0.10,", "90071992547409.93,3"]
    page = load_workbook(io.BytesIO(xlsx_bytes(sheet))).active
    assert page is not None and page["A2"].number_format == "#,##0.00"


def test_bad_questions_are_refused(tmp_path: Path) -> None:
    assert _run("ageing", "--as-of", "30/06/2026").exit_code == 2
    assert _run("ageing", "--as-of", "2026-02-10", "--buckets", "a,b").exit_code == 2
    assert _run("dso", "--as-of", "2026-02-10", "--days", "0").exit_code == 2
    with pytest.raises(Refusal, match="--csv"):
        _run("ageing", "--as-of", "2026-02-10", "--out", str(tmp_path / "x"))
    with pytest.raises(Refusal, match="cannot be written"):
        _run("ageing", "--as-of", "2026-02-10", "--csv", "--out", str(tmp_path / "none" / "x"))
    with pytest.raises(Refusal, match="greater"):
        _run("ageing", "--as-of", "2026-02-10", "--buckets", "60,30")


def test_effectiveness_in_every_spelling() -> None:
    Dispatch.objects.create(
        account_id=1, idempotency_key=1, channel="email", template="reminder", language="fr", recipient=HOSTILE,
        currency="EUR", business_date=dt.date(2026, 2, 2), state="sent", claimed_minor=123_450,
    )  # fmt: skip
    asked = ("effectiveness", "--from", "2026-02", "--to", "2026-02", "--as-of", "2026-03-31")
    document = json.loads(_run(*asked, "--json").stdout)
    assert (document["from"], document["to"], document["by"], document["experiments"]) == (
        "2026-02",
        "2026-02",
        None,
        [],
    )
    (group,) = document["groups"]
    assert (group["method"], group["template"], group["stage"], group["month"]) == ("email", "reminder", "", "2026-02")
    assert (group["customers"], group["claimed"]) == (1, "1234.50")
    assert group["new_debts"] == {"customers": 1, "amount": "1234.50"}
    assert group["windows"]["3"] == {
        "over_on": "2026-02-05", "running": 0, "contacts": 1, "customers": 1, "claimed": "1234.50", "paying": 0,
        "paying_percent": "0.00", "paid": "0.00", "paid_percent": "0.00", "of_new_debts_percent": "0.00",
    }  # fmt: skip
    assert "method" not in document["totals"][0]
    head, row = csv.reader(io.StringIO(_run(*asked, "--csv", "--by", "month").stdout, newline=""))
    assert dict(zip(head, row, strict=True))["claimed"] == "1234.50"
    assert head[:3] == ["as_of", "month", "currency"]
    workbook = CliRunner().invoke(COMMAND, [*asked, "--xlsx"]).stdout_bytes
    assert load_workbook(io.BytesIO(workbook)).active["B1"].value == "method"
    assert "0 paid 0.00" in _run(*asked).stdout.replace("\xa0", " ").replace("€", "")
    asked_early = ("effectiveness", "--from", "2026-02", "--to", "2026-02", "--as-of", "2026-02-03")
    assert "running until 2026-02-05" in _run(*asked_early).stdout
    assert (
        "No contact left"
        in _run("effectiveness", "--from", "2025-02", "--to", "2025-02", "--as-of", "2026-02-03").stdout
    )
    assert _run("effectiveness", "--from", "2026-2", "--to", "2026-02", "--as-of", "2026-02-03").exit_code == 2
