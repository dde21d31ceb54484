"""Charges on late debt, each made once and only where the law of the creditor's country allows it."""

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.at_hand import posted
from relance.ledger.booking import add_item, book
from relance.ledger.facts import Act, ItemsPosted, Posted
from relance.ledger.postings import Result, perform
from relance.ledger.queries.late import LateItem, late_item
from relance.ledger.queries.limitation import period_end
from relance.ledger.services.settling import settle
from relance.legal.facts import LegalRefusal, PartyKind, Verdict, Words
from relance.legal.packs import pack
from relance.legal.rules import indemnity, late_fee, return_charge

_LONGEST = 52
"""Numbers of documents longer than this do not fit into a charge's number; the document's id stands for them."""


def post_late_fee(
    act: Act, item_id: int, amount_minor: int, currency: str = "", *, once_per_key: bool = False
) -> Posted:
    """Charge a contract's late fee for an overdue invoice, once; born and due on `act.on`, without tax.

    `amount_minor` is in the invoice's currency (another `currency` is refused); a lower cap of the law wins. Refuses
    what the law forbids, with the rule's code, and an invoice that is not overdue, of which nothing is chased, that is
    time-barred, was written off or corrected, or that has its fee. With `once_per_key` a fee charged before does not
    matter: each stage of a scenario has its own, and `act.key` makes that once.
    """
    if once_per_key and not act.key:
        raise ValueError("a fee that is charged once for a key needs one")

    def work(posting_id: int) -> Result:
        item = _overdue_invoice(act, item_id)
        if currency not in {"", item.currency}:
            raise Refusal(
                _("%(number)s is in %(currency)s; its late fee cannot be in %(other)s")
                % {"number": item.number, "currency": item.currency, "other": currency}
            )
        if amount_minor <= 0:
            raise Refusal(_("a late fee has an amount above zero"))
        verdict = late_fee(pack(item.country), PartyKind(item.party), item.currency, amount_minor, act.on)
        allowed_minor = _granted(verdict)
        if item.chased_minor == 0:
            raise Refusal(
                _("nothing of %(number)s is chased now, so no late fee is due on it") % {"number": item.number}
            )
        if not once_per_key:
            again = _("%(number)s has its late fee already; it is charged once") % {"number": item.number}
            _refuse_second(act.account_id, "late_fee", item_id, again)
        data.update(item=item.number, currency=item.currency, amount_minor=allowed_minor)
        return _charge(act, posting_id, "late_fee", f"FEE-{_short(item.number, item_id)}", item.currency,
                       item.nature, item_id, allowed_minor)  # fmt: skip

    data: dict[str, object] = {}
    inputs = {"item_id": item_id, "amount_minor": amount_minor}
    return posted(perform("late_fee_charged", act, inputs, work, data))


def post_indemnity(act: Act, item_id: int) -> Posted:
    """Charge the fixed recovery indemnity of the law for an invoice that was late, once per invoice, paid since or not.

    One that was late before its due date was postponed has earned it. Refuses what the law forbids, with the rule's
    code, an invoice that never was overdue, one that is disputed whole or whose whole payment is on its way, one that
    is time-barred, and one that was written off or corrected.
    """

    def work(posting_id: int) -> Result:
        item = _overdue_invoice(act, item_id, or_was_late=True)
        if item.late_since is None:
            raise AssertionError("an invoice that was overdue has a day since when")
        verdict = indemnity(
            pack(item.country), PartyKind(item.party), item.currency, item.late_minor, item.late_since, act.on
        )
        allowed_minor = _granted(verdict)
        if _is_disputed_whole(act.account_id, item_id):
            raise Refusal(
                _("%(number)s is disputed whole; answer the dispute before charging the indemnity")
                % {"number": item.number}
            )
        if _is_held_whole(act.account_id, item_id):
            raise Refusal(
                _(
                    "the payment of %(number)s is on its way; wait until it settles or returns before charging the "
                    "indemnity"
                )
                % {"number": item.number}
            )
        again = _("%(number)s has its indemnity already; it is charged once") % {"number": item.number}
        _refuse_second(act.account_id, "indemnity", item_id, again)
        data.update(item=item.number, currency=item.currency, amount_minor=allowed_minor)
        return _charge(act, posting_id, "indemnity", f"IND-{_short(item.number, item_id)}", item.currency, item.nature,
                       item_id, allowed_minor)  # fmt: skip

    data: dict[str, object] = {}
    return posted(perform("indemnity_charged", act, {"item_id": item_id}, work, data))


