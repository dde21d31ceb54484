"""Notes the messages that performed actions ask for."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, connection, transaction

from relance.kit.bulk import copy_rows, temporary_rows
from relance.outbound import rules
from relance.outbound.facts import MessageOrder


def prepare(orders: Sequence[MessageOrder]) -> int:
    """Note the messages asked for, without words yet; an order already noted changes nothing. Number of new ones."""
    if not orders:
        return 0
    rows = [_order_row(order) for order in orders]
    try:
        with transaction.atomic():
            copy_rows("outbound_dispatch", _COLUMNS, (row + _WORDLESS for row in rows))
            return len(rows)
    except IntegrityError:
        return _prepare_new(rows)


def _prepare_new(rows: list[tuple[Any, ...]]) -> int:
    """The careful way, when some of the orders are known already."""
    with transaction.atomic():
        temporary_rows("ordered_dispatch", _ORDER, rows)
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


_COLUMNS = (
    "account_id", "idempotency_key", "item_id", "currency", "channel", "template", "language", "recipient",
    "business_date", "context", "state", "reason", "subject", "text", "html", "content_hash",
)  # fmt: skip
_WORDLESS = ("prepared", "", "", "", "", "")
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
