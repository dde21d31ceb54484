"""Writes of holds: placing, holding again and ending. Each is one transaction, one act on the account's timeline.

Nothing is ever changed or taken away: an act adds events that say from which day on the hold is in force or not. Days
may lie in the past. Decisions already taken stay; ages are counted anew.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.arrangements.facts import HoldFacts, HoldKind, HoldsChanged, Period, Scope
from relance.arrangements.queries import events_of_hold, hold
from relance.arrangements.rules import MATRIX, active, changes, periods, stops_messages
from relance.customers.queries import account
from relance.customers.services import lock_accounts
from relance.kit.events import publish
from relance.kit.ids import next_ids
from relance.kit.refusal import Refusal
from relance.ledger.queries import item

EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2199, 12, 31)
"""The days from which and up to which a debt can be held."""

_LONGEST = {"reason": 300, "reference": 120, "by": 150, "key": 120}


@transaction.atomic
def place_hold(
    account_id: int,
    kind: HoldKind | str,
    from_on: dt.date,
    until_on: dt.date | None,
    *,
    item_id: int = 0,
    part_minor: int | None = None,
    born_before: dt.date | None = None,
    reason: str,
    reference: str = "",
    by: str,
    key: str,
    as_of: dt.date | None = None,
) -> int:
    """Hold an account, an item, a part of it (minor units) or the items born before a day; returns the hold's id.

    `until_on` is the last day held, None while no end is known. The same `key` gives the same hold; with other inputs it
    is refused. `as_of` is today: what waits to be sent stays when the hold begins later or is over; without it the hold
    counts as in force. Raises Refusal for a kind, scope, day or text that cannot be.
    """
    reason, reference = reason.strip(), reference.strip()
    _refuse_unkeepable(reason=reason, reference=reference, by=by, key=key)
    kind = _kind(kind)
    _refuse_bad_days(from_on, until_on)
    lock_accounts([account_id])
    said = {
        "kind": kind, "from_on": from_on, "until_on": until_on, "item_id": item_id, "part_minor": part_minor,
        "born_before": born_before, "reason": reason, "reference": reference,
    }  # fmt: skip
    known = _hold_of_key(account_id, key, said)
    if known is not None:
        return known
    if account(account_id) is None:
        raise Refusal(_("there is no such account"))
    currency = _checked_scope(account_id, kind, item_id, part_minor, born_before)
    (hold_id,) = next_ids(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO arrangements_hold (account_id, id, kind, item_id, part_minor, currency, born_before, from_on, "
            "reason, reference, placed_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [account_id, hold_id, kind, item_id, part_minor, currency, born_before, from_on, reason, reference, by],
        )
    events = [(from_on, True)] + ([] if until_on is None else [(_day_after(until_on), False)])
    _write(account_id, hold_id, "placed", events, until_on, reason, by, key, _hash(said))
    _publish(account_id, hold_id, as_of)
    return hold_id


@transaction.atomic
def pause_again(
    hold_id: int,
    from_on: dt.date,
    until_on: dt.date | None,
    reason: str,
    by: str,
    *,
    key: str = "",
    as_of: dt.date | None = None,
) -> bool:
    """Put a hold in force on these days too, as when a promise is given more time; False: it was so already.

    `until_on` is the last day held, None: with no known end. The rest is as in `place_hold`.
    """
    _refuse_bad_days(from_on, until_on)
    changed, found = _add(hold_id, "again", True, from_on, until_on, reason, by, key)
    if changed:
        _publish(found.account_id, hold_id, as_of)
    return changed


@transaction.atomic
def end_hold(hold_id: int, on: dt.date, reason: str, by: str, *, key: str = "") -> bool:
    """End a hold for good: `on` is the first free day, and days held after it are free too; False: it ends that day
    already.

    On its own first day it is as if it had never been in force. Raises Refusal for a day before that, a hold that is
    over sooner, and a missing reason.
    """
    _refuse_bad_days(on, None)
    changed, found = _add(hold_id, "ended", False, on, None, reason, by, key)
    if changed:
        publish(HoldsChanged([found.account_id], stops_messages=False))
    return changed


def _add(
    hold_id: int, act: str, held: bool, from_on: dt.date, until_on: dt.date | None, reason: str, by: str, key: str
) -> tuple[bool, HoldFacts]:
    """Write the events that make the hold held or free on these days, as one act; whether there were any to write."""
    reason = reason.strip()
    _refuse_unkeepable(reason=reason, by=by, key=key)
    found = hold(hold_id)
    if found is None:
        raise Refusal(_("there is no such hold"))
    lock_accounts([found.account_id])
    said = {"act": act, "hold_id": hold_id, "from_on": from_on, "until_on": until_on, "reason": reason}
    if _hold_of_key(found.account_id, key, said) is not None:
        return False, found
    known = [(event.effective_on, event.id, event.pauses) for event in events_of_hold(found.account_id, hold_id)]
    if not held:
        _refuse_bad_end(periods(known), from_on)
    events = changes(known, held, from_on, None if until_on is None else _day_after(until_on))
    if events:
        _write(found.account_id, hold_id, act, events, until_on, reason, by, key, _hash(said))
    return bool(events), found


def _refuse_bad_end(held: Sequence[Period], on: dt.date) -> None:
    if not held:
        return
    since, free = held[0][0], held[-1][1]
    if on < since:
        raise Refusal(
            _("this hold begins on %(since)s; end it on that day to take it back whole, or later") % {"since": since}
        )
    if free is not None and free < on:
        raise Refusal(_("this hold is over since %(free)s; nothing is left to end") % {"free": free})


def _publish(account_id: int, hold_id: int, as_of: dt.date | None) -> None:
    found = hold(hold_id)
    stops = found is not None and stops_messages(found.kind) and (as_of is None or active(found, as_of))
    publish(HoldsChanged([account_id], stops_messages=stops))


def _write(
    account_id: int,
    hold_id: int,
    act: str,
    events: Sequence[tuple[dt.date, bool]],
    until_on: dt.date | None,
    reason: str,
    by: str,
    key: str,
    input_hash: str,
) -> None:
    ids = next_ids(len(events))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO arrangements_holdevent (account_id, id, hold_id, act_id, act, pauses, effective_on, reason, by, "
            "until_on, key, input_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                [account_id, event_id, hold_id, ids[0], act, held, on, reason, by, *asked]
                for (on, held), event_id, asked in zip(
                    events,
                    ids,
                    [(until_on, key or None, input_hash)] + [(None, None, "")] * (len(ids) - 1),
                    strict=True,
                )
            ],
        )


def _hash(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()


def _hold_of_key(account_id: int, key: str, said: Mapping[str, Any]) -> int | None:
    """The hold whose act had this key; None: the key is new. Call it with the account locked."""
    if not key:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hold_id, input_hash FROM arrangements_holdevent WHERE account_id = %s AND key = %s",
            [account_id, key],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    if row[1] != _hash(said):
        raise Refusal(
            _("the key '%(key)s' was used for another hold of this account; use a new key for a new one") % {"key": key}
        )
    return int(row[0])


def _kind(kind: HoldKind | str) -> HoldKind:
    try:
        return HoldKind(kind)
    except ValueError:
        raise Refusal(
            _("there is no hold of kind '%(kind)s'; known are %(known)s") % {"kind": kind, "known": ", ".join(HoldKind)}
        ) from None


def _refuse_unkeepable(reason: str, **texts: str) -> None:
    if not reason:
        raise Refusal(_("a hold needs a reason; say why"))
    for name, text in {"reason": reason, **texts}.items():
        if len(text) > _LONGEST[name]:
            raise Refusal(
                _("a text of this hold is longer than the %(limit)s characters it may have; shorten it")
                % {"limit": _LONGEST[name]}
            )
        if "\0" in text:
            raise Refusal(_("a text holds a control character that cannot be kept; type it anew"))


def _refuse_bad_days(from_on: dt.date, until_on: dt.date | None) -> None:
    for day in (from_on, until_on):
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Refusal(
                _("%(on)s is not between %(first)s and %(last)s; check the year")
                % {"on": day, "first": EARLIEST, "last": LATEST}
            )
    if until_on is not None and until_on < from_on:
        raise Refusal(
            _("the last day held, %(until)s, lies before the first, %(since)s; choose that day or a later one")
            % {"until": until_on, "since": from_on}
        )


def _checked_scope(
    account_id: int, kind: HoldKind, item_id: int, part_minor: int | None, born_before: dt.date | None
) -> str:
    """Refuse what this kind cannot cover; the currency of the part of an item that it covers, empty for no part."""
    asked = HoldFacts(0, account_id, kind, item_id, part_minor, born_before, (), "", "", "")
    scopes = MATRIX[kind].scopes
    if born_before is not None and (item_id or part_minor is not None):
        raise Refusal(_("a hold is of an item or of the items born before a day, not of both; place two holds"))
    if part_minor is not None and not item_id:
        raise Refusal(_("name the item of which a part is held"))
    if asked.scope not in scopes:
        if scopes == (Scope.BORN_BEFORE,):
            raise Refusal(
                _("a hold of this kind needs the day before which the debts it covers were born: the day of the decision "
                  "or the judgment")
            )  # fmt: skip
        if scopes == (Scope.ACCOUNT,):
            raise Refusal(_("a hold of this kind covers the whole account; leave the item, the part and the day empty"))
        raise Refusal(_("a hold of this kind cannot cover that; choose another scope"))
    if born_before is not None:
        _refuse_bad_days(born_before, None)
    if not item_id:
        return ""
    held = item(account_id, item_id, LATEST)
    if held is None:
        raise Refusal(_("there is no such item on this account"))
    if part_minor is not None and not 0 < part_minor < held.amount_minor:
        raise Refusal(
            _("a part is more than nothing and less than the whole of %(number)s; leave it empty to hold all of it")
            % {"number": held.number}
        )
    return held.currency if part_minor is not None else ""


def _day_after(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)