def post_return_charge(act: Act, credit_id: int, amount_minor: int) -> Posted:
    """Charge the bank's fee for a receipt that came back, once; born and due on `act.on`, without tax.

    Refuses what the law forbids, with the rule's code, and a receipt that is not reversed by then.
    """

    def work(posting_id: int) -> Result:
        receipt = _returned(act, credit_id)
        if amount_minor <= 0:
            raise Refusal(_("a return charge has an amount above zero"))
        verdict = return_charge(pack(receipt.country), PartyKind(receipt.party), receipt.currency, amount_minor, act.on)
        allowed_minor = _granted(verdict)
        again = _("receipt '%(number)s' has its charge already; it is charged once") % {"number": receipt.number}
        _refuse_second(act.account_id, "return_charge", credit_id, again)
        data.update(receipt=receipt.number, currency=receipt.currency, amount_minor=allowed_minor)
        # A receipt may have settled items of several natures; the shortest limitation period is the safe one.
        return _charge(act, posting_id, "return_charge", f"RET-{_short(receipt.number, credit_id)}", receipt.currency,
                       "service", credit_id, allowed_minor)  # fmt: skip

    data: dict[str, object] = {}
    inputs = {"credit_id": credit_id, "amount_minor": amount_minor}
    return posted(perform("return_charged", act, inputs, work, data))


@dataclass(frozen=True, slots=True)
class _Returned:
    """A receipt that came back, with its creditor's country and its payer's kind."""

    number: str
    currency: str
    country: str
    party: str


def _overdue_invoice(act: Act, item_id: int, *, or_was_late: bool = False) -> LateItem:
    item = late_item(act.account_id, item_id, act.on)
    if item.kind != "invoice":
        raise Refusal(
            _("%(number)s is not an invoice; nothing is charged on top of charges and instalments")
            % {"number": item.number}
        )
    if item.due_on is None:
        raise Refusal(
            _("%(number)s has no due date, so it is not overdue on %(on)s") % {"number": item.number, "on": act.on}
        )
    due_on = item.late_since if or_was_late and item.late_since is not None else item.due_on
    if due_on >= act.on:
        raise Refusal(
            _("%(number)s is due on %(due)s, so it is not overdue on %(on)s")
            % {"number": item.number, "due": item.due_on, "on": act.on}
        )
    if item.ended_by:
        ended = {
            "write_off": _("%(number)s was written off; nothing more may be charged on it"),
            "correction": _("%(number)s was corrected away, so it was never owed; nothing may be charged on it"),
        }
        raise Refusal(ended[item.ended_by] % {"number": item.number})
    ends_on = period_end(act.account_id, item_id, act.on)
    if ends_on is not None and ends_on < act.on:
        raise LegalRefusal(
            Words(
                f"{item.number} is time-barred since {ends_on}; nothing may be charged on it.",
                f"{item.number} est prescrite depuis le {ends_on:%d/%m/%Y} ; rien ne peut y être ajouté.",
            ),
            rule="time_barred",
        )
    return item


