"""Write-offs and refunds that one person asks for; another decides, see `decide`."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger.at_hand import (
    credit_at_hand,
    open_items_at_hand,
    posted,
    refuse_before_free,
    refuse_held,
    refuse_without_reason,
)
from relance.ledger.facts import Act, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.queries.requests import refund_origin


@transaction.atomic
def request_write_off(act: Act, item_ids: Sequence[int], recovers_vat: bool) -> Posted:
    """Ask that what is open of these items, all in one currency, be written off; `ids` is the request.

    With `recovers_vat` the VAT in them is taken back from the state, which needs proof that the debt is lost (CGI 272):
    the reason says which. Raises Refusal without a name or reason, for items that are settled, disputed, with money on
    their way, already asked for, or of several currencies.
    """
    _refuse_nobody(act)
    refuse_without_reason(act, _("a write-off"))

    def work(posting_id: int) -> Result:  # noqa: ARG001
        items = open_items_at_hand(act, item_ids, _("to write off"))
        if len({item.currency for item in items}) > 1:
            raise Refusal(_("items of several currencies cannot be written off together; ask for each currency"))
        for item in items:
            refuse_held(item, _("writing it off"))
        _refuse_asked(act.account_id, {item.id: item.number for item in items})
        total = sum(item.open_minor for item in items)
        named = [{"id": item.id, "number": item.number, "amount_minor": item.open_minor} for item in items]
        data = {"items": named, "recovers_vat": recovers_vat}
        told.update(currency=items[0].currency, amount_minor=total, numbers=[item.number for item in items])
        return {"ids": [_add_request(act, "write_off", items[0].currency, total, data)]}

    said = {"items": sorted(set(item_ids)), "recovers_vat": recovers_vat}
    told: dict[str, object] = dict(said)
    return posted(perform("write_off_requested", act, said, work, told))


def _refuse_asked(account_id: int, numbers: dict[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data FROM ledger_request WHERE account_id = %s AND kind = 'write_off' AND state = 'requested'",
            [account_id],
        )
        for (data,) in cursor.fetchall():
            for item in read_data(data)["items"]:
                if item["id"] in numbers:
                    raise Refusal(
                        _("a write-off of %(number)s is asked for already; decide that one first")
                        % {"number": numbers[item["id"]]}
                    )


@transaction.atomic
def request_refund(act: Act, credit_id: int, amount_minor: int, iban: str) -> Posted:
    """Ask that unallocated money be paid back to the account it came from, and to no other; `ids` is the request.

    Raises Refusal without a name or reason, for an amount that is not positive or more than is left besides other
    requests, for a payment in cash or one whose account is not known, and for another account than that.
    """
    _refuse_nobody(act)
    refuse_without_reason(act, _("a refund"))
    if amount_minor <= 0:
        raise Refusal(_("a refund has an amount above zero"))
    plain = re.sub(r"\s", "", iban).upper()

    def work(posting_id: int) -> Result:  # noqa: ARG001
        credit = credit_at_hand(act.account_id, credit_id)
        if credit.kind not in ("receipt", "credit_note") or credit.is_reversed:
            raise Refusal(
                _("%(number)s is no payment or credit note that could be refunded") % {"number": credit.number}
            )
        refuse_before_free(act, credit)
        refuse_cash(credit.number, refund_origin(act.account_id, credit.id).method)
        if not credit.payer_iban:
            raise Refusal(
                _(
                    "the account that %(number)s came from is not known, and money goes back there only; "
                    "record the payer's account from the bank statement first"
                )
                % {"number": credit.number}
            )
        if plain != credit.payer_iban:
            raise Refusal(
                _("%(number)s came from another account than %(iban)s; refund it to …%(end)s")
                % {"number": credit.number, "iban": plain, "end": credit.payer_iban[-4:]}
            )
        left = credit.open_minor - _asked_of(act.account_id, credit.id)
        if amount_minor > left:
            raise Refusal(
                _("%(left)s %(currency)s of %(number)s can be refunded, less than %(asked)s; lower the amount")
                % {
                    "left": format_amount(max(0, left), credit.currency),
                    "currency": credit.currency,
                    "number": credit.number,
                    "asked": format_amount(amount_minor, credit.currency),
                }
            )
        told.update(number=credit.number, currency=credit.currency)
        data = {"credit": credit.id, "number": credit.number, "iban": plain}
        return {"ids": [_add_request(act, "refund", credit.currency, amount_minor, data)]}

    said = {"credit_id": credit_id, "amount_minor": amount_minor, "iban": plain}
    told: dict[str, object] = {"credit_id": credit_id, "amount_minor": amount_minor, "iban": f"…{plain[-4:]}"}
    return posted(perform("refund_requested", act, said, work, told))


def refuse_cash(number: str, method: str) -> None:
    """Raise Refusal for a payment in cash, which came from no bank account."""
    if method == "cash":
        raise Refusal(
            _(
                "%(number)s was paid in cash and came from no bank account; hand the money back in cash against a "
                "signature, reverse the payment and record what was kept"
            )
            % {"number": number}
        )


def _asked_of(account_id: int, credit_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM ledger_request WHERE account_id = %s "
            "AND kind = 'refund' AND state = 'requested' AND (data->>'credit')::bigint = %s",
            [account_id, credit_id],
        )
        asked: int = cursor.fetchone()[0]
    return asked


def _refuse_nobody(act: Act) -> None:
    if not act.actor:
        raise Refusal(_("a request needs the name of who asks, because another person has to decide it"))


def _add_request(act: Act, kind: str, currency: str, amount_minor: int, data: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_request (account_id, kind, state, currency, amount_minor, data, reason, requested_by, "
            "requested_on, decided_by, decision_reason) VALUES (%s, %s, 'requested', %s, %s, %s, %s, %s, %s, '', '') "
            "RETURNING id",
            [
                act.account_id, kind, currency, amount_minor, json.dumps(data), act.reason.strip()[:300], act.actor,
                act.on,
            ],
        )  # fmt: skip
        request_id: int = cursor.fetchone()[0]
    return request_id


def read_data(data: Any) -> dict[str, Any]:
    """A request's data as the database gave it: decoded or as text."""
    decoded: dict[str, Any] = json.loads(data) if isinstance(data, str) else data
    return decoded
