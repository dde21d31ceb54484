"""Experiments in the desk: set up, looked at, told in numbers, stopped; by those who may, in both languages."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from relance.cycle.services import run
from relance.dunning import queries
from relance.dunning.experiments import CHALLENGER, CHAMPION, arm
from relance.dunning.services import import_scenario
from relance.kit.money import display_amount
from relance.staff.facts import Role
from relance.staff.queries import audit_rows
from tests.cast import Office
from tests.faces.conftest import SCENARIO, TODAY, SignedIn
from tests.faces.test_pages import at_most, text_of

AT = "/scenarios/-/experiments/"
FORM = {
    "code": "soft", "champion": "desk_test", "challenger": "trial", "share_percent": "50",
    "from_on": TODAY.isoformat(), "until_on": "2025-06-30",
}  # fmt: skip


@pytest.fixture
def trial(portfolio: None) -> None:
    """A second scenario, published."""
    import_scenario(
        SCENARIO.replace("desk_test", "trial")
        .replace("900", "-2000")
        .replace("Residential", "Trial")
        .replace("Particuliers", "Essai"),
        "tests",
    )


def test_one_is_set_up_looked_at_and_stopped(trial: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    assert "No experiment yet" in client.get(AT).content.decode()
    assert "softer-letters" in client.get(f"{AT}-/new/").content.decode()
    answer = client.post(f"{AT}-/new/", FORM)
    assert answer["Location"] == f"{AT}soft/"
    page = text_of(client.get(f"{AT}soft/").content)
    assert "Trial against Residential" in page and "running" in page and "50 %" in page
    assert "soft" in text_of(client.get(AT).content)
    found = queries.experiment("soft")
    assert found is not None and found.created_by == "the-supervisor"
    assert "It cannot be started again" in client.get(f"{AT}soft/stop/").content.decode()
    assert client.post(f"{AT}soft/stop/")["Location"] == f"{AT}soft/"
    assert client.post(f"{AT}soft/stop/").status_code == 302
    page = text_of(client.get(f"{AT}soft/").content)
    assert "over" in page and "stopped by the-supervisor" in page
    verbs = [row.verb for row in audit_rows().rows if row.verb.startswith("experiment")]
    assert verbs == ["experiment_stopped", "experiment_started"]


def test_what_makes_no_experiment_is_said_beside_the_form(trial: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    for wrong, told in (
        ({"challenger": "desk_test"}, "choose two"),
        ({"share_percent": "0"}, "greater than or equal to 1"),
        ({"from_on": "2025-01-01"}, "cannot begin in the past"),
        ({"code": "Soft One"}, "lower-case letters"),
        ({"champion": "nobody"}, "not one of the available choices"),
    ):
        answer = client.post(f"{AT}-/new/", FORM | wrong)
        assert answer.status_code == 422
        assert told in text_of(answer.content)
    assert queries.experiments() == []


def test_the_outcome_is_told_in_both_languages(
    trial: None, sign_in: Callable[..., SignedIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    client = sign_in(Role.SUPERVISOR, "fr").client
    client.post(f"{AT}-/new/", FORM | {"from_on": "2025-03-21"})
    assert "Pas encore de parcours" in client.get(f"{AT}soft/outcome/").content.decode()
    numbers = [f"X{number}" for number in range(8)]
    office.bring("accounts", *({"number": number, "name": number, "email": "x@example.test"} for number in numbers))
    for number in numbers:
        office.bill(number, f"F-{number}", "1234.50", "2025-02-01", TODAY.isoformat())
    run(dt.date(2025, 3, 21))
    by_arm = {
        side: [number for number in numbers if arm(number, "soft", 50) == side] for side in (CHAMPION, CHALLENGER)
    }
    for number in by_arm[CHALLENGER]:
        office.pay(number, f"P-{number}", "1234.50", "2025-04-02")
    run(dt.date(2025, 4, 2))
    monkeypatch.setenv("RELANCE_TODAY", "2025-05-01")
    page = text_of(client.get(f"{AT}soft/outcome/").content)
    assert f"Jugés {len(by_arm[CHAMPION])} {len(by_arm[CHALLENGER])} Payés en 30 jours 0,00 % 0 100,00 %" in page
    paid = display_amount(123450 * len(by_arm[CHALLENGER]), "EUR", "fr").replace("\u202f", " ").replace("\xa0", " ")
    assert f"Part du montant 0,00 % 0,00 € 100,00 % {paid}" in page
    assert "trop tôt pour conclure +100,00 points, entre +100,00 et +100,00" in page
    (header, champion, challenger) = client.get(f"{AT}soft/export.csv").getvalue().decode().splitlines()  # type: ignore[attr-defined]
    assert header.startswith("\ufeffexperiment,as_of,currency,arm,")
    assert champion.startswith("soft,2025-05-01,EUR,champion,desk_test,")
    assert challenger.endswith("100.00,100.00,100.00,too_early")


def test_who_may_only_look(trial: None, sign_in: Callable[..., SignedIn]) -> None:
    sign_in(Role.SUPERVISOR).client.post(f"{AT}-/new/", FORM)
    client = sign_in(Role.AGENT).client
    page = client.get(f"{AT}soft/").content.decode()
    assert "/stop/" not in page and "export.csv" not in page
    assert client.get(AT).status_code == 200
    for place in ("-/new/", "soft/stop/", "soft/export.csv"):
        assert client.get(AT + place).status_code == 403


def test_an_unknown_one_is_not_found(trial: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.ADMINISTRATOR).client
    for place in ("none/", "none/outcome/", "none/stop/", "none/export.csv"):
        assert client.get(AT + place).status_code == 404


def test_pages_ask_the_database_a_fixed_number_of_times(trial: None, sign_in: Callable[..., SignedIn]) -> None:
    client = sign_in(Role.SUPERVISOR).client
    client.post(f"{AT}-/new/", FORM)
    client.get(AT)
    with at_most(8):
        client.get(AT)
    with at_most(8):
        client.get(f"{AT}soft/")
    with at_most(10):
        client.get(f"{AT}soft/outcome/")