def _returned(act: Act, credit_id: int) -> _Returned:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.number, c.currency, a.country, a.kind, r.reversed_on
            FROM ledger_credit c JOIN {ACCOUNT_RELATION} AS a ON a.account_id = c.account_id
            LEFT JOIN ledger_reversal r ON r.account_id = c.account_id AND r.credit_id = c.id
            WHERE c.account_id = %s AND c.id = %s AND c.kind = 'receipt'""",  # noqa: S608
            [act.account_id, credit_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise Refusal(_("there is no such receipt on this account"))
    *receipt, reversed_on = row
    if reversed_on is None or reversed_on > act.on:
        raise Refusal(
            _("receipt '%(number)s' has not come back by %(on)s; reverse it first, then charge its return")
            % {"number": row[0], "on": act.on}
        )
    return _Returned(*receipt)


def _granted(verdict: Verdict) -> int:
    """The amount the law allows. Raises LegalRefusal with the reason, the rule's code and the source."""
    if verdict.allowed:
        return verdict.amount_minor
    cited = f" [{verdict.rule}{f', {verdict.source}' if verdict.source else ''}]"
    raise LegalRefusal(Words(verdict.words.en + cited, verdict.words.fr + cited), rule=verdict.rule)


def _is_disputed_whole(account_id: int, item_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.open_minor > 0 AND i.open_minor <= coalesce((
                       SELECT sum(x.amount_minor) FROM ledger_exclusion x
                       WHERE x.account_id = i.account_id AND x.item_id = i.id AND x.kind = 'disputed'), 0)
            FROM ledger_openitem i WHERE i.account_id = %s AND i.id = %s""",
            [account_id, item_id],
        )
        disputed_whole: bool = cursor.fetchone()[0]
    return disputed_whole


def _is_held_whole(account_id: int, item_id: int) -> bool:
    """Whether all that is open is disputed or on its way, and some of it is on its way."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.open_minor > 0 AND x.in_flight_minor > 0 AND i.open_minor <= x.minor
            FROM ledger_openitem i LEFT JOIN LATERAL (
                SELECT sum(amount_minor) AS minor, sum(amount_minor) FILTER (WHERE kind = 'in_flight') AS in_flight_minor
                FROM ledger_exclusion WHERE account_id = i.account_id AND item_id = i.id
                  AND kind IN ('disputed', 'in_flight')) x ON TRUE
            WHERE i.account_id = %s AND i.id = %s""",
            [account_id, item_id],
        )
        return bool(cursor.fetchone()[0])


def _refuse_second(account_id: int, kind: str, origin_id: int, sentence: str) -> None:
    """Raise Refusal when the charge was made before; except for the indemnity, one taken back whole does not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT 1 FROM ledger_openitem i
            WHERE i.account_id = %s AND i.kind = %s AND i.origin_id = %s AND (i.kind = 'indemnity' OR i.amount_minor > coalesce((
                SELECT sum(a.amount_minor) FROM ledger_allocation a
                JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id AND c.kind = 'correction'
                WHERE a.account_id = i.account_id AND a.item_id = i.id), 0))""",
            [account_id, kind, origin_id],
        )
        if cursor.fetchone() is not None:
            raise Refusal(sentence)


def _charge(
    act: Act, posting_id: int, kind: str, number: str, currency: str, nature: str, origin_id: int, amount_minor: int
) -> Result:
    """Write the charge with its entry, offer it to credits that wait, and tell who listens."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM ledger_openitem WHERE account_id = %s AND kind = %s AND origin_id = %s",
            [act.account_id, kind, origin_id],
        )
        (before,) = cursor.fetchone()
    item_id = add_item(
        act.account_id, posting_id, kind, f"{number}-{before}" if before else number, currency, act.on, act.on,
        amount_minor, nature=nature, origin_id=origin_id, source="charge",
    )  # fmt: skip
    book(act.account_id, item_id, act.on, currency, [(chart.CONTROL, chart.CHARGED_TO[kind], amount_minor)])
    settle([act.account_id], posting_id, act.on)
    publish(ItemsPosted([act.account_id]))
    return {"ids": [item_id]}


def _short(number: str, document_id: int) -> str:
    return number if len(number) <= _LONGEST else str(document_id)
