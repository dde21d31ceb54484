"""The policy of each creditor as it is in force now."""

from collections.abc import Sequence

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.bulk import id_array
from relance.ledger.facts import AllocationOrder, InterestOnSettlement, PolicyFacts

DEFAULT = PolicyFacts()

BY_POLICY = "policy"
"""The actor of what no person decided."""


def policies() -> dict[int, PolicyFacts]:
    """The policies that people have set, by creditor; a creditor without one follows `DEFAULT`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (creditor_id) creditor_id, allocation_order, small_difference_minor, "
            "interest_on_settlement, interest_minimum_minor, contract_percent, recovers_written_off, seal_after_days "
            "FROM ledger_policy ORDER BY creditor_id, id DESC"
        )
        return {
            row[0]: PolicyFacts(AllocationOrder(row[1]), row[2], InterestOnSettlement(row[3]), *row[4:])
            for row in cursor.fetchall()
        }


def policies_of(account_ids: Sequence[int]) -> dict[int, PolicyFacts]:
    """The policy of each of these accounts whose creditor has set one; the others follow `DEFAULT`."""
    known = policies()
    if not known:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.account_id, a.creditor_id FROM {ACCOUNT_RELATION} AS a "  # noqa: S608
            "WHERE a.account_id = ANY(%s::bigint[]) AND a.creditor_id = ANY(%s)",
            [id_array(account_ids), list(known)],
        )
        return {account_id: known[creditor_id] for account_id, creditor_id in cursor.fetchall()}
