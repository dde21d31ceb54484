"""The import at size and under trouble: a million rows, a first load and a later one, a crash half way, two at once."""

import datetime as dt
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from relance.customers.services import lock_accounts
from relance.intake.services import import_paths
from relance.kit.laws import check
from relance.kit.staging import first_load, merging
from relance.ledger.imports import invoices as invoices_import
from relance.ledger.laws import LAWS

AS_OF = dt.date(2026, 1, 1)
HEADER = "account,number,issued_on,due_on,amount,tax_amount,currency\n"


def rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def write_accounts(path: Path, count: int, name: str = "Customer") -> Path:
    path.write_text("number,name\n" + "".join(f"A{n},{name} {n}\n" for n in range(count)))
    return path


def write_invoices(path: Path, count: int, accounts: int, first: int = 0) -> Path:
    def lines() -> Iterator[str]:
        yield HEADER
        for n in range(first, first + count):
            yield f"A{n % accounts},F{n},2026-01-05,2026-02-04,{n % 90}.{n % 100:02d},0.00,EUR\n"

    with path.open("w") as stream:
        stream.writelines(lines())
    return path


def counts(path: Path) -> tuple[int, int, int, int]:
    (report,) = import_paths([path], AS_OF)
    return report.created, report.updated, report.unchanged, report.rejected


def indexes() -> list[tuple[object, ...]]:
    return rows(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = ANY("
        "ARRAY['customers_billingaccount', 'ledger_openitem', 'ledger_entry']::regclass[]) ORDER BY 1"
    )


@pytest.mark.slow
@pytest.mark.django_db
def test_a_million_invoices_with_bad_rows_here_and_there(tmp_path: Path) -> None:
    assert counts(write_accounts(tmp_path / "accounts.csv", 200_000)) == (200_000, 0, 0, 0)
    path = write_invoices(tmp_path / "invoices.csv", 1_000_000, 200_000)
    with path.open("a") as stream:
        stream.write(
            "A1,BAD1,2026-02-30,2026-03-30,1.00,,EUR\nA1,BAD2,2026-01-05\nUNKNOWN,BAD3,2026-01-05,2026-02-04,1,,\n"
        )
    (report,) = import_paths([path], AS_OF)
    assert (report.rows, report.created, report.rejected) == (1_000_003, 1_000_000, 3)
    assert [(error.row, error.column) for error in report.errors] == [
        (1_000_001, "issued_on"),
        (1_000_002, ""),
        (1_000_003, "account"),
    ]
    (again,) = import_paths([path], AS_OF)
    assert (again.created, again.updated, again.unchanged, again.rejected) == (0, 0, 1_000_000, 3)
    assert rows("SELECT count(*), sum(amount_minor) = sum(open_minor) FROM ledger_openitem") == [(1_000_000, True)]
    assert {law.law for law in check(LAWS) if law.offenders} == set()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000, "kilobytes of this process at its largest"


@pytest.mark.django_db
def test_a_first_load_builds_the_same_indexes_as_were_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_load, "MANY_ROWS", 10)
    loads = []

    def noted(tables: list[str], count: int) -> object:
        loads.append(tables)
        return first_load.indexes_built_afterwards(tables, count)

    monkeypatch.setattr(merging, "indexes_built_afterwards", noted)
    monkeypatch.setattr(invoices_import, "indexes_built_afterwards", noted)
    before = indexes()
    assert counts(write_accounts(tmp_path / "accounts.csv", 20)) == (20, 0, 0, 0)
    assert counts(write_invoices(tmp_path / "invoices.csv", 100, 20)) == (100, 0, 0, 0)
    assert counts(write_invoices(tmp_path / "invoices.csv", 100, 20, first=50)) == (50, 0, 50, 0), "no longer empty"
    assert len(loads) == 3
    assert indexes() == before
    assert {law.law for law in check(LAWS) if law.offenders} == set()


