"""A draft tried on the real portfolio: what it says is what then happens, and nothing is changed by asking."""

import csv
import datetime as dt
import io
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from relance.arrangements.facts import HoldKind
from relance.arrangements.services import place_hold
from relance.cycle.services import run
from relance.dunning import queries
from relance.dunning.facts import PreviewReport
from relance.dunning.services import import_scenario, override_scenario
from relance.kit.refusal import Refusal
from tests.cast import ALICE, BRUNO, CHLOE, DENIS, FABRE, Office, the
from tests.separate import CONTENT, separate_relance
from tests.services.test_dunning import live, scenario

TONIGHT = dt.date(2026, 2, 8)
PREVIEW = import_module("relance.dunning.queries.preview")


def content(**more: str) -> dict[str, Any]:
    return queries.scenario_content(scenario(**more))


def tried(on: dt.date = TONIGHT, **more: str) -> PreviewReport:
    return queries.preview(content(**more), on)


def portfolio(office: Office, until: str = "2026-02-07") -> None:
    """Under `house` (1, 7 and 14 days): on 02-08 Bruno is due nothing, Chloé her second, Denis his first stage."""
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "B1", "30.00", "2026-01-01", "2026-01-31")
    live("2026-01-30", "2026-02-01")
    office.bill("CHLOE", "C1", "40.00", "2026-01-01", "2026-02-01")
    live("2026-02-02", until)
    office.bill("DENIS", "D1", "50.00", "2026-01-01", "2026-02-07")
    office.bill("FABRE", "E1", "9.00", "2026-01-01", "2026-02-01")


def database() -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for name, query in CONTENT.items():
            cursor.execute(query)
            found[name] = sorted(map(str, cursor.fetchall()))
    return found


def changes(report: PreviewReport) -> dict[str, tuple[str, str]]:
    return {change.account_number: (change.today.told, change.then.told) for change in report.changes}


def test_the_draft_as_published_changes_nothing(office: Office) -> None:
    portfolio(office)
    report = tried()
    assert report.accounts_changed == 0 and report.changes == []
    assert report.would == report.today
    assert report.today.actions == {"send": 2}
    assert report.today.stages == {"house/reminder": 1, "house/second": 1}
    assert (report.today.opened, report.accounts_looked_at) == (1, 4)


def test_asking_changes_nothing(office: Office) -> None:
    portfolio(office)
    before = database()
    tried(enter='{min_amount: "6.00"}')
    assert database() == before


def test_who_would_be_treated_otherwise_and_how(office: Office) -> None:
    portfolio(office)
    report = tried(
        enter='{min_amount: "6.00"}',
        stages="""
  - {code: reminder, age: 2, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 8, actions: [{review: {}}, {send: {channel: email, template: second_reminder}}]}""",
    )
    assert changes(report) == {
        "CHLOE": ("house/second: send email (second_reminder)", ""),
        "DENIS": ("house/reminder: send email (reminder)", "opens"),
        "FABRE": ("", "house/reminder: send email (reminder)"),
    }
    assert report.accounts_changed == 3
    assert report.would.actions == {"send": 1}
    assert report.would.stage_actions == {("house/reminder", "send"): 1}
    assert report.would.channels == {"email": 1}
    fabre = next(change for change in report.changes if change.account_number == "FABRE")
    assert (fabre.overdue_minor, fabre.currency, fabre.account_id) == (900, "EUR", the(FABRE).id)


def test_running_episodes_are_judged_at_the_stage_of_the_same_name(office: Office) -> None:
    """Bruno stands at `reminder`; the draft puts a new stage before it, which he has not to hear."""
    portfolio(office)
    report = tried(
        stages="""
  - {code: hello, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: reminder, age: 2, actions: [{send: {channel: email, template: reminder}}]}
  - {code: third, age: 8, actions: [{send: {channel: email, template: formal_notice}}]}"""
    )
    assert changes(report)["CHLOE"] == ("house/second: send email (second_reminder)", "")
    assert changes(report)["DENIS"][1] == "house/hello: send email (reminder)"


