"""Posting a receipt on an account with very many open items, and on one with ten: a payment must not read them all.

The floor is the account with ten. Both are posted in turns, in the same run, on accounts that nobody pursues and on ones
with an open episode.
"""

import datetime as dt
import resource
import statistics
import time
from typing import Any

from django.db import connection, transaction

from relance.cycle.services import run
from relance.dunning.queries import positions_of
from relance.dunning.services import import_scenario
from relance.kit.scratch import scratch_database
from relance.ledger.facts import ReceiptOrder
from relance.ledger.services import post_receipt

NIGHT = dt.date(2026, 3, 2)
FEW = 10
_RECEIPTS = 41

_SCENARIO = """
code: bench
name: {fr: Mesure, en: Bench}
priority: 10
enter: {min_amount: "1.00"}
leave: {max_amount: "0.50"}
stages:
  - {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
"""

# Accounts 1 and 3 have few items, 2 and 4 many; those of 3 and 4 are past due.
_PORTFOLIO = """
INSERT INTO customers_billingaccount (id, number, creditor_id, name, kind, segment, credit_class, language, email,
    mobile, phone, address1, address2, postcode, city, country, siren, payment_method, sales_rep)
SELECT n, 'B' || n, (SELECT min(id) FROM customers_creditor), 'Customer ' || n, 'business', '', 'standard', 'fr',
       'customer' || n || '@example.test', '', '', '', '', '', '', 'FR', '', 'transfer', ''
FROM generate_series(1, 4) n;
INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, tax_minor,
    open_minor, document_url)
SELECT n, 'invoice', 'B' || n || '-' || k, 'service', 'EUR', DATE '{night}' - 60,
       CASE WHEN n > 2 THEN DATE '{night}' - 10 - k % 40 ELSE DATE '{night}' + 10 + k % 40 END, 2500, 0, 2500, ''
FROM generate_series(1, 4) n, generate_series(1, CASE n % 2 WHEN 1 THEN {few} ELSE {size} END) k;
"""


def BENCH(size: int) -> dict[str, Any]:  # noqa: N802
    """The median seconds of a receipt on an account with `size` open items and on one with ten, pursued or not."""
    with scratch_database("bench_receipt"):
        _execute(_PORTFOLIO, size)
        import_scenario(_SCENARIO, "bench")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        run(NIGHT)
        if set(positions_of([1, 2, 3, 4])) != {3, 4}:
            raise AssertionError("the two accounts with debt past due are pursued, the others are not")
        few, many, few_pursued, many_pursued = _medians(range(1, 5))
    return {
        "size": size,
        "seconds": round(many, 5),
        "per_second": round(1 / many),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "floor_seconds": round(few, 5),
        "pursued_seconds": round(many_pursued, 5),
        "pursued_floor_seconds": round(few_pursued, 5),
        "ratio": round(many / few, 2),
        "pursued_ratio": round(many_pursued / few_pursued, 2),
    }


def _medians(account_ids: range) -> list[float]:
    """Post small receipts on each account in turn; the first round, which warms up, does not count."""
    taken: dict[int, list[float]] = {account_id: [] for account_id in account_ids}
    for n in range(_RECEIPTS):
        for account_id in account_ids:
            order = ReceiptOrder(account_id, f"P{n}", "EUR", 300, NIGHT + dt.timedelta(days=1), "transfer")
            started = time.perf_counter()
            post_receipt(order, "bench", f"bench-{n}")
            taken[account_id].append(time.perf_counter() - started)
    return [statistics.median(seconds[1:]) for seconds in taken.values()]


def _execute(statements: str, size: int) -> None:
    text = statements.format(size=size, few=FEW, night=NIGHT.isoformat())
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in text.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
