"""What holds forbid and which days they take out of a debt's age. Pure: holds in, answers out."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from relance.arrangements.facts import Guarded, HoldFacts, HoldKind, HoldState, Period, Scope, Verdict


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind of hold says to each guarded act, which scopes it may have, and the texts this rests on."""

    verdicts: Mapping[Guarded, Verdict]
    scopes: tuple[Scope, ...]
    sources: str


_LETTERS = {
    "Y": Verdict.ALLOWED,
    "N": Verdict.FORBIDDEN,
    "C": Verdict.COURTESY_ONLY,
    "R": Verdict.RESTRICTED_ONLY,
    "A": Verdict.NEEDS_APPROVAL,
}
_ANY = (Scope.ACCOUNT, Scope.ITEM, Scope.PART, Scope.BORN_BEFORE)
_WHOLE = (Scope.ACCOUNT,)
_DEBT = (Scope.ACCOUNT, Scope.ITEM, Scope.PART)
_OLDER = (Scope.BORN_BEFORE,)


def _row(letters: str, scopes: tuple[Scope, ...], sources: str) -> KindRule:
    return KindRule(
        {guarded: _LETTERS[letter] for guarded, letter in zip(Guarded, letters.split(), strict=True)}, scopes, sources
    )


# Columns: reminder, formal, debit, restrict, place, report. Y allowed, N forbidden, C courtesy only, R restricted only,
# A needs a person's approval. A kind that lets reminders go covers whole accounts only: items are held by being left out.
MATRIX: Mapping[HoldKind, KindRule] = {
    HoldKind.DISPUTE: _row("N N N N N N", _DEBT, "CNIL 2021-130; directive (EU) 2018/1972, annex VI"),
    HoldKind.PROMISE: _row("C N Y N N N", _ANY, "house rule"),
    HoldKind.PLAN: _row("C N Y N N N", _ANY, "house rule"),
    HoldKind.PAYMENT_IN_FLIGHT: _row("N N N N N N", _DEBT, "house rule"),
    HoldKind.BANK_FEED_STALE: _row("N N N N N N", _WHOLE, "house rule"),
    HoldKind.AID_REQUEST: _row("Y N A R N N", _WHOLE, "CASF L115-3"),
    HoldKind.OVER_INDEBTEDNESS: _row("N N N N N N", _OLDER, "C. conso L722-2, L722-5"),
    HoldKind.INSOLVENCY: _row("N N N N N N", _OLDER, "C. com. L622-7, L622-13, L622-21, L622-28"),
    HoldKind.DECEASED: _row("N N N A N N", _WHOLE, "house rule"),
    HoldKind.VULNERABLE: _row("Y Y Y A A A", _WHOLE, "C. conso L121-84-10-1 (2014); CNIL 2021-130"),
    HoldKind.LEGAL: _row("N A N Y N Y", (Scope.ACCOUNT, Scope.ITEM, Scope.BORN_BEFORE), "house rule"),
    HoldKind.MANUAL: _row("N N N N N N", _ANY, "house rule"),
    HoldKind.EXEMPT: _row("N N N N N N", _WHOLE, "house rule"),
}
"""What each kind of hold says to each act (docs/reference/holds.md tells why, with the sources)."""

_STRICTNESS = (
    Verdict.ALLOWED,
    Verdict.COURTESY_ONLY,
    Verdict.RESTRICTED_ONLY,
    Verdict.NEEDS_APPROVAL,
    Verdict.FORBIDDEN,
)


def pauses(kind: HoldKind) -> bool:
    """Whether this kind stops ordinary reminders, and with them the age of what it covers."""
    return MATRIX[kind].verdicts[Guarded.REMINDER] in (Verdict.FORBIDDEN, Verdict.COURTESY_ONLY)


def stops_messages(kind: HoldKind) -> bool:
    """Whether this kind says anything but yes to a reminder or to a formal notice."""
    said = MATRIX[kind].verdicts
    return not said[Guarded.REMINDER] is said[Guarded.FORMAL] is Verdict.ALLOWED


def periods(events: Iterable[tuple[dt.date, int, bool]]) -> tuple[Period, ...]:
    """The days held, from the events of one hold as (effective day, id, pauses), in any order.

    On a day the last event effective on or before it counts; of several effective on one day, the one with the highest
    id, which is the one recorded last.
    """
    found: list[Period] = []
    since: dt.date | None = None
    last_of_day = {day: held for day, _, held in sorted(events)}
    for day, held in last_of_day.items():
        if held and since is None:
            since = day
        elif not held and since is not None:
            found.append((since, day))
            since = None
    if since is not None:
        found.append((since, None))
    return tuple(found)


