"""Small verbs for tests of the ledger's documents: who acts, what is there, what was seen on earlier days."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import astuple

from django.db import connection

from relance.kit.laws import check
from relance.ledger import queries
from relance.ledger.facts import Act, PolicyFacts, ReceiptOrder
from relance.ledger.laws import LAWS
from relance.ledger.services import change_policy, post_receipt
from tests.cast import the

Person = Mapping[str, str]


def day(text: str) -> dt.date:
    """A date from its ISO text."""
    return dt.date.fromisoformat(text)


def act(
    person: Person, on: str = "2026-03-10", actor: str = "ines", reason: str = "asked by the customer", key: str = ""
) -> Act:
    """An act on a person's account by an agent called Inès, unless said otherwise."""
    return Act(the(person).id, day(on), actor, reason, key)


def item_id(person: Person, number: str) -> int:
    """The id of an item by its number."""
    return one("SELECT id FROM ledger_openitem WHERE account_id = %s AND number = %s", [the(person).id, number])


def credit_id(person: Person, number: str) -> int:
    """The id of a credit by its number."""
    return one("SELECT id FROM ledger_credit WHERE account_id = %s AND number = %s", [the(person).id, number])


def one(sql: str, values: Sequence[object] = ()) -> int:
    """The single number that a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        ((found,),) = cursor.fetchall()
    return int(found)


def open_amounts(person: Person, on: str = "2026-12-31") -> dict[str, int]:
    """What is open of each item on a day, by number."""
    return {item.number: item.open_minor for item in queries.open_items(the(person).id, day(on))}


def left(person: Person, on: str = "2026-12-31") -> dict[str, int]:
    """What is unallocated of each credit on a day, by number; nothing left, no entry."""
    return {c.number: c.open_minor for c in queries.credits_of(the(person).id, day(on)) if c.open_minor}


def booked(person: Person, source_id: int) -> list[tuple[str, str, int]]:
    """The journal rows of one document: debit, credit, minor units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT debit, credit, amount_minor FROM ledger_entry WHERE account_id = %s AND source_id = %s "
            "ORDER BY debit, credit",
            [the(person).id, source_id],
        )
        return cursor.fetchall()


def on_account(person: Person, account: str) -> int:
    """The balance of a ledger account that comes from one billing account: debits less credits."""
    return one(
        "SELECT coalesce(sum(CASE %s WHEN debit THEN amount_minor WHEN credit THEN -amount_minor ELSE 0 END), 0) "
        "FROM ledger_entry WHERE account_id = %s",
        [account, the(person).id],
    )


def receive(
    person: Person, number: str, minor: int, on: str, named: str = "", iban: str = "", method: str = "transfer"
) -> int:
    """Post a receipt and return its id."""
    order = ReceiptOrder(the(person).id, number, "EUR", minor, day(on), method, named, payer_iban=iban)
    return post_receipt(order, "test").credit_id


def follow(person: Person, policy: PolicyFacts) -> None:
    """Give the person's creditor a policy."""
    change_policy(the(person).creditor_id, policy, "for a test", "test")


def views(person: Person, *days: str) -> list[object]:
    """All that can be seen of an account's money on each of these days."""
    account_id = the(person).id
    return [
        (
            [astuple(item) for item in queries.open_items(account_id, day(on))],
            sorted((c.number, c.open_minor, c.reversed_on) for c in queries.credits_of(account_id, day(on))),
            queries.balances([account_id], day(on)),
            queries.exclusions_of(account_id, day(on)),
        )
        for on in days
    ]


def assert_laws_hold() -> None:
    """Every promise of the ledger is kept."""
    broken = {report.law: report.examples for report in check(LAWS) if report.offenders}
    assert broken == {}
