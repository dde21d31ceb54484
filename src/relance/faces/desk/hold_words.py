"""Holds in words: what each kind does, what a hold covers and when, and what happened to it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from relance.arrangements import queries as arrangements
from relance.arrangements.facts import Guarded, HoldFacts, HoldKind, HoldState, Scope, Verdict
from relance.arrangements.rules import MATRIX, pauses, state
from relance.faces.desk.labels import label
from relance.faces.desk.ledger_story import Words
from relance.faces.desk.menus import Holds
from relance.faces.desk.templatetags.desk import day, money
from relance.ledger import queries as ledger
from relance.staff.facts import Permission

SUPERVISORS_KINDS = frozenset(
    {HoldKind.EXEMPT, HoldKind.DECEASED, HoldKind.LEGAL, HoldKind.OVER_INDEBTEDNESS, HoldKind.INSOLVENCY}
)
"""Kinds that rest on a decision or a document, and stop everything for long: an agent does not place or end them."""

_TONES = {HoldState.ACTIVE: "warn", HoldState.COMING: "accent", HoldState.ENDED: ""}


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A hold as pages show it: where it stands today, what it covers, when, and what it does, in words."""

    hold: HoldFacts
    state: HoldState
    tone: str
    covers: str
    when: str
    effects: Sequence[str]
    may_change: bool = False

    @property
    def has_end(self) -> bool:
        """Whether its last day is known, so that more days can be added to it."""
        return not self.hold.periods or self.hold.periods[-1][1] is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is in force or to come."""
        return self.state is HoldState.ENDED


def permission_for(kind: HoldKind) -> Permission:
    """What one needs to place or end a hold of this kind."""
    return Permission.PLACE_LEGAL_HOLD if kind in SUPERVISORS_KINDS else Permission.PLACE_HOLD


def hold_lines(account_id: int, today: dt.date, may: Holds) -> list[HoldLine]:
    """The holds of an account in words, those in force first, then those to come, each the newest first; those of a kind
    that this person may change are marked.
    """
    order = list(HoldState)
    found = arrangements.holds([account_id]).get(account_id, ())
    items = [hold.item_id for hold in found if hold.item_id]
    numbers = ledger.item_numbers([account_id], items) if items else {}
    lines = [
        replace(hold_line(hold, numbers.get(hold.item_id, ""), today), may_change=may(permission_for(hold.kind)))
        for hold in found
    ]
    return sorted(lines, key=lambda line: (order.index(line.state), -line.hold.id))


def hold_line(hold: HoldFacts, number: str, today: dt.date) -> HoldLine:
    """One hold in words; `number` is its item's."""
    where = state(hold, today)
    return HoldLine(
        hold,
        where,
        _TONES[where],
        covered(hold.scope, number, hold.part_minor, hold.currency, hold.born_before),
        _when(hold, where, today),
        effects(hold.kind, hold.scope),
    )


def covered(scope: Scope, number: str, part_minor: int | None, currency: str, born_before: dt.date | str | None) -> str:
    """What a hold covers."""
    if scope is Scope.PART:
        return _("%(amount)s of %(number)s") % {"amount": money(part_minor, currency), "number": number}
    if scope is Scope.ITEM:
        return number
    if scope is Scope.BORN_BEFORE:
        return _("items born before %(day)s") % {"day": day(born_before)}
    return _("the whole account")


def _when(hold: HoldFacts, where: HoldState, today: dt.date) -> str:
    if not hold.periods:
        return _("taken back; it was never in force")
    chosen = hold.periods[-1]
    if where is HoldState.ACTIVE:
        chosen = next(period for period in hold.periods if period[1] is None or today < period[1])
    elif where is HoldState.COMING:
        chosen = next(period for period in hold.periods if period[0] > today)
    return period_told(chosen[0], chosen[1] and chosen[1] - dt.timedelta(days=1))


def period_told(since: dt.date | str, until: dt.date | str | None) -> str:
    """The first and the last day held."""
    if until is None:
        return _("from %(since)s, with no known end") % {"since": day(since)}
    return _("from %(since)s until %(until)s") % {"since": day(since), "until": day(until)}


def effects(kind: HoldKind, scope: Scope) -> list[str]:
    """What a hold of this kind does to what it covers, one sentence for each thing."""
    told = [_reminders(kind, scope)]
    if scope is not Scope.ACCOUNT:
        return told
    for verdict, sentence in (
        (Verdict.FORBIDDEN, _("Forbidden: %(acts)s.")),
        (Verdict.RESTRICTED_ONLY, _("In part only, calls to the customer and emergency calls kept: %(acts)s.")),
        (Verdict.NEEDS_APPROVAL, _("Only when a person approves it: %(acts)s.")),
        (Verdict.ALLOWED, _("Still possible: %(acts)s.")),
    ):
        acts = [
            label("guarded", guarded)
            for guarded, said in MATRIX[kind].verdicts.items()
            if said is verdict and guarded is not Guarded.REMINDER
        ]
        if acts:
            told.append(sentence % {"acts": ", ".join(acts)})
    return told


def _reminders(kind: HoldKind, scope: Scope) -> str:
    if scope is Scope.PART:
        return _("Reminders leave this part out; the rest is chased and grows older.")
    if scope is Scope.ITEM:
        return _("Reminders leave the item out, and its age stands still.")
    if scope is Scope.BORN_BEFORE:
        return _("Reminders leave these items out, and their age stands still; later ones are chased.")
    if not pauses(kind):
        return _("Reminders go on.")
    if MATRIX[kind].verdicts[Guarded.REMINDER] is Verdict.COURTESY_ONLY:
        return _("Only courtesy messages go out, and the age of the debt stands still.")
    return _("Reminders stop, and the age of the debt stands still.")


def hold_told(kind: str, data: Mapping[str, Any]) -> Words:
    """An event of `arrangements.queries.timeline`."""
    name = label("hold", data.get("kind"))
    item, part = str(data.get("item") or ""), data.get("part_minor")
    scope = HoldFacts(
        0, 0, HoldKind.MANUAL, int(data.get("item_id") or 0), part, data.get("born_before"), (), "", "", ""
    ).scope
    note = [covered(scope, item, part, str(data.get("currency", "")), data.get("born_before"))]
    if kind == "hold_ended":
        words = {"kind": name, "since": day(data.get("from"))}
        return "decision", "holds", _("Hold ended: %(kind)s, free from %(since)s") % words, _note(note, data), ()
    period = period_told(str(data.get("from")), data.get("until"))
    title = _("Held again: %(kind)s, %(period)s") if kind == "hold_again" else _("Hold: %(kind)s, %(period)s")
    return "trouble", "holds", title % {"kind": name, "period": period}, _note(note, data), ()


def _note(note: Sequence[str], data: Mapping[str, Any]) -> str:
    """What it covers, why, and when it was written down if it counts from an earlier day."""
    recorded = dt.datetime.fromisoformat(str(data["recorded_at"]))
    backdated = str(data.get("from")) < recorded.date().isoformat()
    told = _("recorded on %(day)s") % {"day": day(recorded)} if backdated else ""
    return " · ".join(filter(None, [*note, str(data.get("reference") or ""), str(data.get("reason") or ""), told]))
