"""A first working day at the command line: files in, a night, a reminder in the outbox, the reason why, and silence."""

import json
from email import message_from_bytes, policy
from pathlib import Path

from tests.cast import ALICE, BRUNO, write_csv
from tests.separate import Relance, scenario_file, separate_relance

LADDER = """
code: house
name: {fr: Maison, en: House}
level: account
applies_to: {kind: [consumer]}
priority: 10
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 7, actions: [{send: {channel: [email, letter], template: second_reminder}}]}
"""


def portfolio(folder: Path) -> Path:
    folder.mkdir()
    creditor = {"code": "rivage", "name": "Rivage Mobile", "phone": "+33199000000", "contact_name": "Jeanne Ledoux",
                "email": "recouvrement@rivage.example.test", "iban": "FR7630006000011234567890189"}  # fmt: skip
    write_csv(folder / "creditors.csv", [creditor])
    write_csv(folder / "accounts.csv", [person | {"creditor": "rivage"} for person in (ALICE, BRUNO)])
    write_csv(
        folder / "invoices.csv",
        [
            {"account": "ALICE", "number": "F1", "issued_on": "2026-01-01", "due_on": "2026-01-31", "amount": "29.99"},
            {"account": "BRUNO", "number": "F2", "issued_on": "2026-01-01", "due_on": "2026-01-31", "amount": "49.99"},
        ],
    )
    write_csv(
        folder / "payments.csv",
        [{"account": "ALICE", "reference": "P1", "received_on": "2026-01-30", "amount": "29.99", "invoice": "F1"}],
    )
    return folder


def outbox(home: Path) -> list[str]:
    """The plain texts of the messages in the outbox, with their subject and recipient on top."""
    found = []
    for path in sorted((home / "outbox").rglob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        found.append(f"{mail['to']}\n{mail['subject']}\n{body.get_content()}")
    return found


def explain(relance: Relance, account: str, date: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(relance("explain", account, "--date", date, "--json"))
    return told


def test_from_the_files_to_the_reminder_and_back_to_silence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with separate_relance(home) as relance:
        files = portfolio(tmp_path / "files")
        report = json.loads(relance("import", str(files), "--json"))["files"]
        assert [(file["file"], file["created"], file["rejected"]) for file in report] == [
            ("creditors.csv", 1, 0), ("accounts.csv", 2, 0), ("invoices.csv", 2, 0), ("payments.csv", 1, 0),
        ]  # fmt: skip
        again = json.loads(relance("import", str(files), "--json"))["files"]
        assert all(file["unchanged"] == file["rows"] for file in again), "the same files change nothing and say so"
        relance("scenario", "import", str(scenario_file(tmp_path, LADDER)))

        (rehearsal,) = relance.days("--date", "2026-02-01", "--dry-run")
        assert (rehearsal["actions"], outbox(home)) == ({"send": 1}, [])
        (night,) = relance.days("--date", "2026-02-01")
        assert night["stages_entered"] == {"house/reminder": 1}
        assert night["messages"] == {"email": 1}

        (letter,) = outbox(home)
        for needed in ("bruno@example.test", "F2", "49,99", "Jeanne Ledoux", "FR76 3000 6000 0112 3456 7890 189"):
            assert needed in letter, letter

        told = explain(relance, "BRUNO", "2026-02-03")
        assert {key: told[key] for key in ("account", "overdue", "days_past_due", "effective_days", "scenario", "version",
                                           "stage", "entered_on", "next", "holds")} == {
            "account": "BRUNO", "overdue": "49.99", "days_past_due": 3, "effective_days": 3, "scenario": "house",
            "version": 1, "stage": "reminder", "entered_on": "2026-02-01",
            "next": {"stage": "second", "on": "2026-02-07"}, "holds": [],
        }  # fmt: skip
        assert explain(relance, "ALICE", "2026-02-03")["because"] == ["Nothing is overdue."]

        ageing = json.loads(relance("report", "ageing", "--as-of", "2026-02-03", "--json"))
        assert ageing["groups"][0]["buckets"]["1-30"] == {"items": 1, "amount": "49.99"}

        paid = {"account": "BRUNO", "reference": "P2", "received_on": "2026-02-04", "amount": "49.99"}
        relance("import", str(write_csv(tmp_path / "payments.csv", [paid])))
        later = relance.days("--date", "2026-02-04", "--until", "2026-02-20")
        assert all(not day["actions"] for day in later)
        assert len(outbox(home)) == 1
        assert all(law["offenders"] == 0 for law in json.loads(relance("verify", "--json"))["laws"])
        assert relance("scenario", "export", "house").startswith("code: house\n")


def test_exit_codes_tell_done_from_rejected_from_refused(tmp_path: Path) -> None:
    with separate_relance(tmp_path / "home") as relance:
        bad_row = write_csv(tmp_path / "accounts.csv", [ALICE, {"number": "X", "name": "X", "kind": "alien"}])
        done = relance.attempt("import", str(bad_row), "--json")
        assert done.returncode == 1
        (error,) = json.loads(done.stdout)["files"][0]["errors"]
        assert (error["row"], error["column"]) == (2, "kind")

        unknown_column = write_csv(tmp_path / "invoices.csv", [{"account": "ALICE", "numbr": "F1"}])
        refused = relance.attempt("import", str(unknown_column))
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "numbr" in refused.stderr
        for arguments in (
            ("explain", "NOBODY"),
            ("cycle", "--date", "2026-02-30"),
            ("cycle", "--date", "2026-02-02", "--until", "2026-02-01"),
            ("scenario", "export", "nothing"),
            ("scenario", "import", str(tmp_path / "missing.yaml")),
        ):
            refused = relance.attempt(*arguments)
            assert refused.returncode == 2, arguments
            assert refused.stdout == ""
            assert "Traceback" not in refused.stderr
            assert len(refused.stderr.strip().splitlines()) <= 4, refused.stderr
