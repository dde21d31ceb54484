"""Effectiveness of a quarter: three messages to every third account a month, most of them followed by a receipt.

The floor is one bare sum over the quarter's messages and receipts, joined by account, which knows no last contact, no
stage and no new debts. Both read the same rows, in the same run, warm.
"""

import datetime as dt
import resource
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from relance.insight.reports.effectiveness import REPORT
from relance.kit.scratch import scratch_database

FIRST, LAST, AS_OF = dt.date(2026, 1, 1), dt.date(2026, 3, 31), dt.date(2026, 4, 30)
_RUNS = 3

_PORTFOLIO = """
INSERT INTO customers_billingaccount (id, number, creditor_id, name, kind, segment, credit_class, language, email,
    mobile, phone, address1, address2, postcode, city, country, siren, payment_method, sales_rep)
SELECT n, 'B' || lpad(n::text, 9, '0'), (SELECT min(id) FROM customers_creditor), 'Customer ' || n, 'consumer',
       'region-' || n % 20, 'standard', 'fr', '', '', '', '', '', '', '', 'FR', '', 'transfer', ''
FROM generate_series(1, {size}) n;
INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, tax_minor,
    open_minor, document_url)
SELECT n, 'invoice', 'B' || n || '-' || k, 'service', 'EUR', DATE '2025-12-01' + 30 * k, DATE '2025-12-31' + 30 * k - n % 9,
       4000, 0, CASE WHEN (n + k) % 10 = 0 THEN 4000 ELSE 0 END, ''
FROM generate_series(1, {size}) n, generate_series(0, 3) k;
INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, open_minor, method,
    named_item, reason, posted_by)
SELECT account_id, 'receipt', 'P' || id, 'EUR', due_on + (CASE WHEN account_id % 3 = 0 THEN id % 35 ELSE 0 END)::int,
       amount_minor, 0, 'transfer', '', '', ''
FROM ledger_openitem WHERE open_minor = 0;
INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on)
SELECT i.account_id, c.id, i.id, c.amount_minor, c.received_on
FROM ledger_openitem i JOIN ledger_credit c ON c.account_id = i.account_id AND c.number = 'P' || i.id;
INSERT INTO dunning_scenario (code) VALUES ('bench');
INSERT INTO dunning_scenarioversion (scenario_id, number, content, author, writers)
SELECT max(id), 1, '{}'::jsonb, '', ARRAY[]::varchar[] FROM dunning_scenario;
INSERT INTO dunning_plannedaction (account_id, episode_id, item_id, currency, version_id, stage_index, stage, ordinal,
    kind, planned_on, state, refusal, because)
SELECT n, n * 100 + month, 0, 'EUR', (SELECT max(id) FROM dunning_scenarioversion), k, 'stage-' || k, 0, 'send',
       DATE '2026-01-01' + 30 * month + 7 * k + n % 9, 'performed', '', '[]'
FROM generate_series(3, {size}, 3) n, generate_series(0, 2) month, generate_series(0, 2) k;
INSERT INTO outbound_dispatch (account_id, idempotency_key, channel, template, language, recipient, business_date,
    item_id, currency, context, state, reason, subject, text, html, content_hash, claimed_minor, sent_at)
SELECT account_id, id, CASE stage_index WHEN 0 THEN 'email' ELSE 'sms' END, 'reminder', 'fr', 'x@example.com',
       planned_on, 0, 'EUR', '{"silence_at_minor": 500}', 'sent', '', 'Reminder', repeat('word ', 300), '', '', 4000, now()
FROM dunning_plannedaction;
"""

_FLOOR = """
SELECT d.channel, count(*), count(DISTINCT d.account_id), sum(c.amount_minor)
FROM outbound_dispatch d LEFT JOIN ledger_credit c ON c.account_id = d.account_id AND c.received_on > d.business_date
     AND c.received_on <= d.business_date + 30
WHERE d.business_date BETWEEN '2026-01-01' AND '2026-03-31' GROUP BY 1
"""


def BENCH(size: int) -> dict[str, Any]:  # noqa: N802
    """Report on the messages of a quarter to `size` accounts: every group, one month, by method; the best of three."""
    with scratch_database("bench_effectiveness"):
        for statement in (*_PORTFOLIO.split(";\n"), "VACUUM ANALYZE", "CHECKPOINT"):
            if statement.strip():
                _execute(statement, size)
        floor_seconds = _best(lambda: _execute(_FLOOR, size))
        seconds = _best(lambda: REPORT.query(FIRST, LAST, AS_OF))
        month_seconds = _best(lambda: REPORT.query(LAST, LAST, AS_OF))
        method_seconds = _best(lambda: REPORT.query(FIRST, LAST, AS_OF, "method"))
    return {
        "size": size,
        "seconds": round(seconds, 3),
        "per_second": round(3 * size / seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "floor_seconds": round(floor_seconds, 3),
        "one_month_seconds": round(month_seconds, 3),
        "by_method_seconds": round(method_seconds, 3),
    }


def _execute(statement: str, size: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{size}", str(size)))


def _best(work: Callable[[], object]) -> float:
    """Seconds of the quickest run: the first ones read the tables into memory."""
    taken = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)