def test_a_new_scenario_is_in_force_for_whom_it_would_apply(office: Office) -> None:
    portfolio(office)
    override_scenario(the(FABRE).id, "house", "test")
    report = tried(code="firms", priority="20", enter='{min_amount: "5.01"}', leave='{max_amount: "5.00"}')
    assert changes(report) == {"DENIS": (
        "house/reminder: send email (reminder)", "firms/reminder: send email (reminder)",
    )}  # fmt: skip
    elsewhere = tried(code="firms", priority="20", applies_to="{kind: [business]}", enter='{min_amount: "6.00"}')
    assert elsewhere.accounts_changed == 0


def test_what_cannot_be_done_is_counted_apart(office: Office) -> None:
    portfolio(office)
    place_hold(the(CHLOE).id, HoldKind.MANUAL, TONIGHT, None, reason="ill", by="claire", key="h")
    report = tried(
        stages="""
  - {code: reminder, age: 1, mandatory: true,
     actions: [{send: {channel: letter, template: reminder}}, {restrict: {}}, {review: {}}]}"""
    )
    assert report.would.actions == {"review": 1}
    assert report.would.refused == {"unreachable": 1, "not_installed": 1}
    assert (report.today.held, report.would.held) == (1, 1)
    denis = next(change for change in report.changes if change.account_number == "DENIS")
    assert denis.then.withheld == (("send", "unreachable"), ("restrict", "not_installed"))


def test_who_would_be_left_alone(office: Office) -> None:
    portfolio(office)
    report = tried(enter='{min_amount: "60.00"}', leave='{max_amount: "45.00"}')
    assert changes(report) == {
        "BRUNO": ("", "leaves"),
        "CHLOE": ("house/second: send email (second_reminder)", "leaves"),
        "DENIS": ("house/reminder: send email (reminder)", ""),
    }
    assert (report.today.left, report.would.left) == (0, 2)


def test_costs_are_estimated_and_rounded_once(office: Office) -> None:
    portfolio(office)
    report = tried(enter='{min_amount: "6.00"}', costs='{email: "0.015", review: "1.50"}')
    assert report.would.cost_minor == {"EUR": 5}
    told = report.as_json()
    assert (told["cost"], told["currency"]) == ({"would": "0.05", "today": "0.00"}, "EUR")


def test_what_it_says_of_today_is_what_the_night_then_does(office: Office) -> None:
    portfolio(office)
    report = tried()
    figures = run(TONIGHT)
    assert dict(figures.stages_entered) == dict(report.today.stages)
    assert dict(figures.actions) == dict(report.today.actions)


def test_what_it_says_of_the_draft_is_what_the_night_then_does(office: Office) -> None:
    portfolio(office)
    more = {
        "enter": '{min_amount: "6.00"}',
        "stages": """
  - {code: one, age: 1, actions: [{send: {channel: email, template: reminder}}, {task: {kind: call}}, {restrict: {}}]}""",
    }
    # Episodes under way keep their version, so the night shows the draft on new ones only: all are new here.
    with connection.cursor() as cursor:
        for table in ("plannedaction", "position", "episode"):
            cursor.execute(f"DELETE FROM dunning_{table}")
    report = tried(**more)
    import_scenario(scenario(**more), "test")
    figures = run(TONIGHT)
    assert dict(figures.stages_entered) == dict(report.would.stages) == {"house/one": 4}
    assert dict(figures.actions) == dict(report.would.actions) == {"send": 4, "task": 4}


def test_at_invoice_level_the_highest_stage_speaks_for_the_account(office: Office) -> None:
    import_scenario(scenario(level="invoice", catch_up="jump"), "test")
    office.bill("BRUNO", "B1", "30.00", "2026-01-01", "2026-01-31")
    office.bill("BRUNO", "B2", "30.00", "2026-01-01", "2026-02-05")
    live("2026-01-30", "2026-01-31")
    report = queries.preview(content(level="invoice", catch_up="jump"), TONIGHT)
    assert (report.today.actions, report.today.refused) == ({"send": 1}, {"merged": 1})
    assert dict(run(TONIGHT).actions) == {"send": 1}


def test_items_are_named_where_the_levels_differ(office: Office) -> None:
    import_scenario(scenario(), "test")
    office.bill("BRUNO", "B1", "30.00", "2026-01-01", "2026-02-07")
    report = tried(level="invoice")
    assert {(change.item_number, change.today.told[:5], change.then.told[:5]) for change in report.changes} == {
        ("", "house", ""), ("B1", "", "house"),
    }  # fmt: skip
    assert report.accounts_changed == 1


