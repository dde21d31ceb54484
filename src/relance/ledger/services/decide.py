"""Deciding requests: a second person approves a write-off or refund, which is then posted, or refuses it."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.at_hand import (
    credit_at_hand,
    items_at_hand,
    posted,
    refuse_before_free,
    refuse_before_open,
    refuse_held,
    refuse_without_reason,
)
from relance.ledger.booking import add_credit, add_item, allocate_bound, book
from relance.ledger.facts import Act, MoneyMoved, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.queries.requests import refund_origin
from relance.ledger.services.mark_doubtful import settle_doubtful
from relance.ledger.services.request import read_data, refuse_cash
from relance.ledger.tax_back import taxed_items


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that waits for a decision."""

    id: int
    kind: str
    currency: str
    amount_minor: int
    data: dict[str, Any]
    reason: str
    requested_by: str


@transaction.atomic
def approve_request(act: Act, request_id: int) -> Posted:
    """Approve a write-off or refund and post it on the act's day; `ids` is the write-off or the refund's item.

    Everything is read again: raises Refusal when the approver asked for it, or recorded the payment or the payer's
    account of a refund, when it is decided already, the day lies before the request, or less is left than was asked
    for. A write-off is bad debt (654) and, where VAT is recovered, tax by each item's share, as far as nothing took it
    back before; a refund is an item that the refunded money settles at once.
    """
    if not act.actor:
        raise Refusal(_("an approval needs the name of who approves"))

    def work(posting_id: int) -> Result:
        asked = _waiting(act, request_id)
        if _is_same(asked.requested_by, act.actor):
            raise Refusal(_("you asked for this yourself; another person has to approve it"))
        if asked.kind == "write_off":
            made, told["taxes"] = _write_off(act, posting_id, asked)
        else:
            made = _refund(act, posting_id, asked)
        _decide(act, request_id, "approved", posting_id)
        settle_doubtful([act.account_id])
        # A refund takes money away that counted against what is owed, so that more may be chased than before.
        publish(MoneyMoved([act.account_id], reopened=asked.kind == "refund", effective_on=act.on))
        told.update(
            kind=asked.kind, currency=asked.currency, amount_minor=asked.amount_minor, requested_by=asked.requested_by
        )
        return {"ids": [made]}

    told: dict[str, object] = {"request_id": request_id}
    return posted(perform("request_approved", act, {"request_id": request_id}, work, told))


def _write_off(act: Act, posting_id: int, asked: _Waiting) -> tuple[int, dict[str, int]]:
    """The write-off, and the VAT that it takes back of each item (by its id)."""
    wanted = {item["id"]: int(item["amount_minor"]) for item in asked.data["items"]}
    items = items_at_hand(act.account_id, list(wanted))
    whole = taxed_items(act.account_id, list(wanted)) if asked.data["recovers_vat"] else {}
    taxes: dict[str, int] = {}
    for item in items:
        minor = wanted[item.id]
        if item.open_minor < minor:
            raise Refusal(
                _(
                    "only %(open)s of %(number)s is open now, less than the %(asked)s asked for; "
                    "refuse this request and ask anew"
                )
                % {"open": item.open_text, "number": item.number, "asked": format_amount(minor, item.currency)}
            )
        refuse_held(item, _("writing it off"))
        refuse_before_open(act, item)
        if whole:
            taxes[str(item.id)] = whole[item.id].take(minor)
    tax_minor = sum(taxes.values())
    credit_id = add_credit(
        act.account_id, posting_id, "write_off", f"WO-{posting_id}", asked.currency, act.on, asked.amount_minor,
        tax_minor=tax_minor, reason=asked.reason, posted_by=act.actor,
    )  # fmt: skip
    legs = [(chart.WRITE_OFF, chart.CONTROL, asked.amount_minor - tax_minor), (chart.TAX, chart.CONTROL, tax_minor)]
    book(act.account_id, credit_id, act.on, asked.currency, legs)
    lines = [(credit_id, item_id, minor) for item_id, minor in wanted.items()]
    allocate_bound(act.account_id, posting_id, lines, act.on)
    return credit_id, taxes


def _is_same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()


