"""The worklist: what people have to do, most worth doing first; taking it, closing it with what came of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.customers import queries as customers
from relance.faces.campaign import HEAD, csv_row, todays_calls
from relance.faces.desk.access import StaffRequest, needs, page_asked, plain
from relance.faces.desk.account_page import found_account
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.labels import LABELS, label
from relance.faces.desk.story import tell
from relance.faces.desk.templatetags.desk import language
from relance.faces.desk.work_forms import CloseWorkForm, HandOverForm, ReopenWorkForm
from relance.faces.desk.work_words import (
    kind_choices,
    kind_title,
    outcome_choices,
    outcome_title,
    said_rows,
    what_to_do,
)
from relance.kit.money import format_amount
from relance.kit.pages import each_page
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.staff import queries as staff
from relance.staff.facts import PERMISSIONS, Permission
from relance.staff.services import record_audit
from relance.worklist import queries as worklist
from relance.worklist import services
from relance.worklist.facts import WorkFilter, WorkItemFacts, WorkSort, WorkState

ME = "me"
FROM_ACCOUNT = "account"
EXPORT_PART = 1_000
ACCOUNTS_SEARCHED = 500


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The list, or only its lines when the page asks for them."""
    wanted, sort = _asked(request)
    listing = page_asked(request, lambda after: worklist.work_page(wanted, sort, after))
    asked = request.GET.copy()
    asked.pop("go", None)
    context = {
        "listing": listing,
        "rows": said_rows(listing.rows, as_of()),
        "accounts": customers.accounts([work.account_id for work in listing.rows]),
        "wanted": wanted,
        "sort": sort.value,
        "text": plain(request.GET.get("text", "")),
        "assignee": request.GET.get("assignee", ""),
        "came_from": asked.urlencode(),
        "is_filtered": any((wanted.kind, wanted.assigned_to, wanted.overdue_on, wanted.account_ids is not None)),
        "pager_target": "#results",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/work_results.html", context)
    context |= {
        "counts": worklist.counts(as_of(), request.user.username),
        "kinds": kind_choices(),
        "people": [name for name in worklist.people_with_work() if name != request.user.username],
        "states": list(LABELS["work_state"]),
    }
    return render(request, "desk/work.html", context)


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """The same list as CSV, whole."""
    wanted, sort = _asked(request)
    record_audit(request.user, "work_exported", "worklist", {"search": request.GET.urlencode()[:500]})
    return csv_download(_export_rows(wanted, sort, language()), f"work-{as_of()}.csv")


@needs(Permission.EXPORT)
@require_safe
def campaign(request: StaffRequest) -> HttpResponseBase:
    """Today's calls for a dialler, as CSV: without whoever has paid since or is on hold."""
    today = as_of()
    record_audit(request.user, "campaign_exported", "worklist", {"day": today.isoformat()})
    rows = (csv_row(call) for call in todays_calls(today, timezone.now()))
    return csv_download(chain([HEAD], rows), f"calls-{today}.csv")


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def one(request: StaffRequest, work_item_id: int) -> HttpResponse:
    """One item of work: what to do, for whom, what is at stake, and the form that closes it."""
    return _shown(request, _found(work_item_id))


@needs(Permission.DO_WORK)
@require_POST
def close(request: StaffRequest, work_item_id: int) -> HttpResponse:
    """Close work with what came of it, and go back to where it was chosen."""
    work = _found(work_item_id)
    form = CloseWorkForm(request.POST, outcomes=outcome_choices(work.kind))
    if not form.is_valid():
        return _shown(request, work, form, status=422)
    outcome, note = form.cleaned_data["outcome"], form.cleaned_data["note"]

    def do() -> bool:
        return services.close_work(work.id, outcome, note, request.user.username, as_of())

    refused = _done(request, work, do, "work_closed", {"outcome": outcome, "note": note})
    if refused:
        form.add_error(None, refused)
        return _shown(request, work, form, status=422)
    messages.success(request, _("Closed: %(outcome)s") % {"outcome": outcome_title(work.kind, outcome)})
    return redirect(_way_back(request, work))


@needs(Permission.DO_WORK)
@require_POST
def reopen(request: StaffRequest, work_item_id: int) -> HttpResponse:
    """Put work that has ended on the list again."""
    work = _found(work_item_id)
    form = ReopenWorkForm(request.POST)
    if not form.is_valid():
        return _shown(request, work, reopen_form=form, status=422)
    reason = form.cleaned_data["reason"]

    def do() -> bool:
        services.reopen_work(work.id, reason, request.user.username, as_of())
        return True

    refused = _done(request, work, do, "work_reopened", {"reason": reason})
    if refused:
        form.add_error(None, refused)
        return _shown(request, work, reopen_form=form, status=422)
    messages.success(request, _("The work is on the list again."))
    return redirect(_own_address(request, work))


@needs(Permission.DO_WORK)
@require_POST
def assign(request: StaffRequest, work_item_id: int) -> HttpResponse:
    """Take work, give it back, or hand it to somebody, unless another took it since the page was shown."""
    work = _found(work_item_id)
    to = request.POST.get("to", "")
    to = request.user.username if to == ME else to
    if to and to not in people_who_work():
        messages.error(request, _("This person does no work here; choose another."))
        return redirect(_own_address(request, work))

    def do() -> bool:
        seen = request.POST.get("seen", work.assigned_to)
        return services.assign_work(work.id, to, request.user.username, as_of(), seen=seen)

    refused = _done(request, work, do, "work_assigned", {"to": to})
    if refused:
        messages.error(request, refused)
    elif to == request.user.username:
        messages.success(request, _("This work is yours now."))
    else:
        messages.success(
            request, _("Handed to %(name)s.") % {"name": to} if to else _("The work waits for anybody now.")
        )
    return redirect(_way_back(request, work) if request.POST.get("stay") == "list" else _own_address(request, work))


def _done(
    request: StaffRequest, work: WorkItemFacts, do: Callable[[], bool], verb: str, details: dict[str, str]
) -> str:
    """Do it with its audit row, which what changes nothing does not leave. Why it was refused, or nothing."""
    account = found_account(work.account_id)
    try:
        with transaction.atomic():
            if do():
                told = {"work": what_to_do(work.kind, work.title), **details}
                record_audit(request.user, verb, account.number, told)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _shown(
    request: StaffRequest,
    work: WorkItemFacts,
    form: CloseWorkForm | None = None,
    reopen_form: ReopenWorkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    account, today = found_account(work.account_id), as_of()
    context = {
        "account": account,
        "line": said_rows([work], today)[0],
        "work": work,
        "item": ledger.item(account.id, work.item_id, today) if work.item_id else None,
        "balances": ledger.balances([account.id], today).get(account.id, []),
        "form": form or CloseWorkForm(outcomes=outcome_choices(work.kind)),
        "reopen_form": reopen_form or ReopenWorkForm(),
        "hand_over": HandOverForm(initial={"to": work.assigned_to}, people=people_who_work()),
        "events": [tell(event, work.currency, {}) for event in worklist.history(work.account_id, work.id)],
        "came_from": _came_from(request),
        "list_query": _list_query(request),
    }
    return render(request, "desk/work_item.html", context, status=status)


def people_who_work() -> list[str]:
    """The user names of those who may do work."""
    return sorted(
        person.username
        for person in staff.staff()
        if person.is_active and Permission.DO_WORK in PERMISSIONS[person.role]
    )


def _asked(request: StaffRequest) -> tuple[WorkFilter, WorkSort]:
    """The filter and the order that the address asks for; what cannot be read is left out."""
    asked = request.GET
    state = asked.get("state", WorkState.OPEN.value)
    state = state if state in LABELS["work_state"] else WorkState.OPEN.value
    sorts = (WorkSort.VALUE, WorkSort.DUE) if state == WorkState.OPEN else (WorkSort.NEWEST,)
    sort = next((sort for sort in sorts if sort.value == asked.get("sort")), sorts[0])
    assignee = plain(asked.get("assignee", ""))
    wanted = WorkFilter(
        state=state,
        kind=plain(asked.get("kind", "")),
        assigned_to=request.user.username if assignee == ME else assignee,
        overdue_on=as_of() if asked.get("overdue") else None,
    )
    text = plain(asked.get("text", ""))
    if text:
        found = customers.find_accounts(text, limit=ACCOUNTS_SEARCHED)
        wanted = replace(wanted, account_ids=[account.id for account in found.rows])
    return wanted, sort


def _came_from(request: StaffRequest) -> str:
    return request.POST.get("from", request.GET.get("from", ""))


def _list_query(request: StaffRequest) -> str:
    """The filters of the list that the work was chosen from."""
    came = _came_from(request)
    return "" if came == FROM_ACCOUNT else QueryDict(came).urlencode()


def _way_back(request: StaffRequest, work: WorkItemFacts) -> str:
    """Where the work was chosen: the account's page, or the list with its filters."""
    if _came_from(request) == FROM_ACCOUNT:
        return reverse("desk:account", args=[work.account_id])
    query = _list_query(request)
    return reverse("desk:work") + (f"?{query}" if query else "")


def _own_address(request: StaffRequest, work: WorkItemFacts) -> str:
    query = QueryDict(mutable=True)
    if came := _came_from(request):
        query["from"] = came
    return reverse("desk:work_item", args=[work.id]) + (f"?{query.urlencode()}" if query else "")


def _found(work_item_id: int) -> WorkItemFacts:
    work = worklist.work_item(work_item_id)
    if work is None:
        raise Http404
    return work


def _export_rows(wanted: WorkFilter, sort: WorkSort, reader: str) -> Iterator[list[str]]:
    with translation.override(reader):
        head = [
            _("Account"), _("Name"), _("Kind"), _("What to do"), _("State"), _("Currency"), _("At stake"), _("Due"),
            _("Opened on"), _("Assigned to"), _("Outcome"), _("Note"), _("Closed on"), _("Closed by"),
        ]  # fmt: skip
    yield head
    for part in each_page(lambda after: worklist.work_page(wanted, sort, after, EXPORT_PART)):
        with translation.override(reader):
            lines = _lines(part.rows)
        yield from lines


def _lines(rows: Sequence[WorkItemFacts]) -> list[list[str]]:
    accounts = customers.accounts([work.account_id for work in rows])
    lines = []
    for work in rows:
        account = accounts[work.account_id]
        lines.append(
            [
                account.number, account.name, kind_title(work.kind), what_to_do(work.kind, work.title),
                label("work_state", work.state), work.currency, format_amount(work.stake_minor, work.currency),
                work.due_on.isoformat(), work.opened_on.isoformat(), work.assigned_to,
                outcome_title(work.kind, work.outcome), work.note,
                work.closed_on.isoformat() if work.closed_on else "", work.closed_by,
            ]
        )  # fmt: skip
    return lines
