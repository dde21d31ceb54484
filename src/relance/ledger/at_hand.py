"""Items and credits as they are now, read for an act on an account that is locked, and the sentences when they do not fit."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from relance.kit.bulk import id_array
from relance.kit.money import LARGEST_AMOUNT, currency_exponents, exponent, format_amount
from relance.kit.refusal import Refusal
from relance.ledger.facts import Act, Posted
from relance.ledger.postings import Done


@dataclass(frozen=True, slots=True)
class ItemAtHand:
    """An item now. `open_from` is the first day on which all of its open amount was open.

    `postponed_on` is the day of the postponement in force, None without one; `marked_on` that of the last doubtful mark.
    """

    id: int
    kind: str
    number: str
    nature: str
    currency: str
    born_on: dt.date
    due_on: dt.date | None
    amount_minor: int
    tax_minor: int
    open_minor: int
    origin_id: int | None
    open_from: dt.date
    disputed_minor: int
    in_flight_minor: int
    postponed_on: dt.date | None
    is_doubtful: bool
    marked_on: dt.date | None

    @property
    def open_text(self) -> str:
        """The open amount for a sentence."""
        return f"{format_amount(self.open_minor, self.currency)} {self.currency}"


@dataclass(frozen=True, slots=True)
class CreditAtHand:
    """A credit now. `free_from` is the first day on which all of its unallocated amount was unallocated."""

    id: int
    kind: str
    number: str
    currency: str
    received_on: dt.date
    amount_minor: int
    open_minor: int
    payer_iban: str
    free_from: dt.date
    is_reversed: bool


# Undoings without a posting are displacements: they count from the very day of what they undo, and leave no trace.


def items_at_hand(account_id: int, item_ids: Sequence[int]) -> list[ItemAtHand]:
    """These items in the order asked for, each once. Raises Refusal when the account has no such item."""
    wanted = list(dict.fromkeys(item_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.id, i.kind, i.number, i.nature, i.currency, i.born_on, i.due_on, i.amount_minor, i.tax_minor,
                   i.open_minor, i.origin_id,
                   greatest(i.born_on, (SELECT max(a.effective_on) FROM ledger_allocation a
                            WHERE a.account_id = i.account_id AND a.item_id = i.id AND a.undoes_id IS NOT NULL
                              AND a.posting_id IS NOT NULL)),
                   coalesce(x.disputed_minor, 0), coalesce(x.in_flight_minor, 0), p.effective_on,
                   coalesce(m.is_doubtful, FALSE), m.effective_on
            FROM ledger_openitem i
            LEFT JOIN LATERAL (
                SELECT sum(amount_minor) FILTER (WHERE kind = 'disputed')::bigint AS disputed_minor,
                       sum(amount_minor) FILTER (WHERE kind = 'in_flight')::bigint AS in_flight_minor
                FROM ledger_exclusion WHERE account_id = i.account_id AND item_id = i.id) x ON TRUE
            LEFT JOIN LATERAL (
                SELECT max(effective_on) AS effective_on FROM ledger_postponement
                WHERE account_id = i.account_id AND item_id = i.id) p ON TRUE
            LEFT JOIN LATERAL (
                SELECT is_doubtful, effective_on FROM ledger_doubtfulmark
                WHERE account_id = i.account_id AND item_id = i.id ORDER BY id DESC LIMIT 1) m ON TRUE
            WHERE i.account_id = %s AND i.id = ANY(%s::bigint[])""",
            [account_id, id_array(wanted)],
        )
        found = {row[0]: ItemAtHand(*row) for row in cursor.fetchall()}
    if len(found) < len(wanted):
        raise Refusal(_("there is no such item on this account"))
    return [found[item_id] for item_id in wanted]


def open_items_at_hand(act: Act, item_ids: Sequence[int], doing: str) -> list[ItemAtHand]:
    """These items, all open on the act's day. Raises Refusal for none, a settled one, or a day before one was open.

    `doing` is what is to be done with them ("to split"), in the reader's language.
    """
    if not item_ids:
        raise Refusal(_("name the items %(doing)s") % {"doing": doing})
    items = items_at_hand(act.account_id, item_ids)
    for item in items:
        if item.open_minor == 0:
            raise Refusal(
                _("%(number)s is settled; nothing of it is left %(doing)s") % {"number": item.number, "doing": doing}
            )
        refuse_before_open(act, item)
    return items


