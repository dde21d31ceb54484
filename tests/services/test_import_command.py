"""`relance import` as programs and people see it: JSON alone on standard output, the rest beside it, exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relance.faces.console.main import cli
from relance.kit.refusal import Refusal

pytestmark = pytest.mark.django_db


def relance_import(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["import", *arguments])


def write(folder: Path, bad_rows: int = 0) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "accounts.csv").write_text("number,name\nA1,Alice\n")
    lines = "".join(f"A1,B{n},2026-01-01,2026-01-31,none\n" for n in range(bad_rows))
    (folder / "invoices-2026-01.csv").write_text(
        f"account,number,issued_on,due_on,amount\nA1,F1,2026-01-01,2026-01-31,9.90\n{lines}"
    )
    return folder


def test_json_has_exactly_the_promised_keys(tmp_path: Path) -> None:
    result = relance_import(str(write(tmp_path / "in", bad_rows=1)), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "files": [
            {
                "file": "accounts.csv",
                "rows": 1,
                "created": 1,
                "updated": 0,
                "unchanged": 0,
                "rejected": 0,
                "errors": [],
            },
            {
                "file": "invoices-2026-01.csv",
                "rows": 2,
                "created": 1,
                "updated": 0,
                "unchanged": 0,
                "rejected": 1,
                "errors": [
                    {
                        "row": 2,
                        "column": "amount",
                        "message": "'none' is not an amount; write digits with a decimal point, for example 12.34",
                    }
                ],
            },
        ]
    }


def test_a_person_reads_a_table_and_the_first_errors_on_standard_error(tmp_path: Path) -> None:
    result = relance_import(str(write(tmp_path / "in", bad_rows=25)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "invoices-2026-01.csv row 2, amount: 'none' is not an amount" in result.stderr
    assert result.stderr.count("is not an amount") == 20
    assert "5 more rejected rows" in result.stderr


def test_nothing_rejected_is_exit_code_zero(tmp_path: Path) -> None:
    assert relance_import(str(write(tmp_path / "in"))).exit_code == 0


def test_a_refused_file_ends_as_a_refusal(tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    (folder / "payments.csv").write_text("account;received_on;amount\n")
    result = relance_import(str(folder), "--json")
    assert isinstance(result.exception, Refusal)
    assert "separated by semicolons" in str(result.exception)
    assert result.stdout == ""
