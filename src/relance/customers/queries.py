"""Reads of creditors and billing accounts: single ones, sets by id, and search as one types."""

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

from django.db import connection

from relance.customers.facts import AccountFacts, CreditorFacts, ServiceFacts, TimelineEvent
from relance.kit.bulk import id_array
from relance.kit.pages import COUNT_LIMIT, Page, counted_page

ACCOUNT_RELATION = """(
    SELECT b.id AS account_id, b.number, b.creditor_id, c.code AS creditor, b.name, b.kind, b.segment, b.credit_class,
           b.language, b.payment_method, b.city, b.postcode, b.opened_on, c.country
    FROM customers_billingaccount b JOIN customers_creditor c ON c.id = b.creditor_id)"""
"""The accounts as a relation that other rooms may join in their own set-based SQL: `FROM {ACCOUNT_RELATION} AS a`."""

_ACCENTED, _PLAIN = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ", "aaaaaaceeeeiiiinooooouuuuyy"
_SEPARATORS = '.-_@+/,;:()[]{}&!?#*|~^<>=$"`'
SEARCH_DOCUMENT = f"""array_to_tsvector(array_remove(string_to_array(translate(replace(lower(
    number || ' ' || name || ' ' || city || ' ' || email || ' ' || mobile || ' ' || phone), '''', ' '),
    '{_ACCENTED}{_SEPARATORS}', '{_PLAIN}{" " * len(_SEPARATORS)}'), ' '), ''))"""
"""The words an account is found by; the index `billing_account_search` is on this very expression.

Separators are listed rather than matched: splitting by a pattern would more than double the price of an import.
"""

_ACCOUNT_COLUMNS = ", ".join(field.name for field in fields(AccountFacts))
_CREDITOR_COLUMNS = ", ".join(field.name for field in fields(CreditorFacts))
_SORTS = {"number": ("number", "ASC", ">"), "-number": ("number", "DESC", "<"),
          "name": ("name", "ASC", ">"), "-name": ("name", "DESC", "<")}  # fmt: skip


def creditors() -> list[CreditorFacts]:
    """Every creditor, by code."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_CREDITOR_COLUMNS} FROM customers_creditor ORDER BY code")  # noqa: S608
        return [CreditorFacts(*row) for row in cursor.fetchall()]


def has_accounts(creditor_id: int) -> bool:
    """Whether a creditor has any account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM customers_billingaccount WHERE creditor_id = %s)",
            [creditor_id],
        )
        found: bool = cursor.fetchone()[0]
    return found


def of_creditor(account_ids: Collection[int], creditor_id: int) -> list[int]:
    """Those of these accounts that belong to a creditor, in id order; where it is the only one, without asking."""
    if not account_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_creditor WHERE id <> %s", [creditor_id])
        if cursor.fetchone()[0] == 0:
            return sorted(account_ids)
        cursor.execute(
            "SELECT id FROM customers_billingaccount WHERE creditor_id = %s AND id = ANY(%s::bigint[]) ORDER BY id",
            [creditor_id, id_array(account_ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def countries_with_accounts() -> set[str]:
    """The ISO countries of the creditors that have an account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.country FROM customers_creditor c "
            "WHERE EXISTS (SELECT 1 FROM customers_billingaccount b WHERE b.creditor_id = c.id)"
        )
        return {row[0] for row in cursor.fetchall()}


def creditor(creditor_id: int) -> CreditorFacts:
    """One creditor by id. Raises LookupError when there is none."""
    for found in creditors():
        if found.id == creditor_id:
            return found
    raise LookupError(f"no creditor {creditor_id}")


def accounts(ids: Sequence[int]) -> dict[int, AccountFacts]:
    """The accounts with these ids; unknown ids are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ACCOUNT_COLUMNS} FROM customers_billingaccount WHERE id = ANY(%s::bigint[])",  # noqa: S608
            [id_array(ids)],
        )
        return {row[0]: AccountFacts(*row) for row in cursor.fetchall()}


def account(account_id: int) -> AccountFacts | None:
    """One account by id, or None."""
    return accounts([account_id]).get(account_id)


def account_by_number(number: str) -> AccountFacts | None:
    """One account by its number, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ACCOUNT_COLUMNS} FROM customers_billingaccount WHERE number = %s",  # noqa: S608
            [number],
        )
        row = cursor.fetchone()
    return AccountFacts(*row) if row else None


def accounts_by_number(numbers: Sequence[str]) -> dict[str, AccountFacts]:
    """The accounts with these numbers, by number; unknown numbers are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ACCOUNT_COLUMNS} FROM customers_billingaccount WHERE number = ANY(%s)",  # noqa: S608
            [list(numbers)],
        )
        return {row[1]: AccountFacts(*row) for row in cursor.fetchall()}