def refuse_before_open(act: Act, item: ItemAtHand) -> None:
    """Raise Refusal when the act's day lies before the one from which the item is open."""
    if act.on < item.open_from:
        raise Refusal(
            _("%(number)s is open since %(since)s; choose that day or a later one, not %(on)s")
            % {"number": item.number, "since": item.open_from, "on": act.on}
        )


def credit_at_hand(account_id: int, credit_id: int) -> CreditAtHand:
    """One credit. Raises Refusal when the account has no such credit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id, c.kind, c.number, c.currency, c.received_on, c.amount_minor, c.open_minor, c.payer_iban,
                   greatest(c.received_on, (SELECT max(a.effective_on) FROM ledger_allocation a
                            WHERE a.account_id = c.account_id AND a.credit_id = c.id AND a.undoes_id IS NOT NULL
                              AND a.posting_id IS NOT NULL)),
                   EXISTS (SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)
            FROM ledger_credit c WHERE c.account_id = %s AND c.id = %s""",
            [account_id, credit_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise Refusal(_("there is no such credit on this account"))
    return CreditAtHand(*row)


def refuse_before_free(act: Act, credit: CreditAtHand) -> None:
    """Raise Refusal when the act's day lies before the one from which the credit's money is free."""
    if act.on < credit.free_from:
        raise Refusal(
            _("the money of %(number)s is free since %(since)s; choose that day or a later one")
            % {"number": credit.number, "since": credit.free_from}
        )


def refuse_without_reason(act: Act, noun: str) -> None:
    """Raise Refusal when the act says no reason; `noun` is what needs one, with its article, in the reader's language."""
    if not act.reason.strip():
        raise Refusal(_("%(noun)s needs a reason; say why") % {"noun": noun})


def refuse_unknown_currency(currency: str) -> None:
    """Raise Refusal for a code that is not ISO 4217."""
    if currency not in currency_exponents():
        raise Refusal(
            _("'%(currency)s' is not an ISO 4217 currency code; write for example EUR") % {"currency": currency}
        )


def refuse_bad_amount(minor: int, currency: str, unless_above_zero: str) -> None:
    """Raise Refusal for an amount that is not whole minor units, not above zero (`unless_above_zero` is the sentence),
    or beyond what any file may bring.
    """
    if type(minor) is not int:
        raise Refusal(_("an amount is a whole number of the currency's smallest unit"))
    if minor <= 0:
        raise Refusal(unless_above_zero)
    if minor > LARGEST_AMOUNT * 10 ** exponent(currency):
        raise Refusal(_("this is more than this system takes in one amount (99,999,999,999)"))


def refuse_held(item: ItemAtHand, doing: str) -> None:
    """Raise Refusal while part of the item is disputed or its money is on the way.

    `doing` is what that holds up ("splitting it"), in the reader's language.
    """
    for minor, told in (
        (
            item.disputed_minor,
            _("%(amount)s %(currency)s of %(number)s is disputed; answer the dispute first before %(doing)s"),
        ),
        (
            item.in_flight_minor,
            _(
                "%(amount)s %(currency)s of %(number)s is on its way; wait until that payment settles or returns "
                "before %(doing)s"
            ),
        ),
    ):
        if minor > 0:
            amount = format_amount(minor, item.currency)
            raise Refusal(told % {"amount": amount, "currency": item.currency, "number": item.number, "doing": doing})


def refuse_charged_for(account_id: int, item: ItemAtHand) -> None:
    """Raise Refusal while an item stands that came from this one, such as its late fee; one that was corrected is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT string_agg(o.number, ', ' ORDER BY o.id) FROM ledger_openitem o
            WHERE o.account_id = %s AND o.origin_id = %s AND NOT EXISTS (
                SELECT 1 FROM ledger_allocation a
                JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id AND c.kind = 'correction'
                WHERE a.account_id = o.account_id AND a.item_id = o.id)""",
            [account_id, item.id],
        )
        (charges,) = cursor.fetchone()
    if charges:
        raise Refusal(
            _("%(charges)s was charged because of %(number)s; correct that first")
            % {"charges": charges, "number": item.number}
        )


def posted(done: Done) -> Posted:
    """What a service tells of an act: its result's `ids` and `unallocated_minor`, each where there is one."""
    ids = tuple(done.result.get("ids", ()))
    return Posted(done.posting_id, done.created, ids, done.result.get("unallocated_minor", 0))
