"""Writes on accounts that other rooms need: the lock of accounts, and the standing that we give customers."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers.facts import AccountsChanged
from relance.kit.bulk import copy_rows, id_array
from relance.kit.events import publish
from relance.kit.refusal import Refusal

BEST_SCORE = 100


def lock_accounts(account_ids: Sequence[int]) -> None:
    """Lock these accounts until the transaction ends, in id order, so that two writers of one account take turns.

    Everything that changes an account's money or decisions calls this once, first, inside its transaction; since all
    lock in id order, none waits for another in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM customers_billingaccount WHERE id = ANY(%s::bigint[]) "
            "ORDER BY id FOR NO KEY UPDATE) t",
            [id_array(account_ids)],
        )


def lock_free_accounts(account_ids: Sequence[int]) -> set[int]:
    """Lock those of these accounts that nobody else has locked, without waiting; for whoever holds other locks already
    and can come back for the rest: the accounts that are busy.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH free AS MATERIALIZED (SELECT id FROM customers_billingaccount WHERE id = ANY(%(ids)s::bigint[]) "
            "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) "
            "SELECT id FROM customers_billingaccount "
            "WHERE id = ANY(%(ids)s::bigint[]) AND id NOT IN (SELECT id FROM free)",
            {"ids": id_array(account_ids)},
        )
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def move_credit_class(account_ids: Sequence[int], credit_class: str, by: str, reason: str, on: dt.date) -> int:
    """Move these accounts to a credit class from `on`; those that are in it already stay untouched. Number moved.

    `by` is empty when a scenario asked for it. A later import that gives another class wins. Raises Refusal for a class
    that no file could give: empty, or longer than 60 characters.
    """
    wanted = credit_class.strip()
    if not 0 < len(wanted) <= 60:
        raise Refusal(_("a credit class has a name of 1 to 60 characters"))
    lock_accounts(account_ids)
    return _mark(
        "standing_class_moved",
        """
        UPDATE customers_billingaccount AS b SET credit_class = %(value)s FROM customers_billingaccount AS was
        WHERE b.id = ANY(%(ids)s::bigint[]) AND was.id = b.id AND was.credit_class <> %(value)s
        RETURNING b.id, json_build_object('from', was.credit_class, 'to', b.credit_class)::text""",
        {"ids": id_array(account_ids), "value": wanted},
        (on, by, reason),
    )


@transaction.atomic
def place_credit_hold(account_ids: Sequence[int], on: dt.date, by: str, reason: str = "") -> int:
    """Sell these accounts nothing more on credit from `on`; those under a credit hold already keep it. Number placed."""
    lock_accounts(account_ids)
    return _mark(
        "standing_hold_placed",
        "UPDATE customers_billingaccount SET credit_hold_on = %(value)s "
        "WHERE id = ANY(%(ids)s::bigint[]) AND credit_hold_on IS NULL RETURNING id, '{}'",
        {"ids": id_array(account_ids), "value": on},
        (on, by, reason),
    )


@transaction.atomic
def lift_credit_hold(account_id: int, by: str, on: dt.date, reason: str = "") -> None:
    """Sell to this account on credit again. Raises Refusal when it is under no credit hold."""
    lock_accounts([account_id])
    lifted = _mark(
        "standing_hold_lifted",
        "UPDATE customers_billingaccount AS b SET credit_hold_on = NULL FROM customers_billingaccount AS was "
        "WHERE b.id = %(id)s AND was.id = b.id AND was.credit_hold_on IS NOT NULL "
        "RETURNING b.id, json_build_object('since', was.credit_hold_on)::text",
        {"id": account_id},
        (on, by, reason),
    )
    if not lifted:
        raise Refusal(_("this account is under no credit hold; somebody may have lifted it already"))


@transaction.atomic
def set_standing(account_id: int, strategic: bool, score: int | None, by: str, on: dt.date, reason: str = "") -> bool:
    """Say whether the customer is strategic, and their score from 0 to 100 (None: not scored). Whether that was new.

    Raises Refusal for a score outside 0 to 100.
    """
    if score is not None and not 0 <= score <= BEST_SCORE:
        raise Refusal(_("a score lies between 0 and 100; leave it empty for a customer who is not scored"))
    lock_accounts([account_id])
    changed = _mark(
        "standing_changed",
        """
        UPDATE customers_billingaccount AS b SET strategic = %(strategic)s, score = %(score)s::smallint
        FROM customers_billingaccount AS was
        WHERE b.id = %(id)s AND was.id = b.id
          AND (was.strategic, was.score) IS DISTINCT FROM (%(strategic)s::boolean, %(score)s::smallint)
        RETURNING b.id, json_build_object('strategic_from', was.strategic, 'strategic', b.strategic,
                                          'score_from', was.score, 'score', b.score)::text""",
        {"id": account_id, "strategic": strategic, "score": score},
        (on, by, reason),
    )
    return changed > 0


def _mark(kind: str, update: str, values: dict[str, Any], told: tuple[dt.date, str, str]) -> int:
    """Update accounts, leave a mark on each with what it was, and tell who listens. `update` returns id and data."""
    on, by, reason = told
    with connection.cursor() as cursor:
        cursor.execute(update, values)
        changed = cursor.fetchall()
    copy_rows(
        "customers_accountmark",
        ("account_id", "kind", "marked_on", "marked_by", "reason", "data"),
        ((account_id, kind, on, by, reason, data) for account_id, data in changed),
    )
    if changed:
        publish(AccountsChanged(sorted(account_id for account_id, _data in changed)))
    return len(changed)
