"""An account of very many documents, written by SQL: no import would bring them in time for a test."""

from django.db import connection

from tests.faces.conftest import TODAY


def lengthen(account_id: int, count: int) -> None:
    """Give an account `count` invoices over three years, six in ten of them open, and payments of the others.

    One in fifty is paid in part, and one payment in thirty has found no invoice.
    """
    values = {"account": account_id, "count": count, "today": TODAY}
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, values)


_STATEMENTS = (
    """
    INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor, tax_minor,
                                 open_minor, document_url)
    SELECT %(account)s, 'invoice', 'LONG-' || lpad(n::text, 6, '0'), 'service', 'EUR', born_on, born_on + 30, 10000,
           1667, CASE WHEN n %% 10 < 4 THEN 0 WHEN n %% 50 = 9 THEN 6000 ELSE 10000 END, ''
    FROM (SELECT n, %(today)s::date - 1000 + (n * 990 / %(count)s)::int AS born_on
          FROM generate_series(1, %(count)s) n) t""",
    """
    INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, open_minor, method,
                               named_item, reason, posted_by)
    SELECT %(account)s, 'receipt', 'PAY-' || number, 'EUR', least(born_on + 20, %(today)s), amount_minor - open_minor, 0,
           'transfer', '', '', ''
    FROM ledger_openitem WHERE account_id = %(account)s AND number LIKE 'LONG-%%' AND open_minor < amount_minor""",
    "ANALYZE ledger_openitem, ledger_credit",
    """
    INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on)
    SELECT i.account_id, c.id, i.id, c.amount_minor, c.received_on
    FROM ledger_credit c JOIN ledger_openitem i ON i.account_id = c.account_id AND 'PAY-' || i.number = c.number
    WHERE c.account_id = %(account)s""",
    """
    INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, open_minor, method,
                               named_item, reason, posted_by, by_hand)
    SELECT %(account)s, 'receipt', 'FREE-' || n, 'EUR', %(today)s::date - 1 - n %% 300, 500, 500, 'transfer', '', '', '', TRUE
    FROM generate_series(1, %(count)s / 72) n""",
    "ANALYZE ledger_openitem, ledger_credit, ledger_allocation",
)
