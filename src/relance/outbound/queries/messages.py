"""Reads of messages, for screens and for the rooms that ask for messages."""

import datetime as dt
import json
import os
from collections.abc import Sequence, Set
from dataclasses import fields
from typing import Any

from django.db import connection

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts, TimelineEvent
from relance.kit.bulk import id_array
from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.kit.shelf import shelf
from relance.outbound import calls, rules
from relance.outbound.facts import (
    CallFacts,
    CallState,
    EndpointFacts,
    MessageFacts,
    ReceiptFacts,
    RenderedMessage,
    TelephoneFacts,
)
from relance.outbound.models import Endpoint, MessageReceipt, WebhookCall
from relance.outbound.phones import number_to_call, zones_of
from relance.outbound.queries.printing import printed_channels
from relance.outbound.samples import sample

_ARRIVED = ("sent", "delivered", "opened")
_COLUMNS = ", ".join(field.name for field in fields(MessageFacts))
_ACCOUNTS_SEARCHED = 500
_KINDS = {
    "prepared": "message_waiting",
    "released": "message_waiting",
    "sending": "message_waiting",
    "sealed": "message_waiting",
    "sent": "message_sent",
    "delivered": "message_sent",
    "opened": "message_sent",
    "bounced": "message_failed",
    "returned": "message_failed",
    "merged": "message_withdrawn",
    "withdrawn": "message_withdrawn",
    "failed": "message_failed",
    "unknown": "message_unknown",
}


def template_codes() -> tuple[str, ...]:
    """The codes of the message texts."""
    return rules.template_codes()


def has_template(code: str) -> bool:
    """Whether a message of this code can be written."""
    return rules.has_template(code)


def sample_message(template: str, language: str, written_on: dt.date) -> RenderedMessage:
    """A text as an invented customer would get it. Raises LookupError for a template we have no text of."""
    return sample(template, language, written_on)


def channel_codes() -> tuple[str, ...]:
    """The channels that are installed."""
    return tuple(shelf("relance.outbound.channels", "CHANNEL"))


def reachable(
    account: AccountFacts, channels: Sequence[str], dead: Set[tuple[str, str]] = frozenset()
) -> tuple[str, str] | None:
    """The first of these channels that is installed and reaches the account, with the address; None when none does.

    `dead` are channels and addresses of the account that are known not to work (see `dead_addresses`).
    """
    installed = shelf("relance.outbound.channels", "CHANNEL")
    for code in channels:
        address = installed[code].address_of(account) if code in installed else None
        if address and (code, address) not in dead:
            return code, address
    return None


def passed_over(account: AccountFacts, channels: Sequence[str], dead: Set[tuple[str, str]]) -> dict[str, str]:
    """Why these channels do not reach the account: `not_installed`, `no_address` or `dead_address` by channel."""
    installed = shelf("relance.outbound.channels", "CHANNEL")
    return {
        code: "not_installed"
        if code not in installed
        else "dead_address"
        if (code, installed[code].address_of(account)) in dead
        else "no_address"
        for code in channels
    }


def dead_addresses(account_ids: Sequence[int]) -> dict[int, frozenset[tuple[str, str]]]:
    """Of each of these accounts that has any, the channels and addresses at which it is not reached any more."""
    found: dict[int, set[tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, channel, address FROM outbound_deadaddress "
            "WHERE account_id = ANY(%s::bigint[]) AND cleared_at IS NULL",
            [id_array(account_ids)],
        )
        for account_id, channel, address in cursor.fetchall():
            found.setdefault(account_id, set()).add((channel, address))
    return {account_id: frozenset(addresses) for account_id, addresses in found.items()}


def telephones(accounts: Sequence[AccountFacts], at: dt.datetime) -> dict[int, TelephoneFacts]:
    """Of each account that can be called, the number and when, from `at` on, it may ring (see the contact hours of its
    country's pack). A number at which a text or a recorded call found nobody is left out.
    """
    dead = dead_addresses([account.id for account in accounts])
    owners = {creditor.id: creditor for creditor in customers.creditors()}
    found = {}
    for account in accounts:
        number = number_to_call(account)
        if number is None or any(address == number for _channel, address in dead.get(account.id, ())):
            continue
        owner = owners[account.creditor_id]
        opening = rules.opening(zones_of(number), account.country or owner.country, owner.timezone, at)
        found[account.id] = TelephoneFacts(number, opening.opens_at, opening.closes_at)
    return found


def message_states(account_ids: Sequence[int], keys: Sequence[int]) -> dict[int, str]:
    """The state of the message of each key (the id of a planned action); `account_ids` beside the keys are theirs.

    A key without a message is not in it.
    """
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT d.idempotency_key, d.state
            FROM unnest(%s::bigint[], %s::bigint[]) AS k(account_id, key)
            JOIN outbound_dispatch d ON d.account_id = k.account_id AND d.idempotency_key = k.key AND NOT d.for_staff
            ORDER BY d.attempt""",
            [id_array(account_ids), id_array(keys)],
        )
        return dict(cursor.fetchall())


def messages_of_keys(account_id: int, keys: Sequence[int]) -> dict[int, tuple[int, str]]:
    """The id and the state of an account's message of each key (the id of a planned action), notices to staff too.

    A key without a message is not in it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT idempotency_key, id, state FROM outbound_dispatch "
            "WHERE account_id = %s AND idempotency_key = ANY(%s::bigint[]) ORDER BY id DESC",
            [account_id, id_array(keys)],
        )
        return {key: (message_id, state) for key, message_id, state in cursor.fetchall()}