def active(hold: HoldFacts, day: dt.date) -> bool:
    """Whether the hold is in force on that day."""
    return any(since <= day and (free is None or day < free) for since, free in hold.periods)


def state(hold: HoldFacts, day: dt.date) -> HoldState:
    """Where the hold stands on that day."""
    if active(hold, day):
        return HoldState.ACTIVE
    return HoldState.COMING if any(since > day for since, _ in hold.periods) else HoldState.ENDED


def covers(hold: HoldFacts, item_id: int, born_on: dt.date) -> bool:
    """Whether the hold is about this item, wholly or in part."""
    if hold.item_id not in (0, item_id):
        return False
    return hold.born_before is None or born_on < hold.born_before


def paused_days(holds: Sequence[HoldFacts], item_id: int, born_on: dt.date, due_on: dt.date, as_of: dt.date) -> int:
    """How many days after the due date, up to and including `as_of`, a pausing hold covered the whole item.

    A day covered by several holds counts once. A hold of a part pauses nothing: the rest of the item grows older.
    """
    first, beyond = due_on + dt.timedelta(days=1), as_of + dt.timedelta(days=1)
    spans = sorted(
        (max(since, first), beyond if free is None else min(free, beyond))
        for hold in holds
        if hold.part_minor is None and pauses(hold.kind) and covers(hold, item_id, born_on)
        for since, free in hold.periods
    )
    count, reached = 0, first
    for since, free in spans:
        since = max(since, reached)
        if free > since:
            count += (free - since).days
            reached = free
    return count


def verdict(holds: Sequence[HoldFacts], guarded: Guarded, as_of: dt.date) -> tuple[Verdict, HoldFacts | None]:
    """What the holds of the whole account say to an act on that day, and the hold that says it; the strictest counts.

    Two different limits at once (a partial restriction only, and a person's approval) leave nothing for a machine:
    forbidden. Holds of items, of parts and of older items are not asked: `left_out_minor` tells what they cover.
    """
    said = [
        (MATRIX[hold.kind].verdicts[guarded], hold)
        for hold in holds
        if hold.scope is Scope.ACCOUNT and active(hold, as_of)
    ]
    limits = {told for told, _ in said if told is not Verdict.ALLOWED}
    if not limits:
        return Verdict.ALLOWED, None
    strictest, by = max(said, key=lambda entry: _STRICTNESS.index(entry[0]))
    if {Verdict.RESTRICTED_ONLY, Verdict.NEEDS_APPROVAL} <= limits:
        return Verdict.FORBIDDEN, by
    return strictest, by


def left_out_minor(holds: Sequence[HoldFacts], item_id: int, born_on: dt.date, open_minor: int, as_of: dt.date) -> int:
    """How much of the item's open amount an ordinary reminder may not chase on that day, in minor units.

    Counts the holds of items, of parts and of older items whose kind stops ordinary reminders. Parts add up, never
    beyond what is open. Holds of the whole account are not in it: `verdict` answers for them.
    """
    left_out = 0
    for hold in holds:
        if hold.scope is Scope.ACCOUNT or not pauses(hold.kind):
            continue
        if covers(hold, item_id, born_on) and active(hold, as_of):
            left_out += open_minor if hold.part_minor is None else hold.part_minor
    return min(left_out, open_minor)


def next_change(holds: Sequence[HoldFacts], after: dt.date) -> dt.date | None:
    """The first day after `after` on which a hold begins or ends, None when none will."""
    days = (day for hold in holds for period in hold.periods for day in period if day is not None and day > after)
    return min(days, default=None)


def changes(
    known: Iterable[tuple[dt.date, int, bool]], held: bool, from_on: dt.date, free_on: dt.date | None
) -> list[tuple[dt.date, bool]]:
    """The events, as (effective day, pauses), that make a hold held or free on the days from `from_on` to before
    `free_on` (None: for ever), and leave every other day as it is; none when it is so already.

    `known` are its events as in `periods`. Those inside the span that say otherwise are overruled on their own day.
    """
    by_day = {day: pauses_then for day, _, pauses_then in sorted(known)}

    def state(day: dt.date) -> bool:
        return by_day.get(max((known_day for known_day in by_day if known_day <= day), default=day), False)

    found = [] if state(from_on) is held else [(from_on, held)]
    found += [
        (day, held)
        for day, pauses_then in by_day.items()
        if pauses_then is not held and day > from_on and (free_on is None or day < free_on)
    ]
    if found and free_on is not None and free_on not in by_day and state(free_on) is not held:
        found.append((free_on, not held))
    return found
