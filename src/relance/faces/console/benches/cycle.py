"""The daily cycle over a portfolio of which 30 % is overdue and each of those accounts gets an action.

The floor is one transaction of bare SQL that ages all items per account, inserts as many actions and updates as many
positions. Both run on the same rows, in the same run; a quiet night (1 % due) on the same portfolio is timed as well, and
the same full night with one worker, on a copy of the same evening.
"""

import datetime as dt
import os
import resource
import time
from typing import Any

from django.db import connection, transaction

from relance.cycle.services import run
from relance.dunning.services import import_scenario
from relance.kit.scratch import scratch_database

NIGHT = dt.date(2026, 3, 2)
QUIET_NIGHT = NIGHT + dt.timedelta(days=1)

_SCENARIO = """
code: bench
name: {fr: Mesure, en: Bench}
priority: 10
enter: {min_amount: "1.00"}
leave: {max_amount: "0.50"}
stages:
  - {code: reminder, age: 10, actions: [{send: {channel: email, template: reminder}}]}
  - {code: second, age: 20, actions: [{send: {channel: email, template: second_reminder}}]}
  - {code: formal, age: 40, actions: [{send: {channel: email, template: formal_notice}}]}
"""

_PORTFOLIO = """
INSERT INTO customers_billingaccount (id, number, creditor_id, name, kind, segment, credit_class, language, email,
    mobile, phone, address1, address2, postcode, city, country, siren, payment_method, sales_rep)
SELECT n, 'B' || lpad(n::text, 9, '0'), (SELECT min(id) FROM customers_creditor), 'Customer ' || n, 'consumer', '',
       'standard', 'fr', 'customer' || n || '@example.test', '', '', '', '', '', '', 'FR', '', 'transfer', ''
FROM generate_series(1, {size}) n;
INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, tax_minor,
    open_minor, document_url)
SELECT n, 'invoice', 'B' || n || '-' || k, 'service', 'EUR', due_on - 14, due_on, 2000 + (n * 7 + k * 13) % 5000, 0,
       2000 + (n * 7 + k * 13) % 5000, ''
FROM (SELECT n, k, CASE WHEN n % 10 < 3 THEN DATE '{night}' - 16 - k
                        WHEN n % 100 = 50 AND k = 1 THEN DATE '{night}' - 10
                        ELSE DATE '{night}' + 20 + k END AS due_on
      FROM generate_series(1, {size}) n, generate_series(1, 4) k) t;
"""

_FLOOR_TABLES = """
CREATE TABLE floor_position (account_id bigint PRIMARY KEY, stage smallint, entered_on date, next_review_on date,
    overdue_minor bigint);
INSERT INTO floor_position SELECT n, 0, DATE '{night}' - 10, DATE '{night}', 0
FROM generate_series(1, {size}) n WHERE n % 10 < 3;
CREATE TABLE floor_action (account_id bigint, id bigint GENERATED ALWAYS AS IDENTITY, stage text, kind text,
    planned_on date, overdue_minor bigint, PRIMARY KEY (account_id, id));
"""

_FLOOR = """
CREATE TEMP TABLE aged ON COMMIT DROP AS
    SELECT account_id, sum(open_minor) AS overdue_minor, min(due_on) AS oldest_due_on
    FROM ledger_openitem WHERE open_minor > 0 AND due_on < DATE '{night}' GROUP BY account_id;
INSERT INTO floor_action (account_id, stage, kind, planned_on, overdue_minor)
    SELECT account_id, 'second', 'send', DATE '{night}', overdue_minor FROM aged WHERE account_id % 10 < 3;
UPDATE floor_position p SET stage = 1, entered_on = DATE '{night}', next_review_on = DATE '{night}' + 20,
    overdue_minor = a.overdue_minor FROM aged a WHERE a.account_id = p.account_id;
"""


def BENCH(size: int) -> dict[str, Any]:  # noqa: N802
    """Time the floor, a full night and a quiet night over `size` accounts with four open items each.

    `peak_mb` is the most memory that this process or one of its helpers held during the full night.
    """
    workers = os.cpu_count() or 1
    with scratch_database("bench_cycle") as evening:
        _build(size)
        with scratch_database("bench_cycle", like=evening):
            floor_seconds = _timed(lambda: _execute(_FLOOR, size))
            figures = run(NIGHT, workers=workers)
            peak_mb = _peak_mb()
            quiet = run(QUIET_NIGHT, workers=workers)
        with scratch_database("bench_cycle", like=evening):
            _execute(_FLOOR, size)
            alone = run(NIGHT, workers=1)
    return {
        "size": size,
        "seconds": round(figures.seconds, 3),
        "per_second": round(size / figures.seconds),
        "peak_mb": peak_mb,
        "floor_seconds": round(floor_seconds, 3),
        "actions": sum(figures.actions.values()),
        "quiet_night_seconds": round(quiet.seconds, 3),
        "quiet_night_percent": round(100 * quiet.seconds / figures.seconds, 2),
        "workers": workers,
        "one_worker_seconds": round(alone.seconds, 3),
        "workers_speed_up": round(alone.seconds / figures.seconds, 2),
        "steps": {step.name: round(step.seconds, 3) for step in figures.steps},
    }


def _build(size: int) -> None:
    """A portfolio whose overdue 30 % stand at the first stage, with the second due tonight."""
    _execute(_PORTFOLIO, size)
    import_scenario(_SCENARIO, "bench")
    _execute("ANALYZE", size, atomic=False)
    run(NIGHT - dt.timedelta(days=10), workers=os.cpu_count() or 1)
    _execute(_FLOOR_TABLES, size)
    _execute("VACUUM ANALYZE", size, atomic=False)
    _execute("CHECKPOINT", size, atomic=False)


def _execute(statements: str, size: int, atomic: bool = True) -> None:
    text = statements.replace("{size}", str(size)).replace("{night}", NIGHT.isoformat())
    if not atomic:
        with connection.cursor() as cursor:
            cursor.execute(text)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in text.split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def _peak_mb() -> int:
    """The most memory of this process and of any of its helpers, each by itself."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024


def _timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