def families(account_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The families that any of these accounts belongs to: the account at the head -> every account below it, by id.

    The head has no parent itself; children of children belong to it too, so every account is in one family at most.
    Accounts without parent and children are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE up AS (
                SELECT id, parent_id FROM customers_billingaccount
                WHERE parent_id IS NOT NULL AND id = ANY(%(ids)s::bigint[])
                UNION
                SELECT p.id, p.parent_id FROM customers_billingaccount p
                WHERE p.id IN (SELECT parent_id FROM customers_billingaccount WHERE parent_id = ANY(%(ids)s::bigint[]))
                UNION
                SELECT p.id, p.parent_id FROM up JOIN customers_billingaccount p ON p.id = up.parent_id),
            down AS (
                SELECT id AS head, id FROM up WHERE parent_id IS NULL
                UNION
                SELECT down.head, c.id FROM down JOIN customers_billingaccount c ON c.parent_id = down.id)
            SELECT head, array_agg(id ORDER BY id) FROM down WHERE id <> head GROUP BY head ORDER BY head""",
            {"ids": id_array(account_ids)},
        )
        return {head: tuple(below) for head, below in cursor.fetchall()}


def timeline(account_id: int, limit: int | None = None) -> list[TimelineEvent]:
    """What changed in the account's standing, newest first; with `limit` only the newest.

    Kinds and their data: standing_changed (strategic, score and what they were: strategic_from, score_from),
    standing_class_moved (from, to), standing_hold_placed, standing_hold_lifted (since); each with its reason.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT marked_on, marked_at, kind, data, marked_by, reason FROM customers_accountmark "
            "WHERE account_id = %s ORDER BY marked_on DESC, marked_at DESC, id DESC LIMIT %s",
            [account_id, limit],
        )
        return [
            TimelineEvent(on, at, kind, {**json.loads(data), "reason": reason}, by)
            for on, at, kind, data, by, reason in cursor.fetchall()
        ]


def event_count(account_id: int) -> int:
    """How many changes of standing the account has, each an event of `timeline`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_accountmark WHERE account_id = %s", [account_id])
        (count,) = cursor.fetchone()
    return int(count)


def services(account_id: int) -> list[ServiceFacts]:
    """The services billed on an account, by identifier."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identifier, kind, activated_on FROM customers_service WHERE account_id = %s ORDER BY identifier",
            [account_id],
        )
        return [ServiceFacts(*row) for row in cursor.fetchall()]


def criteria() -> dict[str, list[str]]:
    """The values that accounts have for each filter: kind, segment, credit_class, creditor (codes).

    Walks the distinct values through the indexes, so it stays quick with millions of accounts.
    """
    found: dict[str, list[str]] = {"kind": ["consumer", "business", "public"]}
    with connection.cursor() as cursor:
        for column in ("segment", "credit_class"):
            cursor.execute(
                f"""
                WITH RECURSIVE walk AS (
                    (SELECT {column} AS value FROM customers_billingaccount ORDER BY {column} LIMIT 1)
                    UNION ALL
                    SELECT (SELECT b.{column} FROM customers_billingaccount b WHERE b.{column} > walk.value
                            ORDER BY b.{column} LIMIT 1) FROM walk WHERE walk.value IS NOT NULL)
                SELECT value FROM walk WHERE value <> '' LIMIT 200"""  # noqa: S608
            )
            found[column] = [row[0] for row in cursor.fetchall()]
    found["creditor"] = [entry.code for entry in creditors()]
    return found


def find_accounts(
    text: str = "",
    kind: str = "",
    segment: str = "",
    credit_class: str = "",
    creditor: str = "",
    only: Sequence[int] | None = None,
    sort: str = "number",
    after: str | None = None,
    limit: int = 50,
) -> Page[AccountFacts]:
    """Accounts whose number, name, city, e-mail or phone have words starting with every word of `text`.

    `only` restricts to these ids. `sort` is number or name, with a leading minus for falling order; `after` is the
    `next_after` of the page before. Raises ValueError for an unknown sort.
    """
    if sort not in _SORTS:
        raise ValueError(f"unknown sort {sort!r}; one of {', '.join(_SORTS)}")
    column, direction, beyond = _SORTS[sort]
    conditions, values = _conditions(text, kind, segment, credit_class, creditor, only)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM customers_billingaccount WHERE {conditions} LIMIT {COUNT_LIMIT + 1}) t",  # noqa: S608
            values,
        )
        total = cursor.fetchone()[0]
        if after is not None:
            key, _, account_id = after.rpartition("|")
            conditions += f" AND ({column}, id) {beyond} (%s, %s)"
            values = [*values, key, int(account_id)]
        cursor.execute(
            f"SELECT {_ACCOUNT_COLUMNS} FROM customers_billingaccount WHERE {conditions} "  # noqa: S608
            f"ORDER BY {column} {direction}, id {direction} LIMIT %s",
            [*values, limit + 1],
        )
        rows = [AccountFacts(*row) for row in cursor.fetchall()]
    next_after = None
    if len(rows) > limit:
        rows = rows[:limit]
        next_after = f"{getattr(rows[-1], column)}|{rows[-1].id}"
    return counted_page(rows, next_after, total)


def _conditions(
    text: str, kind: str, segment: str, credit_class: str, creditor: str, only: Sequence[int] | None
) -> tuple[str, list[Any]]:
    conditions: list[str] = ["TRUE"]
    values: list[Any] = []
    words = search_words(text)
    if text.strip() and not words:
        return "FALSE", []
    if words:
        conditions.append(f"{SEARCH_DOCUMENT} @@ %s::tsquery")
        values.append(" & ".join(f"'{word}':*" for word in words))
    for column, value in (("kind", kind), ("segment", segment), ("credit_class", credit_class)):
        if value:
            conditions.append(f"{column} = %s")
            values.append(value)
    if creditor:
        conditions.append("creditor_id = (SELECT id FROM customers_creditor WHERE code = %s)")
        values.append(creditor)
    if only is not None:
        conditions.append("id = ANY(%s)")
        values.append(list(only))
    return " AND ".join(conditions), values


def search_words(text: str) -> list[str]:
    """The words of a search as the index knows them: lower case, without accents, letters and digits only."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return [word for word in re.split(r"[^a-z0-9]+", plain) if word][:8]
