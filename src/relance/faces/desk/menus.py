"""What one may do with an item, a payment or an account: the entries of its menu, as far as the role goes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from relance.ledger.facts import CreditFacts, OpenItemFacts
from relance.staff.facts import Permission

Holds = Callable[[Permission], bool]

CHARGEABLE = frozenset({"invoice", "instalment"})
"""Kinds of items that bear late fees, indemnities and interest; no charge bears another."""
UNCORRECTABLE = frozenset({"refund", "recovery", "instalment"})
"""Kinds of items that another act takes back."""
CHARGES = frozenset({"late_fee", "indemnity", "interest"})
"""Kinds of items that were charged because of another."""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of a menu of actions."""

    address: str
    icon: str
    title: str | Promise


_Row = tuple[bool, Permission, str, str, str | Promise]


def item_menu(
    item: OpenItemFacts, holds: Holds, *, is_late: bool, is_doubtful: bool, traces: frozenset[str] = frozenset()
) -> list[MenuEntry]:
    """What one may do with an item, the everyday first; what would be refused is left out.

    `is_late`: past due on the page's day. `traces`: what acts left on it (see `ledger.queries.item_traces`).
    """
    is_open, is_barred = item.open_minor > 0, item.expired_minor > 0
    is_held = item.disputed_minor + item.in_flight_minor > 0
    is_ended = bool(traces & {"write_off", "correction"})
    bears_charges = item.kind in CHARGEABLE and is_late and not is_barred and not is_ended
    bears_fee = bears_charges and item.kind == "invoice" and not (is_open and item.chased_minor == 0)
    is_correctable = item.kind not in UNCORRECTABLE and not traces & {
        "write_off", "correction", "split", "credit_note", *CHARGES,
    }  # fmt: skip
    rows: list[_Row] = [
        (is_open, Permission.ALLOCATE, "desk:account_allocate", "link", _("Allocate a payment")),
        (is_open and item.open_minor > item.disputed_minor, Permission.CHANGE_TERMS, "desk:item_dispute", "flag",
         _("Record a dispute")),
        (is_open, Permission.PLACE_HOLD, "desk:account_hold", "holds", _("Place a hold")),
        (is_open and not is_barred, Permission.CHANGE_TERMS, "desk:item_postpone", "clock",
         _("Postpone the due date")),
        (is_open and not is_barred and not is_held, Permission.CHANGE_TERMS, "desk:item_split", "cycles",
         _("Split into instalments")),
        ("split" in traces, Permission.CORRECT, "desk:item_take_back_split", "undo", _("Take the split back")),
        (item.kind not in {"refund", "recovery"}, Permission.CREDIT_NOTE, "desk:item_credit_note", "undo",
         _("Write a credit note")),
        (bears_fee and is_open and "late_fee" not in traces, Permission.CHARGE, "desk:item_late_fee", "plus",
         _("Charge a late fee")),
        (bears_fee and "indemnity" not in traces, Permission.CHARGE, "desk:item_indemnity", "plus",
         _("Charge the indemnity")),
        (bears_charges, Permission.CHARGE, "desk:account_interest", "money", _("Bill or waive interest")),
        (is_open and is_late and not is_barred, Permission.CHANGE_TERMS, "desk:account_formal_notice", "audit",
         _("Record a formal notice")),
        (is_open, Permission.CHANGE_TERMS, "desk:item_interruption", "audit", _("Record an acknowledgement")),
        (is_open and not is_doubtful, Permission.CORRECT, "desk:item_doubtful", "warning", _("Mark as doubtful")),
        (is_doubtful, Permission.CORRECT, "desk:item_not_doubtful", "check", _("No longer doubtful")),
        (is_open and not is_held, Permission.REQUEST_WRITE_OFF, "desk:account_write_off", "close", _("Ask for a write-off")),
        (is_correctable, Permission.CORRECT, "desk:item_correct", "close",
         _("Correct a mistaken posting")),
    ]  # fmt: skip
    return _entries(rows, holds, item.account_id, "item", item.id)


def credit_menu(credit: CreditFacts, holds: Holds) -> list[MenuEntry]:
    """What one may do with a payment or credit note."""
    is_receipt, is_live = credit.kind == "receipt", credit.reversed_on is None
    is_money = credit.kind in {"receipt", "credit_note"}
    is_free = is_money and is_live and credit.open_minor > 0
    rows: list[_Row] = [
        (is_free, Permission.ALLOCATE, "desk:account_allocate", "link", _("Allocate it")),
        (is_money and is_live and credit.by_hand, Permission.ALLOCATE, "desk:credit_release", "cycles",
         _("Hand back to the policy")),
        (is_free and bool(credit.payer_iban), Permission.REQUEST_REFUND, "desk:credit_refund", "out",
         _("Ask for a refund")),
        (is_receipt and is_live and not credit.payer_iban, Permission.REQUEST_REFUND, "desk:credit_payer", "accounts",
         _("Record the payer’s account")),
        (is_receipt and is_live, Permission.REVERSE_PAYMENT, "desk:payment_reverse", "undo", _("Reverse this payment")),
        (is_receipt and not is_live, Permission.CHARGE, "desk:credit_return_charge", "plus",
         _("Charge for the return")),
        (credit.kind in {"credit_note", "write_off"} and is_live, Permission.CORRECT, "desk:credit_take_back", "undo",
         _("Take the credit note back") if credit.kind == "credit_note" else _("Take the write-off back")),
    ]  # fmt: skip
    return _entries(rows, holds, credit.account_id, "credit", credit.id)


def account_menu(account_id: int, holds: Holds) -> list[MenuEntry]:
    """What one may look at and do on the account as a whole."""
    rows: list[_Row] = [
        (True, Permission.SEE_ACCOUNTS, "desk:account_ledger", "invoice", _("Account ledger")),
        (True, Permission.SEE_ACCOUNTS, "desk:account_statement", "export", _("Statement of account")),
        (True, Permission.ALLOCATE, "desk:account_allocate", "link", _("Allocate payments")),
        (True, Permission.CREDIT_NOTE, "desk:account_credit_note", "undo", _("Write a credit note")),
        (True, Permission.CHARGE, "desk:account_interest", "money", _("Bill or waive interest")),
        (True, Permission.CHANGE_TERMS, "desk:account_formal_notice", "audit", _("Record a formal notice")),
        (True, Permission.REQUEST_WRITE_OFF, "desk:account_write_off", "close", _("Ask for a write-off")),
        (True, Permission.PLACE_HOLD, "desk:account_hold", "holds", _("Place a hold")),
    ]
    return [MenuEntry(reverse(name, args=[account_id]), icon, title) for name, icon, title in _allowed(rows, holds)]


def _entries(rows: Iterable[_Row], holds: Holds, account_id: int, noun: str, document_id: int) -> list[MenuEntry]:
    """The entries of one document's menu; a page of the whole account is told which document it is about."""
    return [
        MenuEntry(
            reverse(name, args=[account_id]) + f"?{noun}={document_id}"
            if name.startswith("desk:account")
            else reverse(name, args=[account_id, document_id]),
            icon,
            title,
        )
        for name, icon, title in _allowed(rows, holds)
    ]


def _allowed(rows: Iterable[_Row], holds: Holds) -> list[tuple[str, str, str | Promise]]:
    return [(name, icon, title) for fits, permission, name, icon, title in rows if fits and holds(permission)]