def _refund(act: Act, posting_id: int, asked: _Waiting) -> int:
    credit = credit_at_hand(act.account_id, int(asked.data["credit"]))
    origin = refund_origin(act.account_id, credit.id)
    refuse_cash(credit.number, origin.method)
    # Where the money came from must not rest on the word of who lets it go.
    if _is_same(origin.recorded_by, act.actor):
        raise Refusal(
            _("you recorded the payment %(number)s yourself; another person has to approve its refund")
            % {"number": credit.number}
        )
    if _is_same(origin.payer_recorded_by, act.actor):
        raise Refusal(
            _("you recorded the account that %(number)s came from; another person has to approve its refund")
            % {"number": credit.number}
        )
    if credit.open_minor < asked.amount_minor:
        raise Refusal(
            _(
                "only %(left)s %(currency)s of %(number)s is left now, less than the %(asked)s asked for; "
                "refuse this request and ask anew"
            )
            % {
                "left": format_amount(credit.open_minor, credit.currency),
                "currency": credit.currency,
                "number": credit.number,
                "asked": format_amount(asked.amount_minor, credit.currency),
            }
        )
    refuse_before_free(act, credit)
    item_id = add_item(
        act.account_id, posting_id, "refund", f"RF-{posting_id}", asked.currency, act.on, act.on, asked.amount_minor
    )
    book(act.account_id, item_id, act.on, asked.currency, [(chart.CONTROL, chart.BANK, asked.amount_minor)])
    allocate_bound(act.account_id, posting_id, [(credit.id, item_id, asked.amount_minor)], act.on)
    return item_id


@transaction.atomic
def refuse_request(act: Act, request_id: int) -> Posted:
    """Refuse a request, with the reason; who asked for it withdraws it instead. `ids` is the request."""
    refuse_without_reason(act, _("refusing a request"))
    return _close(act, request_id, "refused")


@transaction.atomic
def withdraw_request(act: Act, request_id: int) -> Posted:
    """Take one's own request back. Raises Refusal for another person's. `ids` is the request."""
    return _close(act, request_id, "withdrawn")


def _close(act: Act, request_id: int, state: str) -> Posted:
    def work(posting_id: int) -> Result:
        asked = _waiting(act, request_id)
        own = _is_same(asked.requested_by, act.actor)
        if state == "withdrawn" and not own:
            raise Refusal(
                _("%(who)s asked for this and alone can withdraw it; refuse it instead") % {"who": asked.requested_by}
            )
        if state == "refused" and own:
            raise Refusal(_("you asked for this yourself; withdraw it instead"))
        _decide(act, request_id, state, posting_id)
        told.update(kind=asked.kind, currency=asked.currency, amount_minor=asked.amount_minor)
        return {"ids": [request_id]}

    told: dict[str, object] = {"request_id": request_id}
    return posted(perform(f"request_{state}", act, {"request_id": request_id}, work, told))


def _waiting(act: Act, request_id: int) -> _Waiting:
    """The request, which nobody has decided yet; the account's lock keeps it so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, kind, currency, amount_minor, data, reason, requested_by, state, requested_on, decided_by "
            "FROM ledger_request WHERE account_id = %s AND id = %s",
            [act.account_id, request_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise Refusal(_("there is no such request on this account"))
    *facts, state, requested_on, decided_by = row
    if state != "requested":
        told = {
            "approved": _("this request is approved already, by %(who)s"),
            "refused": _("this request is refused already, by %(who)s"),
            "withdrawn": _("this request is withdrawn already, by %(who)s"),
        }
        raise Refusal(told[state] % {"who": decided_by})
    if act.on < requested_on:
        raise Refusal(_("this was asked for on %(on)s; decide it on that day or a later one") % {"on": requested_on})
    facts[4] = read_data(facts[4])
    return _Waiting(*facts)


def _decide(act: Act, request_id: int, state: str, posting_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_request SET state = %s, decided_by = %s, decided_at = now(), decision_reason = %s, "
            "posting_id = %s WHERE account_id = %s AND id = %s",
            [state, act.actor, act.reason.strip()[:300], posting_id, act.account_id, request_id],
        )