def test_families_are_looked_at_together(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    import_scenario(scenario(), "test")
    for more in (
        {"number": "HOLDING"}, {"number": "OTHER"}, *({"number": f"SITE{n}", "parent": "HOLDING"} for n in range(3)),
    ):  # fmt: skip
        office.open_accounts(FABRE | more)
    office.bill("OTHER", "O1", "30.00", "2026-01-01", "2026-01-31")
    for number in range(3):
        office.bill(f"SITE{number}", f"S{number}", "30.00", "2026-01-01", "2026-01-31")
    monkeypatch.setattr(PREVIEW, "ACCOUNTS_PER_CHUNK", 1)
    report = tried(family="together")
    assert report.today.stages == {"house/reminder": 4}
    assert report.would.stages == {"house/reminder": 2}
    assert report.accounts_changed == 4


def test_progress_is_told_and_the_size_of_the_parts_makes_no_difference(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio(office)
    whole = tried(enter='{min_amount: "6.00"}')
    monkeypatch.setattr(PREVIEW, "ACCOUNTS_PER_CHUNK", 1)
    seen: list[tuple[int, int]] = []
    parts = queries.preview(
        content(enter='{min_amount: "6.00"}'), TONIGHT, lambda done, total: seen.append((done, total))
    )
    assert parts == whole
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_only_the_first_changes_are_kept_by_name(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    portfolio(office)
    monkeypatch.setattr(PREVIEW, "CHANGES_KEPT", 1)
    report = tried(enter='{min_amount: "6.00"}', stages="\n  - {code: x, age: 1, actions: [{review: {}}]}")
    assert (len(report.changes), report.accounts_changed) == (1, 3)


@pytest.mark.django_db
def test_a_wrong_draft_is_refused_with_its_problems() -> None:
    with pytest.raises(Refusal, match=r"stages\[1\]\.age"):
        queries.preview({"code": "house", "stages": [{"code": "a", "actions": [{"review": None}]}]}, TONIGHT)


def test_nobody_is_overdue(office: Office) -> None:
    report = tried()
    assert report.as_json()["would"] == {} and report.as_json()["cost"] is None
    assert [the(person).number for person in (ALICE, BRUNO, DENIS)] == ["ALICE", "BRUNO", "DENIS"]


def test_the_command(tmp_path: Path) -> None:
    with separate_relance(tmp_path) as relance:
        folder = tmp_path / "files"
        folder.mkdir()
        (folder / "accounts.csv").write_text("number,name,email\nA,Ann,ann@example.test\nB,Bob,\n", "utf-8")
        (folder / "invoices.csv").write_text(
            "account,number,issued_on,due_on,amount\nA,F1,2026-01-01,2026-01-31,30.00\nB,F2,2026-01-01,2026-01-31,30.00\n"
        )
        relance("import", str(folder))
        file = tmp_path / "draft.yaml"
        file.write_text(
            scenario(stages="\n  - {code: one, age: 1, mandatory: true, actions: [{send: {channel: email, template: reminder}}]}",
                     costs='{email: "0.10"}'), "utf-8",
        )  # fmt: skip
        report = json.loads(
            relance(
                "scenario", "preview", str(file), "--date", "2026-02-01", "--json", "--csv", str(tmp_path / "c.csv")
            )
        )
        assert report["would"] == {"send": 1} and report["today"] == {"send": 1}
        assert report["refused"] == {"would": {"unreachable": 1}, "today": {}}
        assert report["stages"] == {"would": {"house/one": 2}, "today": {"default/reminder": 1}}
        assert (report["accounts_changed"], report["cost"], report["currency"]) == (
            2, {"would": "0.10", "today": "0.00"}, "EUR",
        )  # fmt: skip
        rows = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text())))
        assert sorted((row["account"], row["overdue"], row["then"]) for row in rows) == [
            ("A", "30.00", "house/one: send email (reminder)"), ("B", "30.00", "house/one"),
        ]  # fmt: skip
        assert "2 of 2 accounts would be treated otherwise" in relance(
            "scenario", "preview", str(file), "--date", "2026-02-01"
        )
        file.write_text("code: house\n", "utf-8")
        refused = relance.attempt("scenario", "preview", str(file), "--date", "2026-02-01")
        assert refused.returncode == 2 and "stages: at least one stage is needed" in refused.stderr