def messages(
    account_id: int | None = None,
    state: str = "",
    text: str = "",
    after: str | None = None,
    limit: int = 50,
    *,
    channel: str = "",
    template: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Page[MessageFacts]:
    """Messages, newest first, of one account or all, in one state or any, by this channel, with this text, and of the
    business dates from `since` to `until`.

    `text` finds the messages of accounts whose number, name, city, e-mail or phone has words starting with its words
    (of the first 500 such accounts). `after` is the `next_after` of the page before.
    """
    conditions, values, complete = _conditions(account_id, state, text)
    for column, wanted in (
        ("channel = %s", channel),
        ("template = %s", template),
        ("business_date >= %s", since),
        ("business_date <= %s", until),
    ):
        if wanted:
            conditions += f" AND {column}"
            values.append(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM outbound_dispatch WHERE {conditions} LIMIT {COUNT_LIMIT + 1}) t",  # noqa: S608
            values,
        )
        total = cursor.fetchone()[0]
        if after is not None:
            conditions += " AND id < %s"
            values.append(int(after))
        cursor.execute(
            f"SELECT {_COLUMNS} FROM outbound_dispatch WHERE {conditions} ORDER BY id DESC LIMIT %s",  # noqa: S608
            [*values, limit + 1],
        )
        rows = [_facts(row) for row in cursor.fetchall()]
    next_after = str(rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], next_after, min(total, COUNT_LIMIT), complete and total <= COUNT_LIMIT)


def _conditions(account_id: int | None, state: str, text: str) -> tuple[str, list[Any], bool]:
    conditions: list[str] = ["TRUE"]
    values: list[Any] = []
    complete = True
    if account_id is not None:
        conditions.append("account_id = %s")
        values.append(account_id)
    if state:
        conditions.append("state = ANY(%s)")
        values.append(list(_ARRIVED) if state == "sent" else [state])
    if text.strip():
        found = customers.find_accounts(text, limit=_ACCOUNTS_SEARCHED)
        complete = found.next_after is None
        conditions.append("account_id = ANY(%s)")
        values.append([account.id for account in found.rows])
    return " AND ".join(conditions), values, complete


def message(message_id: int) -> MessageFacts | None:
    """One message by id, or None."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM outbound_dispatch WHERE id = %s", [message_id])  # noqa: S608
        row = cursor.fetchone()
    return _facts(row) if row else None


def _facts(row: Sequence[Any]) -> MessageFacts:
    """A row of `_COLUMNS`, whose last one is the context as JSON text."""
    context = json.loads(row[-1]) if isinstance(row[-1], str) else row[-1]
    return MessageFacts(*[*row[:-1], context])


def receipts(account_id: int, message_id: int) -> list[ReceiptFacts]:
    """What was reported about a message after it left, oldest first."""
    rows = MessageReceipt.objects.filter(account_id=account_id, dispatch_id=message_id).order_by("occurred_at", "id")
    return [ReceiptFacts(row.report, row.reason, row.source, row.occurred_at) for row in rows]


def timeline(account_id: int, limit: int | None = None) -> list[TimelineEvent]:
    """One event per message of the account with its latest state, newest first; with `limit` only the newest.

    Kinds: message_waiting, message_sent, message_withdrawn, message_failed, message_unknown. Data: message_id, state,
    channel, template, recipient, claimed_minor (None before release), currency, reason, for_staff (a notice to staff).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT business_date, coalesce(sent_at, released_at, prepared_at) AS at, state, id, channel, template,
                   recipient, claimed_minor, currency, reason, for_staff
            FROM outbound_dispatch WHERE account_id = %s ORDER BY business_date DESC, at DESC, id DESC LIMIT %s""",
            [account_id, limit],
        )
        names = ("message_id", "channel", "template", "recipient", "claimed_minor", "currency", "reason", "for_staff")
        return [
            TimelineEvent(on, at, _KINDS[state], {"state": state, **dict(zip(names, rest, strict=True))})
            for on, at, state, *rest in cursor.fetchall()
        ]


def event_count(account_id: int) -> int:
    """How many messages the account has, each an event of `timeline`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbound_dispatch WHERE account_id = %s", [account_id])
        (count,) = cursor.fetchone()
    return int(count)


