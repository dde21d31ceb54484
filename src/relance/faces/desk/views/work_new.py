"""Work that a person puts on the list by hand, for an account: a call, a meeting, a review, a task."""

import hashlib
import secrets
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.customers.services import lock_accounts
from relance.faces.desk.access import StaffRequest, needs, plain
from relance.faces.desk.day import as_of
from relance.faces.desk.views.work import FROM_ACCOUNT, people_who_work
from relance.faces.desk.work_forms import NewWorkForm
from relance.faces.desk.work_words import kind_choices, what_to_do
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.staff.facts import Permission
from relance.staff.services import record_audit
from relance.worklist import queries as worklist
from relance.worklist import services
from relance.worklist.facts import WorkOrder


@needs(Permission.DO_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: StaffRequest) -> HttpResponse:
    """The form, and the work that it asks for; sent twice it makes one item."""
    kinds, people = kind_choices(), people_who_work()
    if request.method != "POST":
        number = plain(request.GET.get("account", ""))
        first = {"account": number, "due_on": as_of(), "to": request.user.username, "token": secrets.token_hex(16)}
        return _shown(request, NewWorkForm(initial=first, kinds=kinds, people=people, today=as_of()), number)
    form = NewWorkForm(request.POST, kinds=kinds, people=people, today=as_of())
    if form.is_valid():
        said = form.cleaned_data
        account = customers.account_by_number(said["account"].strip())
        if account is None:
            form.add_error("account", _("No account has this number."))
        else:
            try:
                work_item_id = _opened(request, account, said)
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The work is on the list."))
                if request.POST.get("from") == FROM_ACCOUNT:
                    return redirect("desk:account", account.id)
                return redirect("desk:work_item", work_item_id)
    return _shown(request, form, plain(request.POST.get("account", "")), status=422)


def _shown(request: StaffRequest, form: NewWorkForm, number: str, status: int = 200) -> HttpResponse:
    came_from = request.POST.get("from", request.GET.get("from", ""))
    account = customers.account_by_number(number) if number and came_from == FROM_ACCOUNT else None
    context = {
        "form": form,
        "account": account,
        "came_from": FROM_ACCOUNT if account else "",
        "back": reverse("desk:account", args=[account.id]) if account else reverse("desk:work"),
    }
    return render(request, "desk/work_new.html", context, status=status)


def _owes(account: AccountFacts) -> bool:
    today = as_of()
    return any(balance.overdue_minor > 0 for balance in ledger.balances([account.id], today).get(account.id, []))


@transaction.atomic
def _opened(request: StaffRequest, account: AccountFacts, said: dict[str, Any]) -> int:
    """Put the work on the list, with its audit row, and hand it over. Its id.

    Raises Refusal when the customer would be spoken to and owes nothing overdue, which a payment under way may just bring
    about: the account is locked first.
    """
    lock_accounts([account.id])
    if worklist.kind(said["kind"]).speaks_to_customer and not _owes(account):
        raise Refusal(_("nothing is overdue on this account; there is nothing to speak to the customer about"))
    today, by, key = as_of(), request.user.username, _key(said["token"], account.id)
    currency = customers.creditor(account.creditor_id).currency
    detail = {"by": by, "note": said["note"]}
    order = WorkOrder(key, account.id, said["kind"], 0, currency, said["due_on"], said["title"], detail, today)
    is_new = bool(services.open_work([order]))
    work_item_id = worklist.work_of_keys([key])[key].id
    if is_new:
        if said["to"]:
            services.assign_work(work_item_id, said["to"], by, today)
        told = {"work": what_to_do(said["kind"], said["title"]), "due_on": said["due_on"].isoformat(), **detail}
        record_audit(request.user, "work_opened", account.number, told | {"to": said["to"]})
    return work_item_id


def _key(token: str, account_id: int) -> int:
    """The key of work asked for by hand: below zero, where no planned action has its id, and another per account."""
    digest = hashlib.sha256(f"{token}|{account_id}".encode()).digest()
    return -1 - (int.from_bytes(digest[:8]) >> 1)
