"""Money on its way that has arrived: it is no longer a reason to leave its item out."""

from collections.abc import Sequence

from django.db import connection

from relance.kit.bulk import id_array


def lift_in_flight(account_ids: Sequence[int], posting_id: int | None = None) -> int:
    """Lift what was left out because its payment was on its way, once a receipt of that reference is posted.

    For accounts that the transaction has locked, before money is allocated: the payment has settled, and should it be
    returned its item is chased again. Returns how many were lifted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_exclusion (account_id, item_id, kind, amount_minor, effective_on, reference, undoes_id,
                                          posting_id)
            SELECT x.account_id, x.item_id, x.kind, -x.amount_minor, greatest(x.effective_on, c.received_on), x.reference,
                   x.id, %s::bigint
            FROM ledger_exclusion x
            JOIN ledger_credit c ON c.account_id = x.account_id AND c.kind = 'receipt' AND c.number = x.reference
            WHERE x.account_id = ANY(%s::bigint[]) AND x.kind = 'in_flight' AND x.undoes_id IS NULL
              AND NOT EXISTS (SELECT 1 FROM ledger_exclusion u
                              WHERE u.account_id = x.account_id AND u.undoes_id = x.id)""",
            [posting_id, id_array(account_ids)],
        )
        return int(cursor.rowcount)
