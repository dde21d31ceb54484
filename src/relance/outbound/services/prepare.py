"""Notes the messages that performed actions ask for."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, connection, transaction

from relance.kit.bulk import copy_lines, line_text, temporary_rows
from relance.outbound import rules
from relance.outbound.facts import MessageOrder


def prepare(orders: Sequence[MessageOrder]) -> int:
    """Note the messages asked for, without words yet; an order already noted changes nothing, unless its message was
    withdrawn while something was owed: then it waits for its words again. Number of new ones.
    """
    if not orders:
        return 0
    rows = [_order_row(order) for order in orders]
    try:
        with transaction.atomic():
            copy_lines("outbound_dispatch", _COLUMNS, [_line(row) for row in rows])
            return len(rows)
    except IntegrityError:
        return _prepare_new(rows)


def _line(row: tuple[Any, ...]) -> str:
    account_id, key, item_id, currency, channel, template, language, recipient, business_date, context = row
    return (
        f"{account_id}\t{key}\t{item_id}\t{currency}\t{channel}\t{template}\t{language}\t{line_text(recipient)}\t"
        f"{business_date}\t{line_text(context)}\tprepared\t\t\t\t\t"
    )


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
                ON CONFLICT (account_id, idempotency_key, attempt) WHERE NOT for_staff DO UPDATE
                SET item_id = EXCLUDED.item_id, channel = EXCLUDED.channel, recipient = EXCLUDED.recipient,
                    business_date = EXCLUDED.business_date, context = EXCLUDED.context, state = 'prepared', reason = '',
                    prepared_at = now()
                WHERE outbound_dispatch.state = 'withdrawn' AND outbound_dispatch.reason <> 'settled'"""
            )
            return int(cursor.rowcount)


_COLUMNS = (
    "account_id", "idempotency_key", "item_id", "currency", "channel", "template", "language", "recipient",
    "business_date", "context", "state", "reason", "subject", "text", "html", "content_hash",
)  # fmt: skip
_OF_ONE_DEBT = ("family", "left_out", "passed")
"""Keys of a context that hardly two messages share; kept only where they say something."""

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
        _context_text(order.context),
    )


def _context_text(context: Mapping[str, Any]) -> str:
    own = [key for key in _OF_ONE_DEBT if context.get(key)]
    if own:
        shared = {key: value for key, value in context.items() if key not in _OF_ONE_DEBT}
        return json.dumps(shared | {key: context[key] for key in own}, default=str)
    shared_items = ((key, value) for key, value in context.items() if key not in _OF_ONE_DEBT)
    return _shared_text(tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in shared_items))


@lru_cache(maxsize=1024)
def _shared_text(items: tuple[tuple[str, Any], ...]) -> str:
    """The context as JSON; one night's messages share a few contexts."""
    return json.dumps(dict(items), default=str)
