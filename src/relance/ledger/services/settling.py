"""Everything that follows when money may have met items: allocation, then what the creditor's policy makes of the rest."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from relance.customers.services import lock_accounts
from relance.ledger.rules import NewAllocation
from relance.ledger.services.allocate import Occasion, allocate_chunk
from relance.ledger.services.in_flight import lift_in_flight
from relance.ledger.services.interest_policy import interest_on_settlement
from relance.ledger.services.mark_doubtful import settle_doubtful
from relance.ledger.services.recover import recover_written_off
from relance.ledger.services.round_off import write_off_small_differences

ACCOUNTS_PER_CHUNK = 2_000


def settle(account_ids: Sequence[int], posting_id: int, on: dt.date | None = None) -> list[tuple[int, NewAllocation]]:
    """Allocate for accounts that the transaction has locked, and do what their creditors' policies say follows.

    Rows with ids above `posting_id` came with this act, of the day `on` (see `allocate.Occasion`). Returns the
    allocations made from receipts and credit notes, by account.
    """
    return settle_all(account_ids, Occasion(posting_id, on, posting_id))


def settle_all(account_ids: Sequence[int], occasion: Occasion) -> list[tuple[int, NewAllocation]]:
    """The same for several accounts, on an occasion that is no single account's act."""
    lift_in_flight(account_ids, occasion.posting_id)
    made = allocate_chunk(account_ids, occasion)
    made += _follow_policy(made, occasion)
    recover_written_off(account_ids)
    settle_doubtful(account_ids, occasion.since_id)
    return made


def follow_policy(made: Sequence[tuple[int, NewAllocation]], posting_id: int, on: dt.date) -> None:
    """What the policies make of items that a person has just set money against, in the act with this posting."""
    _follow_policy(made, Occasion(posting_id, on, posting_id))


def _follow_policy(made: Sequence[tuple[int, NewAllocation]], occasion: Occasion) -> list[tuple[int, NewAllocation]]:
    """Small rests are given up, interest is billed or waived. Returns the allocations that this led to in turn."""
    if not made:
        return []
    write_off_small_differences([(account_id, new.item_id) for account_id, new in made])
    billed = interest_on_settlement(made)
    # What a payment left over goes to the interest that it has just made due.
    more = allocate_chunk(billed, occasion) if billed else []
    write_off_small_differences([(account_id, new.item_id) for account_id, new in more])
    return more


def allocate_accounts(account_ids: Sequence[int], since_id: int) -> int:
    """Set all unallocated credits of these accounts against their open items; returns the allocations made.

    Rows with ids above `since_id` came with the file that is being posted. Works in chunks of accounts inside the
    caller's transaction (or one of its own); locks the accounts.
    """
    made = 0
    ordered = sorted(set(account_ids))
    with transaction.atomic():
        for start in range(0, len(ordered), ACCOUNTS_PER_CHUNK):
            chunk = ordered[start : start + ACCOUNTS_PER_CHUNK]
            lock_accounts(chunk)
            made += len(settle_all(chunk, Occasion(since_id)))
    return made
