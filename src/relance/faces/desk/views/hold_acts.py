"""Acts on holds: placing one on an account or an item, holding again, and ending."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from relance.arrangements import queries, services
from relance.arrangements.facts import HoldFacts, HoldKind, Scope
from relance.arrangements.rules import pauses
from relance.customers.services import lock_accounts
from relance.faces.desk.access import StaffRequest, needs, posted_data, whole_number
from relance.faces.desk.account_page import found_account
from relance.faces.desk.act_pages import ActPage, Effect, answer_act, open_item_numbered
from relance.faces.desk.day import as_of
from relance.faces.desk.hold_forms import EndHoldForm, HoldPeriodForm, PlaceHoldForm
from relance.faces.desk.hold_words import covered, effects, hold_line, period_told, permission_for
from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import day
from relance.kit.money import format_amount
from relance.ledger import queries as ledger
from relance.ledger.facts import Act, Posted
from relance.staff.facts import Permission


@needs(Permission.PLACE_HOLD)
@require_http_methods(["GET", "POST"])
def place(request: StaffRequest, account_id: int) -> HttpResponse:
    """Hold an account, an item, a part of it, or the items born before a day."""
    account, today = found_account(account_id), as_of()
    asked = whole_number(request.GET.get("item", ""))
    item = ledger.item(account_id, asked, today) if asked else None
    kinds = [kind for kind in HoldKind if request.user.may(permission_for(kind))]
    initial: dict[str, Any] = {"from_on": today, "kind": HoldKind.MANUAL, "scope": Scope.ACCOUNT}
    if item is not None:
        initial |= {"kind": HoldKind.DISPUTE, "scope": Scope.ITEM, "item": item.number}
    form = PlaceHoldForm(
        posted_data(request), initial=initial, kinds=kinds, items=ledger.open_item_page(account_id, today),
        find=lambda number: open_item_numbered(account_id, number),
    )  # fmt: skip

    def effect(data: Mapping[str, Any]) -> Effect:
        if request.method != "POST":
            return Effect(effects(initial["kind"], initial["scope"]))
        if "kind" not in data or "scope" not in data:
            return Effect()
        kind, scope = HoldKind(data["kind"]), Scope(data["scope"])
        told = effects(kind, scope)
        since, until = data.get("from_on"), data.get("until_on")
        warnings = [_past_told(since)] if since and since < today else []
        if since and since <= today and (until is None or today <= until) and pauses(kind):
            told.append(_("Messages that wait to be sent are withdrawn."))
        return Effect(told, warnings)

    def do(act: Act, data: Mapping[str, Any]) -> Posted:
        lock_accounts([act.account_id])
        is_new = not queries.is_recorded(act.account_id, act.key)
        named = data["named"]
        hold_id = services.place_hold(
            act.account_id, data["kind"], data["from_on"], data["until_on"],
            item_id=named.id if named else 0,
            part_minor=data["amount_minor"] if data["scope"] is Scope.PART else None,
            born_before=data["born_before"] if data["scope"] is Scope.BORN_BEFORE else None,
            reason=act.reason, reference=data["reference"], by=act.actor, key=act.key, as_of=today,
        )  # fmt: skip
        return Posted(hold_id, is_new)

    page = ActPage(
        title=_("Place a hold"),
        text=_("A hold says why this debt is not to be pursued for a time, and how far. It is never deleted, only ended."),
        button=_("Place the hold"),
        done=_("The hold is placed."),
        verb="hold_placed",
        effect=effect,
        template="desk/acts/hold_fields.html",
        more={"kinds": [(label("hold", kind), effects(kind, _widest(kind))) for kind in kinds]},
    )  # fmt: skip
    return answer_act(request, account, page, form, do, _placed)


def _widest(kind: HoldKind) -> Scope:
    return Scope.BORN_BEFORE if kind in (HoldKind.OVER_INDEBTEDNESS, HoldKind.INSOLVENCY) else Scope.ACCOUNT


def _placed(data: Mapping[str, Any]) -> dict[str, Any]:
    named, scope = data["named"], data["scope"]
    told = {"kind": data["kind"], "scope": scope.value, **_days(data["from_on"], data["until_on"])}
    if named:
        told["item"] = named.number
    if scope is Scope.PART:
        told["amount"] = format_amount(data["amount_minor"], named.currency)
    if scope is Scope.BORN_BEFORE:
        told["born_before"] = data["born_before"].isoformat()
    return told | ({"reference": data["reference"]} if data["reference"] else {})


def _days(since: dt.date, until: dt.date | None) -> dict[str, str]:
    return {"from": since.isoformat(), "until": until.isoformat() if until else ""}


@needs(Permission.PLACE_HOLD)
@require_http_methods(["GET", "POST"])
def end(request: StaffRequest, account_id: int, hold_id: int) -> HttpResponse:
    """End a hold from a day on, for good."""
    account, today, hold = found_account(account_id), as_of(), _found(request, account_id, hold_id)
    line = hold_line(hold, _number(hold), today)
    earliest = hold.periods[0][0] if hold.periods else today
    form = EndHoldForm(posted_data(request), initial={"on": max(today, earliest)}, earliest=earliest)

    def effect(data: Mapping[str, Any]) -> Effect:
        on = data.get("on") or max(today, earliest)
        words = {"day": day(on), "covers": line.covers}
        if on == earliest:
            warnings = [_("The hold is taken back whole, as if it had never been in force.")]
        else:
            warnings = [_("From %(day)s on it holds nothing any more: %(covers)s.") % words]
        return Effect([line.when.capitalize()], warnings + ([_past_told(on)] if on < today else []))

    def do(act: Act, data: Mapping[str, Any]) -> Posted:
        return Posted(hold.id, services.end_hold(hold.id, data["on"], act.reason, act.actor, key=act.key))

    page = ActPage(
        title=_("End the hold: %(kind)s") % {"kind": label("hold", hold.kind)},
        text=" · ".join([line.covers, hold.reason]),
        button=_("End the hold"),
        done=_("The hold is ended."),
        verb="hold_ended",
        danger=True,
        effect=effect,
        more={} if not line.is_over or request.method == "POST" else {"nothing": _("This hold is over already.")},
    )
    return answer_act(
        request, account, page, form, do, lambda data: {**_named(hold), "on": data["on"].isoformat()}
    )  # fmt: skip


@needs(Permission.PLACE_HOLD)
@require_http_methods(["GET", "POST"])
def again(request: StaffRequest, account_id: int, hold_id: int) -> HttpResponse:
    """Give a hold more days: a longer one, or one that comes back."""
    account, today, hold = found_account(account_id), as_of(), _found(request, account_id, hold_id)
    free = hold.periods[-1][1] if hold.periods else today
    line = hold_line(hold, _number(hold), today)
    form = HoldPeriodForm(posted_data(request), initial={"from_on": free})

    def effect(data: Mapping[str, Any]) -> Effect:
        since = data.get("from_on")
        if since is None:
            return Effect([line.when.capitalize()])
        told = [line.when.capitalize(), period_told(since, data.get("until_on")).capitalize(), *line.effects]
        return Effect(told, [_past_told(since)] if since < today else [])

    def do(act: Act, data: Mapping[str, Any]) -> Posted:
        changed = services.pause_again(
            hold.id, data["from_on"], data["until_on"], act.reason, act.actor, key=act.key, as_of=today
        )
        return Posted(hold.id, changed)

    page = ActPage(
        title=_("Hold longer: %(kind)s") % {"kind": label("hold", hold.kind)},
        text=" · ".join([line.covers, hold.reason]),
        button=_("Hold on these days"),
        done=_("The hold has more days."),
        verb="hold_again",
        effect=effect,
        more={"nothing": _("This hold has no end; nothing can be added to it.")} if free is None else {},
    )
    return answer_act(
        request, account, page, form, do, lambda data: {**_named(hold), **_days(data["from_on"], data["until_on"])}
    )  # fmt: skip


def _found(request: StaffRequest, account_id: int, hold_id: int) -> HoldFacts:
    """A hold of the account, or the 404 page; the 403 page where the kind is not this person's to change."""
    hold = queries.hold(hold_id)
    if hold is None or hold.account_id != account_id:
        raise Http404
    needed = permission_for(hold.kind)
    if not request.user.may(needed):
        raise PermissionDenied(needed.value)
    return hold


def _number(hold: HoldFacts) -> str:
    return ledger.item_numbers([hold.account_id], [hold.item_id]).get(hold.item_id, "") if hold.item_id else ""


def _named(hold: HoldFacts) -> dict[str, str]:
    return {"kind": hold.kind.value, "covers": covered(hold.scope, _number(hold), hold.part_minor, hold.currency,
                                                       hold.born_before)}  # fmt: skip


def _past_told(since: dt.date) -> str:
    told = _("%(day)s lies in the past: ages are counted anew from then; what was done already stays done.")
    return told % {"day": day(since)}
