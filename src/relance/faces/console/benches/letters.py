"""Different formal notices, from messages that wait to one sealed print batch, archived and read back as one PDF.

The floor is the typesetter alone: as many pages with an address, a sentence and a table of three lines, and nothing else.
"""

import datetime as dt
import json
import resource
import time
from typing import Any

import typst
from django.db import connection, transaction

from relance.customers.queries import creditors
from relance.kit.scratch import scratch_database
from relance.outbound.queries import batch_pdf, print_batch
from relance.outbound.services import seal

NIGHT = dt.date(2026, 3, 2)

_BARE = b"""
#for one in json(bytes(sys.inputs.data)) [
  #one.address #v(60mm) #one.words
  #table(columns: 4, ..one.rows.flatten())
  #pagebreak(weak: true)
]
"""

_PORTFOLIO = """
INSERT INTO customers_billingaccount (id, number, creditor_id, name, kind, segment, credit_class, language, email,
    mobile, phone, address1, address2, postcode, city, country, siren, payment_method, sales_rep)
SELECT n, 'B' || lpad(n::text, 9, '0'), (SELECT min(id) FROM customers_creditor), 'Customer ' || n, 'consumer', '',
       'standard', CASE n % 3 WHEN 0 THEN 'en' ELSE 'fr' END, '', '', '', n || ' rue des Lilas', '',
       lpad((n % 95000)::text, 5, '0'), 'Ville ' || n, 'FR', '', 'transfer', ''
FROM generate_series(1, {size}) n;
INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, tax_minor,
    open_minor, document_url)
SELECT n, 'invoice', 'B' || n || '-' || k, 'service', 'EUR', DATE '{night}' - 45 - k, DATE '{night}' - 30 - k,
       2000 + (n * 7 + k * 13) % 5000, 0, 2000 + (n * 7 + k * 13) % 5000, ''
FROM generate_series(1, {size}) n, generate_series(1, 3) k;
INSERT INTO outbound_dispatch (account_id, idempotency_key, channel, template, language, recipient, business_date,
    item_id, currency, context, state, reason, subject, text, html, content_hash)
SELECT n, n, 'letter', 'formal_notice', '', 'Customer', DATE '{night}', 0, 'EUR', '{}', 'prepared', '', '', '', '', ''
FROM generate_series(1, {size}) n;
UPDATE customers_creditor SET name = 'Bench Télécom', iban = 'FR7630006000011234567890189', address1 = '1 rue du Câble',
    postcode = '75001', city = 'Paris', phone = '+33 1 84 80 12 34', email = 'contact@bench.example';
"""


def BENCH(size: int) -> dict[str, Any]:  # noqa: N802
    """Seal `size` letters of three invoices each and read the batch back; `peak_mb` counts this process and its helper."""
    with scratch_database("bench_letters"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_PORTFOLIO.replace("{size}", str(size)).replace("{night}", NIGHT.isoformat()))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        (owner,) = creditors()
        started = time.perf_counter()
        batch_id = seal(owner.id, "letter", NIGHT, "bench")
        seconds = time.perf_counter() - started
        if batch_id is None:
            raise RuntimeError("nothing was sealed")
        batch = print_batch(batch_id)
        if batch is None or batch.letter_count != size:
            raise RuntimeError("the batch does not hold every letter once")
        started = time.perf_counter()
        whole = batch_pdf(batch_id)
        joined_seconds = time.perf_counter() - started
    floor_seconds = _bare(size)
    return {
        "size": size,
        "seconds": round(seconds, 3),
        "per_second": round(size / seconds),
        "peak_mb": _peak_mb(),
        "floor_seconds": round(floor_seconds, 3),
        "pages": batch.page_count,
        "joined_seconds": round(joined_seconds, 3),
        "joined_mb": round(len(whole) / 1_000_000, 1),
    }


def _bare(size: int) -> float:
    started = time.perf_counter()
    for start in range(0, size, 100):
        letters = [
            {
                "address": f"Customer {n}, {n} rue des Lilas",
                "words": f"Formal notice to pay of customer {n}.",
                "rows": [[f"B{n}-{k}", "01/01/2026", "31/01/2026", f"{n}.{k}0"] for k in range(3)],
            }
            for n in range(start, min(size, start + 100))
        ]
        typst.compile(_BARE, sys_inputs={"data": json.dumps(letters)}, pdf_tags=False)
    return time.perf_counter() - started


def _peak_mb() -> int:
    """What this process and its largest helper held at most, together."""
    of_both = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(of_both) // 1024
