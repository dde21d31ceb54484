"""What every page of the desk needs: the product's name, what this person may do, and where they can go."""

import os
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from relance.dunning import queries as dunning
from relance.ledger import queries as ledger
from relance.staff.facts import Permission

PRODUCT = "Relance"

_NAVIGATION = (
    (
        "",
        (
            ("home", _("Home"), Permission.SEE_ACCOUNTS),
            ("accounts", _("Accounts"), Permission.SEE_ACCOUNTS),
            ("work", _("Work"), Permission.SEE_ACCOUNTS),
            ("actions", _("To approve"), Permission.APPROVE_ACTION),
            ("holds", _("Holds"), Permission.SEE_ACCOUNTS),
            ("messages", _("Messages"), Permission.SEE_MESSAGES),
            ("print_batches", _("Print batches"), Permission.SEE_MESSAGES),
            ("texts", _("Texts"), Permission.SEE_MESSAGES),
            ("contact_rules", _("Contact rules"), Permission.SEE_SCENARIOS),
            ("cycles", _("Daily cycles"), Permission.SEE_CYCLES),
            ("scenarios", _("Scenarios"), Permission.SEE_SCENARIOS),
            ("imports", _("Imports"), Permission.SEE_CYCLES),
        ),
    ),
    (
        _("Finance"),
        (
            ("approvals", _("Approvals"), Permission.SEE_REQUESTS),
            ("deposits", _("Cheque deposits"), Permission.SEE_JOURNAL),
            ("journal", _("Journal"), Permission.SEE_JOURNAL),
            ("balance", _("Trial balance"), Permission.SEE_JOURNAL),
            ("rates", _("Rates"), Permission.SEE_JOURNAL),
            ("limitation", _("Limitation"), Permission.SEE_ACCOUNTS),
        ),
    ),
    (
        _("Reports"),
        (("effectiveness", _("Effectiveness"), Permission.SEE_MESSAGES),),
    ),
    (
        _("Administration"),
        (
            ("staff", _("Staff"), Permission.MANAGE_STAFF),
            ("webhooks", _("Webhooks"), Permission.MANAGE_WEBHOOKS),
            ("audit", _("Audit trail"), Permission.SEE_AUDIT),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A line of the menu; `waiting` counts what waits there for this person. Its code is also its icon's name."""

    code: str
    address: str
    title: object
    is_current: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class NavigationGroup:
    """Lines of the menu under one title."""

    title: object
    entries: list[NavigationEntry]


class Rights:
    """Lets templates ask `{% if may.record_payment %}`."""

    def __init__(self, request: HttpRequest) -> None:
        self._user = getattr(request, "user", None)

    def __getitem__(self, name: str) -> bool:
        return bool(self._user and self._user.is_authenticated and self._user.may(Permission(name)))


def desk(request: HttpRequest) -> dict[str, object]:
    """Product name, rights, menu, and whether this is the demo operator."""
    rights = Rights(request)
    return {
        "product": PRODUCT,
        "may": rights,
        "navigation": SimpleLazyObject(lambda: _navigation(request, rights)),
        "is_demo": bool(os.environ.get("RELANCE_DEMO")),
    }


def _navigation(request: HttpRequest, rights: Rights) -> list[NavigationGroup]:
    waiting = {
        "approvals": ledger.waiting_request_count() if rights[Permission.APPROVE_REQUEST.value] else 0,
        "actions": dunning.waiting_action_count() if rights[Permission.APPROVE_ACTION.value] else 0,
    }
    allowed = [
        (title, [(code, reverse(f"desk:{code}"), name) for code, name, needed in lines if rights[needed.value]])
        for title, lines in _NAVIGATION
    ]
    current = _current_address([address for _title, lines in allowed for _code, address, _name in lines], request.path)
    return [
        NavigationGroup(
            title,
            [
                NavigationEntry(code, address, name, address == current, waiting.get(code, 0))
                for code, address, name in lines
            ],
        )
        for title, lines in allowed
        if lines
    ]


def _current_address(addresses: list[str], path: str) -> str:
    """The menu's address that a page lies under: the longest, so that a page within another's folder has its own."""
    home = reverse("desk:home")
    above = [address for address in addresses if path == address or (address != home and path.startswith(address))]
    return max(above, key=len, default="")
