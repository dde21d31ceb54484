"""One item and one payment of an account: what it is, what settled what, and what one may do with it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.account_page import aged, found_account
from relance.faces.desk.act_pages import found_credit, found_item
from relance.faces.desk.day import as_of
from relance.faces.desk.menus import credit_menu, item_menu
from relance.ledger import queries as ledger
from relance.staff.facts import Permission

LINES_AT_MOST = 100


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def item(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """An item with its terms, what settled it, what of it is not chased, its interest and its limitation."""
    account, found, today = found_account(account_id), found_item(account_id, item_id), as_of()
    is_doubtful = item_id in ledger.doubtful_items(account_id)
    context = {
        "account": account,
        "as_of": today,
        "entry": aged(found, today),
        "is_doubtful": is_doubtful,
        "menu": item_menu(
            found, request.user.may, is_late=found.is_overdue(today), is_doubtful=is_doubtful,
            traces=ledger.item_traces(account_id, [item_id]).get(item_id, frozenset()),
        ),
        "allocations": ledger.allocations_of(account_id, item_id=item_id, limit=LINES_AT_MOST),
        "exclusions": [one for one in ledger.exclusions_of(account_id, today) if one.item_id == item_id],
        "interest": next(iter(ledger.claimable_interest(account_id, today, [item_id])), None),
        "limitation": next(iter(ledger.limitations(account_id, today, [item_id])), None),
    }  # fmt: skip
    return render(request, "desk/item.html", context)


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def credit(request: StaffRequest, account_id: int, credit_id: int) -> HttpResponse:
    """A payment or another credit with what it settled."""
    account, found = found_account(account_id), found_credit(account_id, credit_id)
    context = {
        "account": account,
        "as_of": as_of(),
        "credit": found,
        "menu": credit_menu(found, request.user.may),
        "allocations": ledger.allocations_of(account_id, credit_id=credit_id, limit=LINES_AT_MOST),
    }
    return render(request, "desk/credit.html", context)
