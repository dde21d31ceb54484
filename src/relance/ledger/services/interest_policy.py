"""What a creditor's policy makes of late-payment interest when money comes, and the rows that billing it writes."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from relance.kit.ids import next_ids
from relance.ledger import chart
from relance.ledger.facts import AllocationOrder, InterestOnSettlement, PolicyFacts
from relance.ledger.policies import BY_POLICY, DEFAULT, policies_of
from relance.ledger.queries.interest import InterestAccount, interest_accounts
from relance.ledger.rules import NewAllocation

_LONGEST = 40
"""Item numbers longer than this do not fit into a debit note's number; the item's id stands for them."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """Interest of an item that is billed or waived on a day, by the posting with this id."""

    posting_id: int
    item: InterestAccount
    on: dt.date

    @property
    def through_on(self) -> dt.date:
        """The last day whose interest it decides on: earlier than its own where a rate is missing."""
        return min(self.on, self.item.claimable.through_on or self.on)


def bill(posting_id: int, items: Sequence[InterestAccount], on: dt.date) -> list[int]:
    """Write a debit note for what is claimable of each item, due at once; returns the notes' ids in order.

    For accounts that the transaction has locked; the posting is the caller's.
    """
    return _bill([_Decision(posting_id, item, on) for item in items])


def waive(posting_id: int, items: Sequence[InterestAccount], on: dt.date) -> None:
    """Write down that what is claimable of each item is given up."""
    _waive([_Decision(posting_id, item, on) for item in items])


def interest_on_settlement(made: Sequence[tuple[int, NewAllocation]]) -> list[int]:
    """Bill or waive the interest of items that these allocations (by account) settled, as the creditors' policies say.

    For locked accounts, once allocation is done. By default nothing happens: the interest stays claimable. So does
    interest below the policy's minimum, and that of the days whose rate is missing. Returns the accounts that got a
    debit note, for which waiting credits may be allocated again.
    """
    chosen = policies_of(sorted({account_id for account_id, _new in made}))
    settled_on: dict[tuple[int, int], dt.date] = {}
    for account_id, new in made:
        policy = chosen.get(account_id, DEFAULT)
        if policy.interest_on_settlement is not InterestOnSettlement.KEEP:
            key = (account_id, new.item_id)
            settled_on[key] = max(new.effective_on, settled_on.get(key, new.effective_on))
    if not settled_on:
        return []
    decisions: dict[InterestOnSettlement, list[tuple[InterestAccount, dt.date]]] = {
        InterestOnSettlement.BILL: [],
        InterestOnSettlement.WAIVE: [],
    }
    for item in interest_accounts(
        sorted({account_id for account_id, _item_id in settled_on}),
        max(settled_on.values()),
        [item_id for _account_id, item_id in settled_on],
        every_decision=True,
    ):
        policy = chosen[item.account_id]
        key = (item.account_id, item.claimable.item_id)
        if item.settled_on is not None and item.claimable.claimable_minor >= max(1, policy.interest_minimum_minor):
            decisions[policy.interest_on_settlement].append((item, max(item.settled_on, settled_on[key])))
    _waive(_posted("interest_waived", decisions[InterestOnSettlement.WAIVE]))
    billed = _posted("interest_billed", decisions[InterestOnSettlement.BILL])
    _bill(billed)
    return sorted({decision.item.account_id for decision in billed})


def pays_interest_first(account_ids: Sequence[int]) -> list[int]:
    """Those of the accounts whose creditor follows the civil-code order and bills interest."""
    return sorted(account_id for account_id, policy in policies_of(account_ids).items() if _bills_first(policy))


def _bills_first(policy: PolicyFacts) -> bool:
    return (
        policy.allocation_order is AllocationOrder.CIVIL_CODE
        and policy.interest_on_settlement is InterestOnSettlement.BILL
    )


def bill_accrued_before(account_id: int, received_on: dt.date, posting_id: int | None) -> list[int]:
    """Bill interest accrued to the day of a payment, so that the payment clears it before the principal (C. civ. 1343-1).

    Call it for the locked account before its receipt is allocated, with the receipt's posting; one from a file has none,
    and each note then gets its own. Does something only where the creditor follows the civil-code order and bills
    interest; returns the debit notes' ids.
    """
    policy = policies_of([account_id]).get(account_id, DEFAULT)
    if not _bills_first(policy):
        return []
    accrued = [
        item
        for item in interest_accounts([account_id], received_on, every_decision=True)
        if item.claimable.claimable_minor >= max(1, policy.interest_minimum_minor)
    ]
    if posting_id is None:
        return _bill(_posted("interest_billed", [(item, received_on) for item in accrued], is_keyed=False))
    return bill(posting_id, accrued, received_on)


def annul_billed(account_id: int, interest_item_id: int, on: dt.date, posting_id: int) -> None:
    """Make the interest of a debit note that is taken back claimable again; nothing happens for other items."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_interestdecision (account_id, item_id, kind, amount_minor, through_on, interest_item_id,
                                                 posting_id)
            SELECT d.account_id, d.item_id, 'annulled', d.amount_minor, greatest(d.through_on, %(on)s), d.interest_item_id,
                   %(posting)s
            FROM ledger_interestdecision d
            WHERE d.account_id = %(account)s AND d.kind = 'billed' AND d.interest_item_id = %(note)s
              AND NOT EXISTS (SELECT 1 FROM ledger_interestdecision a WHERE a.account_id = d.account_id
                                AND a.kind = 'annulled' AND a.interest_item_id = d.interest_item_id)""",
            {"account": account_id, "note": interest_item_id, "on": on, "posting": posting_id},
        )


def _posted(kind: str, items: Sequence[tuple[InterestAccount, dt.date]], *, is_keyed: bool = True) -> list[_Decision]:
    """A posting for each item, of the day on which it was settled; its key is the allocation that settled it."""
    decisions = [
        _Decision(posting_id, item, on) for posting_id, (item, on) in zip(next_ids(len(items)), items, strict=True)
    ]
    if decisions:
        reason = _("the creditor's policy on interest when an invoice is paid")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO ledger_posting (account_id, id, kind, effective_on, key, input_hash, result, data, reason, "
                "actor) VALUES (%s, %s, %s, %s, %s, '', '{}', %s, %s, %s)",
                [
                    [
                        decision.item.account_id, decision.posting_id, kind, decision.on,
                        f"interest:{decision.item.claimable.item_id}:{decision.item.last_allocation_id}"
                        if is_keyed
                        else None,
                        json.dumps(told([decision.item])), reason, BY_POLICY,
                    ]
                    for decision in decisions
                ],
            )  # fmt: skip
    return decisions


def told(items: Sequence[InterestAccount]) -> dict[str, object]:
    """What the timeline tells of interest that was billed or waived: which items, and how much in all."""
    return {
        "items": [item.claimable.item_number for item in items],
        "currency": items[0].claimable.currency,
        "amount_minor": sum(item.claimable.claimable_minor for item in items),
    }


def _waive(decisions: Sequence[_Decision]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_interestdecision (account_id, item_id, kind, amount_minor, through_on, posting_id) "
            "VALUES (%s, %s, 'waived', %s, %s, %s)",
            [
                [
                    decision.item.account_id, decision.item.claimable.item_id,
                    decision.item.claimable.claimable_minor, decision.through_on, decision.posting_id,
                ]
                for decision in decisions
            ],
        )  # fmt: skip


def _bill(decisions: Sequence[_Decision]) -> list[int]:
    """The debit note, its entry and the decision for each; a note whose number was used before gets a suffix."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH notes AS (
                SELECT b.*, nextval('relance_id_seq') AS id,
                       'INT-' || CASE WHEN length(b.item_number) > {_LONGEST} THEN b.item_id::text ELSE b.item_number END
                       || '-' || b.billed_on AS number
                FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                            %s::date[], %s::date[])
                     WITH ORDINALITY AS b(posting_id, account_id, item_id, item_number, nature, currency, minor,
                                          billed_on, through_on, place)),
            items AS (
                INSERT INTO ledger_openitem (account_id, id, kind, number, nature, currency, born_on, due_on,
                                             amount_minor, tax_minor, open_minor, origin_id, source, document_url,
                                             posting_id)
                SELECT n.account_id, n.id, 'interest', n.number || coalesce('-' || nullif((
                           SELECT count(*) FROM ledger_openitem o WHERE o.account_id = n.account_id
                             AND o.kind = 'interest' AND o.origin_id = n.item_id AND o.born_on = n.billed_on), 0), ''),
                       n.nature, n.currency, n.billed_on, n.billed_on, n.minor, 0, n.minor, n.item_id, 'interest', '',
                       n.posting_id
                FROM notes n),
            booked AS (
                INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor)
                SELECT account_id, id, billed_on, currency, '{chart.CONTROL}', '{chart.INTEREST}', minor FROM notes),
            decided AS (
                INSERT INTO ledger_interestdecision (account_id, item_id, kind, amount_minor, through_on,
                                                     interest_item_id, posting_id)
                SELECT account_id, item_id, 'billed', minor, through_on, id, posting_id FROM notes)
            SELECT id FROM notes ORDER BY place""",  # noqa: S608
            [
                [decision.posting_id for decision in decisions],
                [decision.item.account_id for decision in decisions],
                [decision.item.claimable.item_id for decision in decisions],
                [decision.item.claimable.item_number for decision in decisions],
                [decision.item.nature for decision in decisions],
                [decision.item.claimable.currency for decision in decisions],
                [decision.item.claimable.claimable_minor for decision in decisions],
                [decision.on for decision in decisions],
                [decision.through_on for decision in decisions],
            ],
        )
        return [row[0] for row in cursor.fetchall()]
