"""What waits for a second person: how much of it, and what approving one request would do."""

from typing import Any, cast

from django.db import connection

from relance.kit.bulk import id_array
from relance.kit.pages import COUNT_LIMIT
from relance.ledger import chart
from relance.ledger.facts import RequestedPart, RequestEffect, RequestFacts
from relance.ledger.tax_back import taxed_items


def waiting_request_count() -> int:
    """Write-offs and refunds that wait for a decision, counted up to `kit.pages.COUNT_LIMIT`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM ledger_request WHERE state = 'requested' LIMIT {COUNT_LIMIT}) t"  # noqa: S608
        )
        count: int = cursor.fetchone()[0]
    return count


def request_effect(asked: RequestFacts) -> RequestEffect:
    """What approving a request would post, from what its items or its credit hold now."""
    if asked.kind == "refund":
        return _refund(asked)
    named = cast("list[dict[str, Any]]", asked.data["items"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, open_minor FROM ledger_openitem WHERE account_id = %s AND id = ANY(%s::bigint[])",
            [asked.account_id, id_array([item["id"] for item in named])],
        )
        open_now = dict(cursor.fetchall())
    whole = taxed_items(asked.account_id, [item["id"] for item in named]) if asked.data["recovers_vat"] else {}
    parts, tax = [], 0
    for item in named:
        minor = int(item["amount_minor"])
        parts.append(RequestedPart(item["number"], minor, open_now[item["id"]]))
        if whole:
            tax += whole[item["id"]].take(minor)
    entries = (
        (chart.WRITE_OFF, chart.CONTROL, asked.amount_minor - tax),
        (chart.TAX, chart.CONTROL, tax),
    )
    return RequestEffect(tuple(parts), tuple(entry for entry in entries if entry[2]))


def _refund(asked: RequestFacts) -> RequestEffect:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, open_minor FROM ledger_credit WHERE account_id = %s AND id = %s",
            [asked.account_id, int(str(asked.data["credit"]))],
        )
        number, left_minor = cursor.fetchone()
    return RequestEffect(
        (RequestedPart(number, asked.amount_minor, left_minor),), ((chart.CONTROL, chart.BANK, asked.amount_minor),)
    )
