"""Writes on accounts that other rooms need."""

from collections.abc import Sequence

from django.db import connection

from relance.kit.bulk import id_array


def lock_accounts(account_ids: Sequence[int]) -> None:
    """Lock these accounts until the transaction ends, in id order, so that two writers of one account take turns.

    Everything that changes an account's money or decisions calls this once, first, inside its transaction; since all
    lock in id order, none waits for another in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM customers_billingaccount WHERE id = ANY(%s::bigint[]) "
            "ORDER BY id FOR NO KEY UPDATE) t",
            [id_array(account_ids)],
        )
