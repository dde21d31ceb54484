"""Passes a message that did not reach its customer to the next channel, and keeps addresses that are dead."""

import json
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.kit.bulk import id_array
from relance.kit.events import publish
from relance.outbound.facts import AddressesDied, DeadAddressFacts
from relance.outbound.queries import dead_addresses, reachable
from relance.outbound.rules import REREAD

OTHER_WAYS = "channels"
"""Key of a message's context: the channels to try after its own, in order."""


def mark_dead(addresses: Sequence[tuple[int, str, str, str]]) -> None:
    """Note that customers are not reached at these addresses: account, channel, address, and why. Twice is once.

    Whoever looks for a better one hears of those that are new.
    """
    if not addresses:
        return
    columns = list(zip(*((account_id, code, to, why[:300]) for account_id, code, to, why in addresses), strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO outbound_deadaddress (account_id, channel, address, reason, cleared_by)
            SELECT account_id, channel, address, min(reason), ''
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS t(account_id, channel, address, reason)
            GROUP BY 1, 2, 3
            ON CONFLICT (account_id, channel, address) WHERE cleared_at IS NULL DO NOTHING
            RETURNING account_id, id, channel, address, reason, marked_at""",
            [list(column) for column in columns],
        )
        rows = cursor.fetchall()
        accounts = customers.accounts(sorted({row[0] for row in rows}))
        currency = {creditor.id: creditor.currency for creditor in customers.creditors()} if rows else {}
        found = [
            DeadAddressFacts(
                account_id, address_id, channel, address, reason, at.date(), currency[accounts[account_id].creditor_id]
            )
            for account_id, address_id, channel, address, reason, at in rows
            if account_id in accounts
        ]
        if found:
            publish(AddressesDied(found))


@transaction.atomic
def use_again(address_ids: Sequence[int], actor: str) -> int:
    """Take these addresses for working ones again; how many were dead until now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_deadaddress SET cleared_at = now(), cleared_by = %s "
            "WHERE id = ANY(%s::bigint[]) AND cleared_at IS NULL",
            [actor[:150], id_array(address_ids)],
        )
        return int(cursor.rowcount)


@transaction.atomic
def pass_on(messages: Sequence[tuple[int, int]]) -> int:
    """Prepare a successor, by the next channel that reaches the customer, for messages (account, id) that failed.

    The successor belongs to the same action and is written on the day it leaves. Messages to staff, those whose action
    named no further channel, and those that have a successor already, have none made. Their number.
    """
    if not messages:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT d.account_id, d.id, d.channel, d.context::text, d.reason
            FROM outbound_dispatch d
            JOIN unnest(%s::bigint[], %s::bigint[]) AS m(account_id, id) ON d.account_id = m.account_id AND d.id = m.id
            WHERE NOT d.for_staff AND d.context ? %s AND NOT EXISTS (
                SELECT 1 FROM outbound_dispatch s WHERE s.account_id = d.account_id
                AND s.idempotency_key = d.idempotency_key AND s.attempt > d.attempt AND NOT s.for_staff)
            ORDER BY d.account_id, d.id""",
            [id_array([entry[0] for entry in messages]), id_array([entry[1] for entry in messages]), OTHER_WAYS],
        )
        found = cursor.fetchall()
        accounts = customers.accounts(sorted({row[0] for row in found}))
        dead = dead_addresses(list(accounts))
        successors = [row for row in (_successor(row, accounts, dead) for row in found) if row is not None]
        cursor.executemany(
            """
            INSERT INTO outbound_dispatch (account_id, idempotency_key, item_id, currency, channel, template, language,
                recipient, business_date, context, state, reason, subject, text, html, content_hash, attempt)
            SELECT account_id, idempotency_key, item_id, currency, %s, template, '', %s, business_date, %s::jsonb,
                'prepared', '', '', '', '', '', attempt + 1
            FROM outbound_dispatch WHERE account_id = %s AND id = %s
            ON CONFLICT DO NOTHING""",
            successors,
        )
    return len(successors)


def _successor(
    failed: tuple[int, int, str, str, str],
    accounts: Mapping[int, AccountFacts],
    dead: Mapping[int, frozenset[tuple[str, str]]],
) -> tuple[str, str, str, int, int] | None:
    account_id, message_id, channel, context_text, reason = failed
    context = json.loads(context_text)
    others = [code for code in context[OTHER_WAYS] if code != channel]
    reached = reachable(accounts[account_id], others, dead.get(account_id, frozenset()))
    if reached is None:
        return None
    code, address = reached
    context |= {
        OTHER_WAYS: others[others.index(code) + 1 :],
        REREAD: True,
        "instead_of": {"id": message_id, "channel": channel, "reason": reason},
    }
    return code, address, json.dumps(context), account_id, message_id