def state_counts() -> dict[str, int]:
    """Number of messages in each state that has any.

    Sent ones, nearly all, are the rest after counting the others, so that indexes answer; those that a provider reported
    as delivered or opened are among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM outbound_dispatch WHERE state IN ('prepared', 'released', 'sending') "
            "GROUP BY state UNION ALL "
            "SELECT state, count(*) FROM outbound_dispatch "
            "WHERE state IN ('withdrawn', 'failed', 'unknown', 'bounced', 'returned', 'merged') "
            "GROUP BY state"
        )
        counts: dict[str, int] = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM outbound_dispatch")
        sent = cursor.fetchone()[0] - sum(counts.values())
    return {**counts, "sent": sent} if sent > 0 else counts


def released_counts(business_date: dt.date) -> dict[str, int]:
    """Messages to customers of a business date that got their words, by channel, whatever became of them since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel, count(*) FROM outbound_dispatch WHERE business_date = %s AND released_at IS NOT NULL "
            "AND NOT for_staff "
            "GROUP BY channel ORDER BY channel",
            [business_date],
        )
        return dict(cursor.fetchall())


def is_waiting(as_of: dt.date) -> bool:
    """Whether any message of a business date up to `as_of` is still to be released or sent, and may be at this hour."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM outbound_dispatch WHERE state IN ('prepared', 'released', 'sending') "
            "AND business_date <= %s AND (open_at IS NULL OR open_at <= now() OR state <> 'prepared') "
            "AND NOT (state = 'released' AND channel = ANY(%s)))",
            [as_of, printed_channels()],
        )
        return bool(cursor.fetchone()[0])


def next_hour(as_of: dt.date) -> dt.datetime | None:
    """When the next message of a business date up to `as_of` may be sent that waits for its hour; None when none does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(open_at) FROM outbound_dispatch WHERE state = 'prepared' AND business_date <= %s "
            "AND open_at > now()",
            [as_of],
        )
        opens_at: dt.datetime | None = cursor.fetchone()[0]
        return opens_at


def waiting_since(before: dt.date) -> dict[int, dt.date]:
    """Of each account that is claimed from by messages which have not left, the oldest of their business dates, as far as
    they lie before this day. Notices to staff are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT claimed.account_id, min(d.business_date) FROM outbound_dispatch d CROSS JOIN LATERAL (
                SELECT d.account_id UNION ALL
                SELECT f::bigint FROM jsonb_array_elements_text(coalesce(d.context -> 'family', '[]')) f
            ) AS claimed(account_id)
            WHERE d.state IN ('prepared', 'released') AND NOT d.for_staff AND d.business_date < %s GROUP BY 1""",
            [before],
        )
        return dict(cursor.fetchall())


def endpoints() -> list[EndpointFacts]:
    """The systems that may be called, by name."""
    found = []
    for row in Endpoint.objects.order_by("name"):
        variable = calls.secret_variable(row.name)
        found.append(
            EndpointFacts(
                row.name, row.url, row.is_active, variable, bool(os.environ.get(variable)), row.created_by,
                row.created_at,
            )
        )  # fmt: skip
    return found


def calls_page(state: str = "", endpoint: str = "", after: str | None = None, limit: int = 50) -> Page[CallFacts]:
    """Calls to other systems, newest first, in one state or any, to one endpoint or all."""
    rows = WebhookCall.objects.order_by("-id")
    if state:
        rows = rows.filter(state=state)
    if endpoint:
        rows = rows.filter(endpoint_name=endpoint)
    total = rows[: COUNT_LIMIT + 1].count()
    if after is not None:
        rows = rows.filter(id__lt=int(after))
    found = list(rows[: limit + 1])
    page = [
        CallFacts(
            row.id, row.account_id, row.endpoint_name, row.payload, CallState(row.state), row.reason, row.status_code,
            row.attempt_count, row.made_at, row.next_attempt_at, row.delivered_at,
        )
        for row in found[:limit]
    ]  # fmt: skip
    return counted_page(page, str(page[-1].id) if len(found) > limit else None, total)


def calls_wait() -> bool:
    """Whether any call is still to be delivered."""
    return WebhookCall.objects.filter(state=CallState.WAITING.value).exists()
