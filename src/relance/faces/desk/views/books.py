"""A creditor's chart of accounts and the policy for its money: what they are, since when, and changes to them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.customers.facts import CreditorFacts
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.books import Books, chosen_books
from relance.faces.desk.day import as_of
from relance.faces.desk.journal_forms import MappingForm, PolicyForm
from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import day, language, money
from relance.faces.desk.templatetags.finance import percentage
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.facts import PolicyFacts
from relance.ledger.services import change_policy, map_account
from relance.legal.facts import LegalRefusal, PartyKind
from relance.legal.packs import pack
from relance.legal.queries import rate_book
from relance.legal.rules import check_contract_rate
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.SEE_JOURNAL)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The chart of accounts and the policy of one creditor, in words."""
    return _page(request, request.GET)


@needs(Permission.MANAGE_JOURNAL)
@require_POST
def map_one(request: StaffRequest) -> HttpResponse:
    """Give one account of the ledger the creditor's own code and name from a day on."""
    today = as_of()
    books = chosen_books(request.session, request.POST, today, today)
    if books is None:
        return _page(request, request.POST)
    form = _mapping_form(books, today, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                map_account(
                    books.creditor.id, data["account"], data["code"], data["label"], data["valid_from"],
                    request.user.username,
                )  # fmt: skip
                details = {
                    "account": data["account"],
                    "code": data["code"],
                    "label": data["label"],
                    "from": data["valid_from"].isoformat(),
                }
                record_audit(request.user, "account_mapped", books.creditor.code, details)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            told = _("Account %(account)s is %(code)s from %(on)s on.")
            words = {"account": data["account"], "code": data["code"], "on": day(data["valid_from"])}
            messages.success(request, told % words)
            return _back(books)
    return _page(request, request.POST, mapping_form=form, status=422)


@needs(Permission.MANAGE_JOURNAL)
@require_POST
def set_policy(request: StaffRequest) -> HttpResponse:
    """Show what a new policy changes; with the confirmation, let it rule from now on."""
    today = as_of()
    books = chosen_books(request.session, request.POST, today, today)
    if books is None:
        return _page(request, request.POST)
    form = _policy_form(books, request.POST)
    changes: list[tuple[str, str, str]] = []
    if form.is_valid():
        policy = form.policy()
        before = dict(policy_in_words(ledger.policy(books.creditor.id), books.creditor))
        changes = [
            (name, before[name], said) for name, said in policy_in_words(policy, books.creditor) if before[name] != said
        ]
        refused = _below_the_law(policy, books.creditor, today)
        if refused:
            form.add_error("contract_percent", refused)
        elif not changes:
            form.add_error(None, _("This is the policy already in force; nothing would change."))
        elif request.POST.get("confirmed") == "yes" and _change(request, books, policy, form):
            messages.success(request, _("The new policy is in force."))
            return _back(books)
    confirm = changes if form.is_valid() else []
    return _page(request, request.POST, policy_form=form, changes=confirm, status=200 if confirm else 422)


def _change(
    request: StaffRequest,
    books: Books,
    policy: PolicyFacts,
    form: PolicyForm,
) -> bool:
    try:
        with transaction.atomic():
            reason = form.cleaned_data["reason"]
            before, after = _raw(ledger.policy(books.creditor.id)), _raw(policy)
            change_policy(books.creditor.id, policy, reason, request.user.username)
            details = {name: f"{before[name]} → {value}" for name, value in after.items() if before[name] != value}
            record_audit(request.user, "policy_changed", books.creditor.code, details | {"reason": reason})
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _raw(policy: PolicyFacts) -> dict[str, str]:
    """A policy's values by their names in the ledger, which no language changes."""
    return {name: "none" if value is None else str(value) for name, value in asdict(policy).items()}


def policy_in_words(policy: PolicyFacts, creditor: CreditorFacts) -> list[tuple[str, str]]:
    """A policy as lines of (what, how), in the reader's language."""
    currency = creditor.currency
    none = _("never")
    return [
        (_("Receipts settle"), label("allocation_order", policy.allocation_order)),
        (
            _("When the principal is paid, its interest is"),
            label("interest_on_settlement", policy.interest_on_settlement),
        ),
        (
            _("Small differences written off up to"),
            money(policy.small_difference_minor, currency) if policy.small_difference_minor else none,
        ),
        (
            _("Interest billed from"),
            money(policy.interest_minimum_minor, currency) if policy.interest_minimum_minor else _("any amount"),
        ),
        (
            _("Contract rate of late interest"),
            percentage(policy.contract_percent) if policy.contract_percent is not None else _("none: the law's rate"),
        ),
        (
            _("Money after a write-off"),
            _("recovers the written-off debt") if policy.recovers_written_off else _("stays on the account"),
        ),
        (
            _("Days are sealed"),
            _("by themselves after %(count)s days") % {"count": policy.seal_after_days}
            if policy.seal_after_days is not None
            else _("by people only"),
        ),
    ]


def _below_the_law(policy: PolicyFacts, creditor: CreditorFacts, today: dt.date) -> str:
    """Why the law does not let the contract rate stand; empty when it does."""
    if policy.contract_percent is None:
        return ""
    try:
        check_contract_rate(pack(creditor.country), PartyKind.BUSINESS, policy.contract_percent, today, rate_book())
    except LegalRefusal as refusal:
        return refusal.sentence(language())
    return ""


def _back(books: Books) -> HttpResponse:
    return redirect(reverse("desk:books") + "?" + urlencode({"creditor": books.creditor.code}))


def _mapping_form(
    books: Books, today: dt.date, data: Mapping[str, str] | None = None, account: str = ""
) -> MappingForm:
    mappings = ledger.account_mappings(books.creditor.id, today)
    chosen = next((entry for entry in mappings if entry.account == account), None)
    initial: dict[str, Any] = {"valid_from": today}
    if chosen:
        initial |= {"account": chosen.account, "code": chosen.code, "label": chosen.name(language())}
    return MappingForm(
        data, initial=initial, mappings=mappings, sealed_through=ledger.sealed_through(books.creditor.id)
    )


def _policy_form(books: Books, data: Mapping[str, str] | None = None) -> PolicyForm:
    return PolicyForm(data, currency=books.creditor.currency, policy=ledger.policy(books.creditor.id))


def _page(
    request: StaffRequest,
    parameters: Mapping[str, str],
    mapping_form: MappingForm | None = None,
    policy_form: PolicyForm | None = None,
    changes: Sequence[tuple[str, str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    today = as_of()
    books = chosen_books(request.session, parameters, today, today)
    if books is None:
        return render(request, "desk/journal_empty.html")
    reader = language()
    policy = ledger.policy(books.creditor.id)
    context: dict[str, Any] = {
        "books": books,
        "mappings": [(entry, entry.name(reader)) for entry in ledger.account_mappings(books.creditor.id, today)],
        "history": [(entry, entry.name(reader)) for entry in ledger.mapping_history(books.creditor.id)],
        "policy": policy_in_words(policy, books.creditor),
        "law": _below_the_law(policy, books.creditor, today),
        "changes": changes,
        "mapping_form": mapping_form or _mapping_form(books, today, account=parameters.get("account", "")),
        "policy_form": policy_form or _policy_form(books),
        "edits_policy": policy_form is not None,
        "edits_mapping": mapping_form is not None or bool(parameters.get("account")),
    }
    return render(request, "desk/books.html", context, status=status)
