"""Statement of account: what a customer owed, what was added and paid in a period, and which items are open after it."""

import datetime as dt
from collections import defaultdict

from relance.customers.queries import account
from relance.insight.facts import Report, Statement, StatementPart
from relance.insight.snapshot import one_picture
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.facts import OpenItemFacts


def statement(account_id: int, from_on: dt.date, to_on: dt.date, as_of: dt.date) -> Statement:
    """One part per currency the account has documents in: opening balance, lines of the period, closing balance.

    Open items, their due dates and disputed parts, and unallocated credits are those of `as_of`; with `as_of` the
    period's last day they add up to the closing balance. Documents after `as_of` are left out. Raises Refusal for an
    unknown account or a period that ends before it begins.
    """
    if to_on < from_on:
        raise Refusal(f"a statement from {from_on} to {to_on} ends before it begins; give the earlier day first")
    customer = account(account_id)
    if customer is None:
        raise Refusal("there is no such account")
    with one_picture():
        open_items: dict[str, list[OpenItemFacts]] = defaultdict(list)
        for item in ledger.open_items(account_id, as_of):
            open_items[item.currency].append(item)
        unallocated = {currency: minor for _, currency, minor in ledger.unallocated([account_id], as_of)}
        parts = tuple(
            StatementPart(
                currency,
                *ledger.account_ledger(account_id, currency, from_on, to_on, as_of),
                open_items[currency],
                unallocated.get(currency, 0),
            )
            for currency in ledger.currencies_of(account_id, as_of)
        )
    return Statement(customer.number, customer.name, from_on, to_on, as_of, parts)


def statement_shown(account_id: int, from_on: dt.date, to_on: dt.date, limit: int) -> Statement:
    """The statement as of its last day with the newest `limit` lines and the oldest `limit` open items per currency.

    Balances and counts are those of the whole. Raises Refusal for an unknown account.
    """
    customer = account(account_id)
    if customer is None:
        raise Refusal("there is no such account")
    with one_picture():
        sums = {balance.currency: balance for balance in ledger.balances([account_id], to_on).get(account_id, [])}
        parts = []
        for currency in ledger.currencies_of(account_id, to_on):
            lines = ledger.account_ledger_page(account_id, currency, from_on, to_on, to_on, limit=limit)
            day_before = from_on - dt.timedelta(days=1)
            before = ledger.account_ledger_page(account_id, currency, dt.date.min, day_before, day_before, limit=1).rows
            opening_minor = before[0].balance_minor if before else 0
            items = ledger.open_item_page(account_id, to_on, currency=currency, limit=limit)
            balance = sums.get(currency)
            parts.append(
                StatementPart(
                    currency, opening_minor, lines.rows[::-1],
                    lines.rows[0].balance_minor if lines.rows else opening_minor,
                    items.rows, balance.unallocated_minor if balance else 0,
                    lines.total, items.total, balance.open_minor if balance else 0,
                )
            )  # fmt: skip
    return Statement(customer.number, customer.name, from_on, to_on, to_on, tuple(parts))


REPORT = Report(
    title={"fr": "Relevé de compte", "en": "Statement of account"},
    help={
        "fr": "Solde d'ouverture, écritures de la période et solde de clôture d'un compte, puis ses créances ouvertes "
        "avec leur échéance, ce qui en est contesté, et l'argent non lettré.",
        "en": "Opening balance, lines of the period and closing balance of an account, then its open items with their "
        "due dates, what of them is disputed, and money not allocated.",
    },
    query=statement,
)
