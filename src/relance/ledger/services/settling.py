"""Everything that follows when money may have met items: allocation, then what the creditor's policy makes of the rest."""

from collections.abc import Sequence

from django.db import transaction

from relance.customers.services import lock_accounts
from relance.ledger.rules import NewAllocation
from relance.ledger.services.allocate import allocate_chunk
from relance.ledger.services.exclude import lift_in_flight
from relance.ledger.services.interest_policy import interest_on_settlement
from relance.ledger.services.mark_doubtful import settle_doubtful
from relance.ledger.services.recover import recover_written_off
from relance.ledger.services.round_off import write_off_small_differences

ACCOUNTS_PER_CHUNK = 2_000


def settle(account_ids: Sequence[int], posting_id: int | None = None) -> list[tuple[int, NewAllocation]]:
    """Allocate for accounts that the transaction has locked, and do what their creditors' policies say follows.

    Returns the allocations made from receipts and credit notes, by account.
    """
    lift_in_flight(account_ids, posting_id)
    made = allocate_chunk(account_ids, posting_id)
    made += follow_policy(made, posting_id)
    recover_written_off(account_ids)
    settle_doubtful(account_ids)
    return made


def follow_policy(
    made: Sequence[tuple[int, NewAllocation]], posting_id: int | None = None
) -> list[tuple[int, NewAllocation]]:
    """What the policies make of items that money was just set against: small rests are given up, interest is billed or
    waived. Returns the allocations that this led to in turn.
    """
    if not made:
        return []
    write_off_small_differences([(account_id, new.item_id) for account_id, new in made])
    billed = interest_on_settlement(made)
    # What a payment left over goes to the interest that it has just made due.
    more = allocate_chunk(billed, posting_id) if billed else []
    write_off_small_differences([(account_id, new.item_id) for account_id, new in more])
    return more


def allocate_accounts(account_ids: Sequence[int]) -> int:
    """Set all unallocated credits of these accounts against their open items; returns the allocations made.

    Works in chunks of accounts inside the caller's transaction (or one of its own); locks the accounts.
    """
    made = 0
    ordered = sorted(set(account_ids))
    with transaction.atomic():
        for start in range(0, len(ordered), ACCOUNTS_PER_CHUNK):
            chunk = ordered[start : start + ACCOUNTS_PER_CHUNK]
            lock_accounts(chunk)
            made += len(settle(chunk))
    return made
