"""Effectiveness in the desk: who may look, what is told in both languages, what is running, and the files."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook

from relance.dunning.services import import_scenario, start_experiment
from relance.kit.money import display_amount
from relance.outbound.models import Dispatch
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import BRUNO, CHLOE, Office, the
from tests.faces.conftest import SCENARIO, TODAY, SignedIn
from tests.faces.test_pages import at_most, text_of

AT = "/reports/effectiveness/"
EARLIER = dt.date(2025, 2, 20)


def figures(client: object, query: str = "") -> str:
    """The words of the part that comes after the page."""
    return text_of(client.get(f"{AT}figures/{query}").content)  # type: ignore[attr-defined]


def money(minor: int, language: str = "en") -> str:
    return display_amount(minor, "EUR", language).replace("\u202f", " ").replace("\u00a0", " ")


def test_nobody_contacted_says_what_to_do(db: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.AGENT).client
    page = text_of(client.get(AT).content)
    assert "Effectiveness" in page and "January 2025" in page and "CSV" not in page  # an agent takes nothing away
    told = figures(client)
    assert "Nobody was contacted in these months" in told
    assert "Take a filter away" in figures(client, "?method=sms")
    assert "Start an experiment" not in told
    assert "Start an experiment" in figures(sign_in(Role.SUPERVISOR).client)


def test_what_was_paid_after_the_reminders(portfolio: None, sign_in: Callable[..., SignedIn], tmp_path: Path) -> None:
    """On 18 March Bruno was asked for 45.50 and Chloé for 120.00, who paid 20.00 on the 19th."""
    client = sign_in(Role.SUPERVISOR).client
    told = figures(client)
    assert f"2 customers · {money(16_550)} asked" in told
    assert "still running until 21 Mar 2025" in told
    Dispatch.objects.filter(account_id__in=[the(BRUNO).id, the(CHLOE).id]).update(business_date=EARLIER)
    told = figures(client)
    assert "still running until" not in told.split("Total")[0].split("14 days")[0]
    Office(tmp_path).pay("BRUNO", "LATER", "45.50", "2025-02-22")
    told = figures(client)
    assert f"{money(4_550)} 27.5% · 1 paid" in told
    # Chloé paid on the 27th day: the thirty days are not over, so that is not told yet.
    assert "still running until 22 Mar 2025" in told
    french = figures(sign_in(Role.FINANCE, "fr").client, "?by=stage")
    assert "Rappel (Particuliers)" in french and f"{money(4_550, 'fr')} 27,5 % · 1 payeur" in french
    assert "en cours jusqu’au 22 mars 2025" in french
    assert "Février 2025" in figures(sign_in(Role.AUDITOR, "fr").client, "?by=month")
    assert "Reminder · Reminder (Residential) · February 2025" in figures(client, "?by=every")


def test_filters_keep_what_they_say_and_bad_ones_are_left_out(
    portfolio: None, sign_in: Callable[..., SignedIn]
) -> None:
    client = sign_in(Role.SUPERVISOR).client
    assert "2 customers" in figures(client, "?method=email&stage=desk_test/reminder&sort=3&by=template")
    assert "No such contact in these months" in figures(client, "?method=sms")
    assert "2 customers" in figures(client, "?from=2025-03&to=2025-01&method=%00&by=colour&sort=x&creditor=none")
    assert "Nobody was contacted" in figures(client, "?from=2025-01&to=2025-02")
    chosen = client.get(f"{AT}?from=2025-02&to=2025-03&method=email&by=stage").content.decode()
    assert '<option value="2025-02" selected>' in chosen and '<option value="email" selected>' in chosen


def test_the_arms_of_an_experiment_stand_beside_it(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    import_scenario(
        SCENARIO.replace("desk_test", "quiet").replace("900", "-2000").replace("Residential", "Quiet"), "tests"
    )
    begun = TODAY - dt.timedelta(days=10)
    start_experiment("quiet-one", "desk_test", "quiet", 1, begun, TODAY, "ada", begun)
    told = figures(sign_in(Role.SUPERVISOR).client)
    assert "quiet-one · EUR" in told and "Quiet" in told and "95 % interval" in told


def test_the_files_hold_the_same_and_leave_a_trace(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    answer = client.get(f"{AT}export.csv?by=method&from=2025-03&to=2025-03")
    assert answer["Content-Disposition"] == 'attachment; filename="effectiveness-2025-03-2025-03.csv"'
    head, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    line = dict(zip(head, row, strict=True))
    assert (line["method"], line["customers"], line["claimed"], line["running_3"], line["paid_3"]) == (
        "email", "2", "165.50", "2", "",
    )  # fmt: skip
    page = load_workbook(io.BytesIO(client.get(f"{AT}export.xlsx?by=method").content)).active
    assert page["B2"].value == "email"
    (row_of_xlsx, row_of_csv, *_rest) = audit_rows().rows
    assert (row_of_xlsx.verb, row_of_csv.verb) == ("effectiveness_exported",) * 2
    assert row_of_csv.details["rows"] == 1
    assert sign_in(Role.AGENT).client.get(f"{AT}export.csv").status_code == 403


def test_pages_take_a_fixed_number_of_queries(portfolio: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    client.get(AT)
    with at_most(9):
        client.get(AT)
    with at_most(12):
        client.get(f"{AT}figures/?by=every")
