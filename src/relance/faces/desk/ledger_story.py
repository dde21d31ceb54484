"""Acts on an account's money in words, for its timeline."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import day, money

Words = tuple[str, str, str, str, Sequence[str]]
"""Tone, icon, title, note, reasons."""

Data = Mapping[str, Any]


def act_told(kind: str, data: Data) -> Words:
    """One posting in words; a kind without a sentence is shown by its code."""
    words = {
        "number": str(data.get("number") or data.get("item") or data.get("receipt") or ""),
        "amount": money(data.get("amount_minor"), data.get("currency", "")) if data.get("currency") else "",
        "items": ", ".join(str(number) for number in data.get("items", ()) if isinstance(number, str)),
        "numbers": ", ".join(str(number) for number in data.get("numbers", ())),
        "day": day(str(data["due_on"])) if data.get("due_on") else "",
    }
    tone, icon, title = _TITLES.get(kind, ("", "info", None))
    told = str(title) % words if title is not None else label("", kind)
    if kind in _OWN_TITLES:
        told = _OWN_TITLES[kind](data, words)
    note = [_NOTES[kind](data) if kind in _NOTES else "", str(data.get("reason") or "")]
    if title is None and kind not in _OWN_TITLES:
        note[:0] = [words["number"], words["amount"]]
    return tone, icon, told, " · ".join(filter(None, note)), ()


_TITLES: Mapping[str, tuple[str, str, str | Promise | None]] = {
    "credit_note_posted": ("money", "undo", gettext_lazy("Credit note %(number)s of %(amount)s")),
    "late_fee_charged": ("trouble", "plus", gettext_lazy("Late fee of %(amount)s for %(number)s")),
    "indemnity_charged": ("trouble", "plus", gettext_lazy("Recovery indemnity of %(amount)s for %(number)s")),
    "return_charged": ("trouble", "plus", gettext_lazy("Return charge of %(amount)s for payment %(number)s")),
    "interest_billed": ("trouble", "money", gettext_lazy("Interest of %(amount)s billed for %(items)s")),
    "interest_waived": ("money", "money", gettext_lazy("Interest of %(amount)s waived for %(items)s")),
    "item_corrected": ("money", "undo", gettext_lazy("%(number)s of %(amount)s corrected: it was a mistake")),
    "item_postponed": ("decision", "clock", gettext_lazy("%(number)s postponed to %(day)s")),
    "item_split": ("decision", "cycles", gettext_lazy("%(number)s split into instalments: %(amount)s")),
    "item_excluded": ("trouble", "flag", None),
    "exclusion_lifted": ("decision", "flag", gettext_lazy("%(amount)s of %(number)s is chased again")),
    "items_expired": ("trouble", "clock", gettext_lazy("Time-barred, no longer chased: %(items)s")),
    "items_revived": ("decision", "clock", gettext_lazy("Not time-barred after all: %(items)s")),
    "limitation_interrupted": ("decision", "audit", gettext_lazy("Limitation starts anew: %(items)s")),
    "formal_notice_recorded": ("decision", "audit", gettext_lazy("Receipt of a formal notice recorded")),
    "marked_doubtful": ("trouble", "warning", None),
    "unmarked_doubtful": ("", "check", None),
    "doubtful_transferred": ("", "accounts", None),
    "allocated": ("money", "link", None),
    "allocation_undone": ("trouble", "undo", None),
    "credit_released": ("", "cycles", gettext_lazy("A payment goes by the policy again")),
    "payer_recorded": ("", "accounts", gettext_lazy("The payer’s account was recorded")),
    "write_off_requested": ("decision", "close", gettext_lazy("Write-off of %(amount)s asked for: %(numbers)s")),
    "refund_requested": ("decision", "out", gettext_lazy("Refund of %(amount)s asked for")),
    "request_approved": ("money", "check", None),
    "request_refused": ("trouble", "close", None),
    "request_withdrawn": ("", "close", None),
    "small_difference_written_off": ("", "check", gettext_lazy("Small difference of %(amount)s written off")),
    "credit_note_taken_back": ("trouble", "undo", gettext_lazy("Credit note %(number)s of %(amount)s taken back")),
    "write_off_taken_back": ("trouble", "undo", gettext_lazy("Write-off %(number)s of %(amount)s taken back")),
    "split_taken_back": ("decision", "undo", gettext_lazy("%(number)s is owed as one again: its split was taken back")),
    "debt_recovered": ("money", "money", gettext_lazy("Written-off debt recovered: %(amount)s of %(number)s")),
}


def _excluded(data: Data, words: Mapping[str, str]) -> str:
    if data.get("kind") == "in_flight":
        return _("%(amount)s of %(number)s is on its way") % words
    return _("%(amount)s of %(number)s is disputed") % words


def _request(data: Data, words: Mapping[str, str], write_off: str, refund: str) -> str:
    return (write_off if data.get("kind") == "write_off" else refund) % words


def _approved(data: Data, words: Mapping[str, str]) -> str:
    return _request(data, words, _("Write-off of %(amount)s approved"), _("Refund of %(amount)s approved"))


def _refused(data: Data, words: Mapping[str, str]) -> str:
    return _request(data, words, _("Write-off of %(amount)s refused"), _("Refund of %(amount)s refused"))


def _withdrawn(data: Data, words: Mapping[str, str]) -> str:
    return _request(data, words, _("Write-off of %(amount)s withdrawn"), _("Refund of %(amount)s withdrawn"))


def _allocated(data: Data, words: Mapping[str, str]) -> str:  # noqa: ARG001
    count = len(data.get("lines", ()))
    return ngettext("Payment allocated by hand", "%(count)s allocations made by hand", count) % {"count": count}


def _undone(data: Data, words: Mapping[str, str]) -> str:  # noqa: ARG001
    count = len(data.get("allocations", ()))
    return ngettext("Allocation undone", "%(count)s allocations undone", count) % {"count": count}


def _marked(data: Data, words: Mapping[str, str]) -> str:  # noqa: ARG001
    count = len(data.get("items", ()))
    return ngettext("An item was marked as doubtful", "%(count)s items were marked as doubtful", count) % {
        "count": count
    }


def _unmarked(data: Data, words: Mapping[str, str]) -> str:  # noqa: ARG001
    count = len(data.get("items", ()))
    return ngettext("An item is no longer doubtful", "%(count)s items are no longer doubtful", count) % {"count": count}


def _transferred(data: Data, words: Mapping[str, str]) -> str:  # noqa: ARG001
    minor = int(data.get("amount_minor") or 0)
    amount = {"amount": money(abs(minor), data.get("currency", ""))}
    if minor < 0:
        return _("%(amount)s moved from doubtful to ordinary debts") % amount
    return _("%(amount)s moved to doubtful debts") % amount


_OWN_TITLES: Mapping[str, Callable[[Data, Mapping[str, str]], str]] = {
    "item_excluded": _excluded,
    "request_approved": _approved,
    "request_refused": _refused,
    "request_withdrawn": _withdrawn,
    "allocated": _allocated,
    "allocation_undone": _undone,
    "marked_doubtful": _marked,
    "unmarked_doubtful": _unmarked,
    "doubtful_transferred": _transferred,
}

_NOTES: Mapping[str, Callable[[Data], str]] = {
    "credit_note_posted": lambda data: str(data.get("item_number") or ""),
    "item_excluded": lambda data: (
        "" if str(data.get("reference", "")).startswith("desk:") else str(data.get("reference", ""))
    ),
    "limitation_interrupted": lambda data: label("interruption", data.get("kind")),
    "request_approved": lambda data: (
        _("asked for by %(name)s") % {"name": data["requested_by"]} if data.get("requested_by") else ""
    ),
    "payer_recorded": lambda data: str(data.get("payer") or ""),
    "refund_requested": lambda data: str(data.get("iban") or ""),
}
