"""Notes the notices to staff that performed actions ask for; they travel as messages do."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts, CreditorFacts
from relance.kit.bulk import temporary_rows
from relance.outbound import rules
from relance.outbound.channels.email import usable_address
from relance.outbound.facts import NoticeOrder
from relance.staff.facts import Role
from relance.staff.queries import addresses

_CHANNEL = "email"
_ROLE = "staff:"
_ORDER = "account_id bigint, key bigint, code text, language text, recipient text, business_date date, context jsonb"


@transaction.atomic
def notify_staff(orders: Sequence[NoticeOrder]) -> list[str]:
    """Note a notice for each reader of each order, once for each key and reader.

    Beside each order why it reaches nobody: `unreachable` (no sales representative with an address, nobody active with
    an address in the role, an address that is none), or empty. The words are written when it is released.
    """
    accounts = customers.accounts(sorted({order.account_id for order in orders}))
    creditors = {creditor.id: creditor for creditor in customers.creditors()}
    staff = {role: addresses(role) for role in {_role(order.to) for order in orders} if role is not None}
    rows: list[tuple[Any, ...]] = []
    refusals = []
    for order in orders:
        account = accounts[order.account_id]
        readers = _readers(order.to, account, creditors[account.creditor_id], staff)
        refusals.append("" if readers else "unreachable")
        rows += (
            (order.account_id, order.key, order.subject_code, language, address, order.business_date,
             json.dumps(dict(order.data), default=str))
            for address, language in readers
        )  # fmt: skip
    if rows:
        temporary_rows("ordered_notice", _ORDER, rows)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO outbound_dispatch (account_id, idempotency_key, item_id, currency, channel, template,
                    language, recipient, business_date, context, state, reason, subject, text, html, content_hash,
                    for_staff)
                SELECT account_id, key, 0, '', %s, code, language, recipient, business_date, context, 'prepared',
                    '', '', '', '', '', TRUE
                FROM ordered_notice
                ON CONFLICT (account_id, idempotency_key, recipient) WHERE for_staff DO NOTHING""",
                [_CHANNEL],
            )
    return refusals


def _role(to: str) -> Role | None:
    return Role(to.removeprefix(_ROLE)) if to.startswith(_ROLE) else None


def _readers(
    to: str, account: AccountFacts, creditor: CreditorFacts, staff: Mapping[Role, Mapping[str, str]]
) -> list[tuple[str, str]]:
    """Addresses with the language of each."""
    role = _role(to)
    if role is not None:
        known = ((usable_address(address), language) for address, language in staff[role].items())
        return [(address, language) for address, language in known if address]
    address = usable_address(account.sales_rep if to == "sales_rep" else to)
    return [(address, rules.notice_language(creditor))] if address else []
