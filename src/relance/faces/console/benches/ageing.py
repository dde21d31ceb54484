"""Ageing of a portfolio with four open items an account, some of them disputed, postponed or without a due date.

The floor is one bare sum by age band over the items' current open amounts, which knows no past day, no exclusion, no
postponement and no unallocated money. Both read the same rows, in the same run, warm.
"""

import datetime as dt
import resource
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from relance.insight.reports.ageing import REPORT
from relance.kit.scratch import scratch_database

AS_OF = dt.date(2026, 3, 31)
PAST_DAY = dt.date(2026, 3, 1)
_RUNS = 3

# Each account has four open items and a fifth that was paid after the past day, so that the past day has to add it back.
_PORTFOLIO = """
INSERT INTO customers_billingaccount (id, number, creditor_id, name, kind, segment, credit_class, language, email,
    mobile, phone, address1, address2, postcode, city, country, siren, payment_method, sales_rep)
SELECT n, 'B' || lpad(n::text, 9, '0'), (SELECT min(id) FROM customers_creditor), 'Customer ' || n, 'consumer',
       'region-' || n % 20, 'standard', 'fr', '', '', '', '', '', '', '', 'FR', '', 'transfer', ''
FROM generate_series(1, {size}) n;
INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, tax_minor,
    open_minor, document_url)
SELECT n, 'invoice', 'B' || n || '-' || k, 'service', 'EUR', DATE '{as_of}' - 60 - (n * 31 + k * 37) % 100,
       CASE WHEN n % 100 = 7 THEN NULL ELSE DATE '{as_of}' + 30 - (n * 31 + k * 37) % 100 END, minor, 0,
       CASE WHEN k = 5 THEN 0 ELSE minor END, ''
FROM (SELECT n, k, 2000 + (n * 7 + k * 13) % 5000 AS minor
      FROM generate_series(1, {size}) n, generate_series(1, 5) k) t;
INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, open_minor, method,
    named_item, reason, posted_by)
SELECT account_id, 'receipt', 'P' || id, 'EUR', DATE '{as_of}' - 10, amount_minor + 1000 * (account_id % 20 / 19),
       1000 * (account_id % 20 / 19), 'transfer', '', '', ''
FROM ledger_openitem WHERE open_minor = 0;
INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on)
SELECT i.account_id, c.id, i.id, i.amount_minor, c.received_on
FROM ledger_openitem i JOIN ledger_credit c ON c.account_id = i.account_id WHERE i.open_minor = 0;
INSERT INTO ledger_exclusion (account_id, item_id, kind, amount_minor, effective_on, reference)
SELECT account_id, id, 'disputed', open_minor / 2, DATE '{as_of}' - 20, '' FROM ledger_openitem
WHERE open_minor > 0 AND id % 100 = 3;
INSERT INTO ledger_postponement (account_id, item_id, due_on, effective_on, posting_id)
SELECT account_id, id, due_on + 30, DATE '{as_of}' - 15, 0 FROM ledger_openitem
WHERE open_minor > 0 AND id % 100 = 5 AND due_on IS NOT NULL;
"""

_FLOOR = """
SELECT width_bucket(DATE '{as_of}' - due_on, ARRAY[1, 31, 61, 91]), count(*), sum(open_minor)
FROM ledger_openitem WHERE open_minor > 0 GROUP BY 1
"""


def BENCH(size: int) -> dict[str, Any]:  # noqa: N802
    """Age `size` accounts as of the last day, as of a past day, and by account; the best of three runs each."""
    with scratch_database("bench_ageing"):
        for statement in (*_PORTFOLIO.split(";\n"), "VACUUM ANALYZE", "CHECKPOINT"):
            if statement.strip():
                _execute(statement, size)
        floor_seconds = _best(lambda: _execute(_FLOOR, size))
        seconds = _best(lambda: REPORT.query(AS_OF))
        past_seconds = _best(lambda: REPORT.query(PAST_DAY))
        segment_seconds = _best(lambda: REPORT.query(AS_OF, "segment"))
        account_seconds = _best(lambda: REPORT.query(AS_OF, "account"))
    return {
        "size": size,
        "seconds": round(seconds, 3),
        "per_second": round(4 * size / seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "floor_seconds": round(floor_seconds, 3),
        "past_day_seconds": round(past_seconds, 3),
        "by_segment_seconds": round(segment_seconds, 3),
        "by_account_seconds": round(account_seconds, 3),
    }


def _execute(statement: str, size: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{size}", str(size)).replace("{as_of}", AS_OF.isoformat()))


def _best(work: Callable[[], object]) -> float:
    """Seconds of the quickest run: the first ones read the tables into memory."""
    taken = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)
