"""Notes the messages that performed actions ask for."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from relance.kit.bulk import temporary_rows
from relance.outbound import rules
from relance.outbound.facts import MessageOrder



def prepare(orders: Sequence[MessageOrder]) -> int:
    """Note the messages asked for, without words yet; an order already noted changes nothing. Number of new ones."""
    if not orders:
        return 0
    with transaction.atomic():
        temporary_rows("ordered_dispatch", _ORDER, map(_order_row, orders))
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO outbound_dispatch (account_id, idempotency_key, item_id, currency, channel, template,
                    language, recipient, business_date, context, state, reason, subject, text, html, content_hash)
                SELECT account_id, key, item_id, currency, channel, template, language, recipient, business_date,
                    context, 'prepared', '', '', '', '', ''
                FROM ordered_dispatch
                ON CONFLICT (account_id, idempotency_key) DO NOTHING"""
            )
            return int(cursor.rowcount)


_ORDER = (
    "account_id bigint, key bigint, item_id bigint, currency text, channel text, template text, language text, "
    "recipient text, business_date date, context jsonb"
)


def _order_row(order: MessageOrder) -> tuple[Any, ...]:
    language = order.language[:2].lower()
    return (
        order.account_id,
        order.idempotency_key,
        order.item_id,
        order.currency,
        order.channel,
        order.template,
        language if language in rules.LANGUAGES else "",
        order.recipient,
        order.business_date,
        _context_text(tuple(order.context.items())),
    )


@lru_cache(maxsize=1024)
def _context_text(items: tuple[tuple[str, Any], ...]) -> str:
    """The context as JSON; one night's messages share a few contexts."""
    return json.dumps(dict(items), default=str)
