"""How fast an operator's accounts and invoices come in, against the bare copying of the same rows.

The floor is `COPY` of the same two files into tables of typed columns with a primary key and an index on the account:
no check, no join, no ledger entries behind an invoice.
"""

import datetime as dt
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection, transaction

from relance.intake.services import import_paths
from relance.kit.scratch import scratch_database
from relance.kit.staging.files import content

INVOICES_PER_ACCOUNT = 4
SEED = 20260105
BILLED_UNTIL = dt.date(2026, 1, 31)
_FLOOR_TABLES = """
    CREATE TABLE floor_account (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text NOT NULL, name text NOT NULL, kind text,
        segment text, credit_class text, language text, email text, mobile text, address1 text, postcode text,
        city text, payment_method text, opened_on date);
    CREATE TABLE floor_invoice (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account text NOT NULL, number text NOT NULL,
        issued_on date NOT NULL, due_on date NOT NULL, amount numeric(18, 2) NOT NULL,
        tax_amount numeric(18, 2) NOT NULL, currency text NOT NULL, nature text NOT NULL);
    CREATE INDEX floor_account_number ON floor_account (number);
    CREATE INDEX floor_invoice_account ON floor_invoice (account);
"""
_ACCOUNT_HEADER = (
    "number,name,kind,segment,credit_class,language,email,mobile,address1,postcode,city,payment_method,opened_on"
)
_INVOICE_HEADER = "account,number,issued_on,due_on,amount,tax_amount,currency,nature"


def BENCH(size: int) -> dict[str, float]:  # noqa: N802
    """Import `size` accounts with four invoices each into a scratch database; seconds of ours and of the floor."""
    with tempfile.TemporaryDirectory(prefix="relance-bench-") as folder, scratch_database("bench_import"):
        accounts, invoices = Path(folder) / "accounts.csv", Path(folder) / "invoices.csv"
        _write(accounts, _ACCOUNT_HEADER, _accounts(size))
        _write(invoices, _INVOICE_HEADER, _invoices(size))
        _execute(_FLOOR_TABLES)
        floor_seconds = _timed(lambda: _copy_bare(accounts, invoices))
        _execute("DROP TABLE floor_account, floor_invoice")
        seconds = _timed(lambda: _import(folder, size))
    # ru_maxrss counts kilobytes on Linux and bytes on macOS.
    unit = 1_000_000 if sys.platform == "darwin" else 1_000
    return {
        "size": size,
        "seconds": round(seconds, 2),
        "per_second": round(size * (1 + INVOICES_PER_ACCOUNT) / seconds),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit),
        "floor_seconds": round(floor_seconds, 2),
    }


def _timed(work: Callable[[], None]) -> float:
    # Both sides start with nothing of the other left to write to disk.
    _execute("CHECKPOINT")
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _copy_bare(accounts: Path, invoices: Path) -> None:
    for table, path in (("floor_account", accounts), ("floor_invoice", invoices)):
        header = _ACCOUNT_HEADER if table == "floor_account" else _INVOICE_HEADER
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({header}) FROM STDIN (FORMAT csv, HEADER true)") as copy,
        ):
            for chunk in content(path):
                copy.write(chunk)


def _import(folder: str, size: int) -> None:
    reports = import_paths([folder], as_of=BILLED_UNTIL)
    created = [report.created for report in reports]
    if created != [size, size * INVOICES_PER_ACCOUNT]:
        raise AssertionError(f"the bench imported {created} rows")


def _write(path: Path, header: str, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(header + "\n")
        stream.writelines(lines)


def _accounts(size: int) -> Iterator[str]:
    dice = random.Random(SEED)  # noqa: S311
    first_names = ("Anne", "Bilal", "Carole", "Davide", "Elif", "François", "Gaëlle", "Hugo", "Inès", "José")
    last_names = ("Martin", "Bernard", "Dubois", "Petit", "Durand", "Leroy", "Moreau", "Simon", "Lefèvre", "Garçon")
    cities = (("75011", "Paris"), ("69003", "Lyon"), ("13001", "Marseille"), ("31000", "Toulouse"), ("59000", "Lille"))
    for index in range(size):
        first, last = dice.choice(first_names), dice.choice(last_names)
        postcode, city = dice.choice(cities)
        kind = dice.choices(("consumer", "business", "public"), (90, 9, 1))[0]
        method = dice.choices(("direct_debit", "transfer", "card"), (60, 30, 10))[0]
        opened_on = dt.date(2015, 1, 1) + dt.timedelta(days=dice.randrange(3650))
        yield (
            f"A{index:08d},{first} {last},{kind},region-{dice.randrange(20)},standard,fr,client{index}@example.test,"
            f"+336{dice.randrange(10**8):08d},{dice.randrange(1, 200)} rue de la République,{postcode},{city},{method},"
            f"{opened_on}\n"
        )


def _invoices(size: int) -> Iterator[str]:
    dice = random.Random(SEED + 1)  # noqa: S311
    for month in range(INVOICES_PER_ACCOUNT):
        issued_on = dt.date(2026, 1, 5 + month * 7)
        due_on = issued_on + dt.timedelta(days=30)
        for index in range(size):
            amount = dice.randrange(500, 12_000)
            tax = amount - amount * 100 // 120
            yield (
                f"A{index:08d},F{month}{index:08d},{issued_on},{due_on},{amount // 100}.{amount % 100:02d},"
                f"{tax // 100}.{tax % 100:02d},EUR,service\n"
            )
