"""What every page of the desk needs: the product's name, what this person may do, and where they can go."""

import os
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from relance.staff.facts import Permission

PRODUCT = "Relance"

_NAVIGATION = (
    ("home", "home", "", _("Home"), Permission.SEE_ACCOUNTS),
    ("accounts", "accounts", "accounts", _("Accounts"), Permission.SEE_ACCOUNTS),
    ("messages", "messages", "messages", _("Messages"), Permission.SEE_MESSAGES),
    ("cycles", "cycles", "cycles", _("Daily cycles"), Permission.SEE_CYCLES),
    ("scenarios", "scenarios", "scenarios", _("Scenarios"), Permission.SEE_SCENARIOS),
    ("imports", "imports", "imports", _("Imports"), Permission.SEE_CYCLES),
    ("staff", "staff", "staff", _("Staff"), Permission.MANAGE_STAFF),
    ("audit", "audit", "audit", _("Audit trail"), Permission.SEE_AUDIT),
)


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A line of the menu."""

    code: str
    icon: str
    address: str
    title: object
    is_current: bool


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


def _navigation(request: HttpRequest, rights: Rights) -> list[NavigationEntry]:
    first = request.path.strip("/").split("/")[0]
    return [
        NavigationEntry(code, icon, reverse(f"desk:{code}"), title, first == folder)
        for code, icon, folder, title, permission in _NAVIGATION
        if rights[permission.value]
    ]
