"""How the desk does an act on an account's money: the form, its effect in words while one types, a confirmation where
it hurts, and the posting, once.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from relance.arrangements import queries as arrangements
from relance.customers.facts import AccountFacts
from relance.faces.desk.access import StaffRequest
from relance.faces.desk.account_page import found_account
from relance.faces.desk.act_forms import ActForm
from relance.faces.desk.day import as_of
from relance.faces.desk.templatetags.desk import language
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.facts import Act, CreditFacts, OpenItemFacts, Posted
from relance.legal.facts import LegalRefusal
from relance.staff.services import record_audit

Text = str | Promise

SENT_BEFORE = gettext_lazy("This form was sent before; nothing was added. Open it anew to do more.")


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act will do, in sentences; a warning is one that must be confirmed."""

    told: Sequence[str] = ()
    warnings: Sequence[str] = ()

    @property
    def mark(self) -> str:
        """Stands for these very warnings: confirming them does not confirm others."""
        return hashlib.sha256("\n".join(self.warnings).encode()).hexdigest()[:16] if self.warnings else ""


@dataclass(frozen=True, slots=True)
class ActPage:
    """What the page of an act says around its form, and where it leads.

    `effect` gets the data of the fields that are valid so far, or nothing while there is none. `template` replaces the
    body of the form.
    """

    title: Text
    text: Text
    button: Text
    done: Text
    verb: str
    danger: bool = False
    effect: Callable[[Mapping[str, Any]], Effect] = lambda _data: Effect()
    template: str = "desk/acts/fields.html"
    more: Mapping[str, Any] = field(default_factory=dict)
    leads_to: str = ""


def answer_act(
    request: StaffRequest,
    account: AccountFacts,
    page: ActPage,
    form: ActForm,
    do: Callable[[Act, Mapping[str, Any]], Posted],
    details: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _data: {},
    *,
    item: OpenItemFacts | None = None,
    credit: CreditFacts | None = None,
) -> HttpResponse:
    """The page of an act, its live effect, or its posting with an audit row, depending on what was sent."""
    context = {"account": account, "page": page, "form": form, "item": item, "credit": credit, "as_of": as_of()}
    if request.method != "POST":
        return render(request, "desk/acts/page.html", context | {"effect": page.effect({})})
    again = was_sent_before(request, account.id)
    if again:
        form.keep_choices()
    valid = form.is_valid()
    # While one types, what can be read already is enough: the reason comes last.
    effect = page.effect(form.cleaned_data)
    if "preview" in request.POST:
        return render(request, "desk/acts/effect.html", context | {"effect": effect})
    # What its first sending did may leave nothing to confirm, or other things: then the ledger knows the form by its key.
    if valid and (again or request.POST.get("confirmed", "") == effect.mark):
        data = form.cleaned_data
        act = Act(account.id, as_of(), request.user.username, data["reason"], posting_key(request))
        try:
            with transaction.atomic():
                posted = do(act, data)
                if posted.created:
                    record_audit(request.user, page.verb, account.number, {**details(data), "reason": act.reason})
        except Refusal as refusal:
            form.add_error(None, said(refusal))
        else:
            if posted.created:
                messages.success(request, str(page.done))
            else:
                messages.info(request, str(SENT_BEFORE))
            return redirect(page.leads_to) if page.leads_to else redirect("desk:account", account.id)
    return render(request, "desk/acts/page.html", context | {"effect": effect}, status=422)


def answer_item_act(
    request: StaffRequest,
    item: OpenItemFacts,
    page: ActPage,
    form: ActForm,
    do: Callable[[Act, Mapping[str, Any]], Posted],
    details: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _data: {},
) -> HttpResponse:
    """What `answer_act` gives, for an act on one item: the page shows the item, and the audit row names it."""
    account = found_account(item.account_id)
    return answer_act(
        request, account, page, form, do, lambda data: {"item": item.number, **details(data)}, item=item
    )  # fmt: skip


def posting_key(request: StaffRequest) -> str:
    """The key that a form's hidden token stands for, of which one account has one posting; empty without a token."""
    token = request.POST.get("key", "")[:40].replace("\0", "")
    return f"desk:{token}" if token else ""


def was_sent_before(request: StaffRequest, account_id: int) -> bool:
    """Whether a form with this key has done its act already, as after a double click.

    It is asked before the form is held against what is there now, which that act has changed. Whether it says the same
    is for the room to decide that did it.
    """
    key = posting_key(request)
    return bool(key) and (ledger.is_posted(account_id, key) or arrangements.is_recorded(account_id, key))


def said(refusal: Refusal) -> str:
    """Why a service refused, in the reader's language where the refusal speaks it."""
    return refusal.sentence(language()) if isinstance(refusal, LegalRefusal) else str(refusal)


def overdue_of(account_id: int, currency: str) -> int:
    """What an account owes overdue in one currency today, in minor units, unallocated money not counted."""
    balances = ledger.balances([account_id], as_of()).get(account_id, [])
    return sum(balance.overdue_minor for balance in balances if balance.currency == currency)


def found_item(account_id: int, item_id: int) -> OpenItemFacts:
    """An item of the account as of today, settled or not, or the 404 page."""
    item = ledger.item(account_id, item_id, as_of())
    if item is None:
        raise Http404
    return item


def open_item_numbered(account_id: int, number: str) -> OpenItemFacts | None:
    """The open item of the account with this number, None without one."""
    found = ledger.items_of([account_id], as_of(), overdue_only=False, numbers=[number])
    return next(iter(found.get(account_id, ())), None)


def found_credit(account_id: int, credit_id: int) -> CreditFacts:
    """A credit of the account as of today, or the 404 page."""
    for credit in ledger.credits_of(account_id, as_of(), credit_id=credit_id):
        return credit
    raise Http404