@pytest.mark.django_db
def test_a_number_twice_in_a_first_load_is_found_when_the_indexes_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_load, "MANY_ROWS", 10)
    before = indexes()
    accounts = write_accounts(tmp_path / "accounts.csv", 20)
    with accounts.open("a") as stream:
        stream.write("A3,Someone else\n")
    invoices = write_invoices(tmp_path / "invoices.csv", 100, 20)
    with invoices.open("a") as stream:
        stream.write("A3,F3,2026-01-05,2026-02-04,99.00,0,EUR\n")
    for expected in ((20, 0, 0, 1), (0, 0, 20, 1)):
        assert counts(accounts) == expected
    for expected in ((100, 0, 0, 1), (0, 0, 100, 1)):
        assert counts(invoices) == expected
    assert indexes() == before
    assert {law.law for law in check(LAWS) if law.offenders} == set()


@pytest.mark.django_db
def test_a_merge_into_a_table_thought_empty_does_not_read_it_again_for_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_load, "MANY_ROWS", 1_000_000)
    path = write_accounts(tmp_path / "accounts.csv", 60_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_billingaccount")
        cursor.execute("SET LOCAL statement_timeout = '8s'")
    assert counts(path) == (60_000, 0, 0, 0)


class CrashError(Exception):
    """The machine dies here."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", ["INSERT INTO ledger_openitem", "ANALYZE staged_file", "intake_importedfile"])
def test_a_crash_half_way_leaves_nothing_of_the_file(tmp_path: Path, statement: str) -> None:
    write_accounts(tmp_path / "accounts.csv", 5)
    counts(tmp_path / "accounts.csv")
    path = write_invoices(tmp_path / "invoices.csv", 20, 5)

    def crash(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        result = execute(sql, params, many, context)
        if statement in sql:
            raise CrashError
        return result

    with connection.execute_wrapper(crash), pytest.raises(CrashError):
        import_paths([path], AS_OF)
    assert rows("SELECT (SELECT count(*) FROM ledger_openitem), (SELECT count(*) FROM ledger_entry)") == [(0, 0)]
    assert rows("SELECT count(*) FROM intake_importedfile WHERE file = 'invoices.csv'") == [(0,)]
    assert counts(path) == (20, 0, 0, 0), "and the next import does all of it"
    assert {law.law for law in check(LAWS) if law.offenders} == set()


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_write_it_once(tmp_path: Path) -> None:
    write_accounts(tmp_path / "accounts.csv", 50)
    counts(tmp_path / "accounts.csv")
    path = write_invoices(tmp_path / "invoices.csv", 2_000, 50)
    results: list[tuple[int, int, int, int]] = []

    def bring() -> None:
        try:
            results.append(counts(path))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=bring) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [(0, 0, 2_000, 0), (0, 0, 2_000, 0), (2_000, 0, 0, 0)]
    assert rows("SELECT count(*) FROM ledger_openitem") == [(2_000,)]


@pytest.mark.django_db(transaction=True)
def test_an_accounts_import_beside_another_writer_of_the_accounts_locks_them_in_the_same_order(tmp_path: Path) -> None:
    path = write_accounts(tmp_path / "accounts.csv", 50)
    assert counts(path) == (50, 0, 0, 0)
    header, *lines = write_accounts(path, 50, name="Renamed").read_text().splitlines(keepends=True)
    path.write_text(header + "".join(reversed(lines)))
    ids = [int(str(row[0])) for row in rows("SELECT id FROM customers_billingaccount ORDER BY id")]
    results: list[tuple[int, int, int, int]] = []

    def bring() -> None:
        try:
            results.append(counts(path))
        finally:
            connections.close_all()

    importing = threading.Thread(target=bring)
    with transaction.atomic():
        lock_accounts(ids[:1])
        importing.start()
        deadline = time.monotonic() + 20
        while not rows("SELECT 1 FROM pg_locks WHERE NOT granted") and time.monotonic() < deadline:
            time.sleep(0.02)
        # The import waits for the first account; had it taken a later one before, each would now wait for the other.
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM customers_billingaccount WHERE id = ANY(%s) FOR NO KEY UPDATE NOWAIT", [ids])
    importing.join()
    assert results == [(0, 50, 0, 0)]
