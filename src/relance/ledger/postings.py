"""Acts on one account's money: locked, dated on an open day, done once per key, and written down as one row.

Whoever writes documents, allocations or corrections goes through `perform` (one account) or `open_days` (files).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers.queries import ACCOUNT_RELATION, creditors
from relance.customers.services import lock_accounts
from relance.kit.bulk import id_array
from relance.kit.ids import next_ids
from relance.kit.refusal import Refusal
from relance.ledger.facts import Act

JOURNAL_LOCK = "hashtext('relance.ledger.journal')"
"""First key of the advisory locks of creditors' journals: postings share them, sealing takes them alone."""

EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2199, 12, 31)
"""The days on which an act can be dated."""

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """An act's posting and result; `created` is false when the key had been used for this very act before."""

    posting_id: int
    created: bool
    result: Result


@transaction.atomic
def perform(
    kind: str, act: Act, inputs: Mapping[str, Any], work: Callable[[int], Result], data: Mapping[str, Any] | None = None
) -> Done:
    """Do `work` once, for an account that is locked and a day that is open, and write its posting.

    `work` gets the id of the posting and returns the result, plain JSON, that the same key gives again. `inputs` is
    what the key stands for. `data` is what the account's timeline tells besides (default: the inputs). Raises Refusal
    for a key used for another act, a sealed day, or a day before the account opened; what `work` raises undoes all.
    """
    _refuse_unkeepable(act, inputs)
    lock_accounts([act.account_id])
    fingerprint = _fingerprint(kind, act, inputs)
    if act.key:
        known = _known(act, fingerprint)
        if known is not None:
            return known
    refuse_closed_day(act.account_id, act.on)
    (posting_id,) = next_ids(1)
    result = work(posting_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_posting (account_id, id, kind, effective_on, key, input_hash, result, data, reason, actor)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                act.account_id, posting_id, kind, act.on, act.key or None, fingerprint, json.dumps(result),
                json.dumps(dict(inputs if data is None else data), default=str), act.reason.strip()[:300], act.actor,
            ],
        )  # fmt: skip
    return Done(posting_id, True, result)


_LONGEST_KEY = 120
_LONGEST_NAME = 150


def _refuse_unkeepable(act: Act, inputs: Mapping[str, Any]) -> None:
    """Refuse what the tables cannot keep as it was said: a name or key cut short would be another one."""
    if len(act.key) > _LONGEST_KEY or len(act.actor) > _LONGEST_NAME:
        raise Refusal(_("a key has at most 120 characters and a name at most 150; use shorter ones"))
    said = json.dumps(inputs, default=str, ensure_ascii=False)
    if any("\0" in text for text in (act.key, act.actor, act.reason)) or "\\u0000" in said:
        raise Refusal(_("a text holds a control character that cannot be kept; type it anew"))


def kind_of_key(act: Act) -> str | None:
    """The kind of act that this key stands for on the account already; None: it is new. Call with the account locked."""
    if not act.key:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM ledger_posting WHERE account_id = %s AND key = %s", [act.account_id, act.key])
        row = cursor.fetchone()
    return row[0] if row else None


def _fingerprint(kind: str, act: Act, inputs: Mapping[str, Any]) -> str:
    said = {"kind": kind, "on": act.on, "reason": act.reason.strip(), "inputs": inputs}
    return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()


def _known(act: Act, fingerprint: str) -> Done | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, input_hash, result, kind, effective_on FROM ledger_posting WHERE account_id = %s AND key = %s",
            [act.account_id, act.key],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    posting_id, known_fingerprint, result, kind, on = row
    if known_fingerprint != fingerprint:
        raise Refusal(
            _(
                "the key '%(key)s' was used on this account for something else (%(kind)s of %(on)s); "
                "use a new key for a new act"
            )
            % {"key": act.key, "kind": kind.replace("_", " "), "on": on}
        )
    return Done(posting_id, False, json.loads(result) if isinstance(result, str) else result)


def refuse_closed_day(account_id: int, on: dt.date) -> None:
    """Raise Refusal when `on` is sealed in the journal of the account's creditor, lies before the account opened, or is
    no day of business at all: a mistyped year.

    Until the transaction ends the creditor's journal cannot be sealed. Call it with the account locked.
    """
    if not EARLIEST <= on <= LATEST:
        raise Refusal(
            _("%(on)s is not between %(first)s and %(last)s; check the year")
            % {"on": on, "first": EARLIEST, "last": LATEST}
        )
    opened_on, sealed_through = _days_of(account_id)
    if sealed_through is not None and on <= sealed_through:
        raise Refusal(
            _("the journal is sealed through %(last)s, and %(on)s lies before its end; choose a day after it")
            % {"last": sealed_through, "on": on}
        )
    if opened_on is not None and on < opened_on:
        raise Refusal(
            _("the account opened on %(opened)s; nothing can be dated %(on)s, before that day")
            % {"opened": opened_on, "on": on}
        )


def _days_of(account_id: int) -> tuple[dt.date | None, dt.date | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.opened_on, a.creditor_id, pg_advisory_xact_lock_shared({JOURNAL_LOCK}, a.creditor_id) "  # noqa: S608
            f"FROM {ACCOUNT_RELATION} AS a WHERE a.account_id = %s",
            [account_id],
        )
        row = cursor.fetchone()
        if row is None:
            raise Refusal(_("there is no such account"))
        # A statement of its own: its snapshot must be younger than the lock.
        cursor.execute("SELECT max(day) FROM ledger_seal WHERE creditor_id = %s", [row[1]])
        return row[0], cursor.fetchone()[0]


def first_open_days(account_ids: Sequence[int]) -> dict[int, dt.date]:
    """The first day after the sealed ones for the accounts whose creditor has sealed any; keeps journals unsealed till
    the end of the transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT creditor_id, pg_advisory_xact_lock_shared({JOURNAL_LOCK}, creditor_id) FROM ("  # noqa: S608
            f"  SELECT DISTINCT a.creditor_id FROM {ACCOUNT_RELATION} AS a "
            "  WHERE a.account_id = ANY(%s::bigint[]) ORDER BY 1) AS c",
            [id_array(account_ids)],
        )
        creditors = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT creditor_id, max(day) + 1 FROM ledger_seal WHERE creditor_id = ANY(%s) GROUP BY 1", [creditors]
        )
        opened: dict[int, dt.date] = dict(cursor.fetchall())
        if not opened:
            return {}
        cursor.execute(
            f"SELECT a.account_id, a.creditor_id FROM {ACCOUNT_RELATION} AS a "  # noqa: S608
            "WHERE a.account_id = ANY(%s::bigint[]) AND a.creditor_id = ANY(%s)",
            [id_array(account_ids), list(opened)],
        )
        return {account_id: opened[creditor_id] for account_id, creditor_id in cursor.fetchall()}


def sealed_days() -> dict[int, dt.date]:
    """The last sealed day of each creditor that has sealed any; all journals stay unsealed till the transaction ends."""
    with connection.cursor() as cursor:
        for creditor in sorted(creditors(), key=lambda entry: entry.id):
            cursor.execute(f"SELECT pg_advisory_xact_lock_shared({JOURNAL_LOCK}, %s)", [creditor.id])
        cursor.execute("SELECT creditor_id, max(day) FROM ledger_seal GROUP BY creditor_id")
        return dict(cursor.fetchall())
