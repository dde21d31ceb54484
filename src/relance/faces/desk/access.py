"""Who may open which page: every view of the desk names what it needs, and a test walks them all.

A view is `public`, for anyone `signed_in`, or `needs` one permission. Someone not signed in is sent to the sign-in
page; someone without the permission gets the 403 page; someone with a password that another person chose must replace
it first.
"""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import cache_control

from relance.kit.pages import Page
from relance.staff.facts import Permission
from relance.staff.services import Person

PUBLIC = "public"
SIGNED_IN = "signed_in"

Arguments = ParamSpec("Arguments")
Row = TypeVar("Row")


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in: what views behind `needs` and `signed_in` are handed."""

    user: Person
    htmx: Any


View = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]
StaffView = Callable[Concatenate[StaffRequest, Arguments], HttpResponseBase]


def public(view: View[Arguments]) -> View[Arguments]:
    """Open to anyone: the sign-in page and the choice of its language."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: StaffView[Arguments]) -> View[Arguments]:
    """Open to every member of staff; also while their password must be replaced."""
    return _guard(view, SIGNED_IN, None)


def needs(permission: Permission) -> Callable[[StaffView[Arguments]], View[Arguments]]:
    """Open to members of staff whose role carries the permission."""

    def decorate(view: StaffView[Arguments]) -> View[Arguments]:
        return _guard(view, permission.value, permission)

    return decorate


def _guard(view: StaffView[Arguments], access: str, permission: Permission | None) -> View[Arguments]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated:
            return _to_sign_in(request)
        if permission is not None:
            if user.must_change_password:
                return _go(request, reverse("desk:preferences"))
            if not user.may(permission):
                raise PermissionDenied(permission.value)
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    fresh = cast("View[Arguments]", cache_control(private=True, no_cache=True, no_store=True)(guarded))
    fresh.access = access  # type: ignore[attr-defined]
    return fresh


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """The sign-in page, which leads back; a fragment asks the browser to move the whole page there."""
    if not getattr(request, "htmx", False):
        return redirect_to_login(request.get_full_path())
    try:
        current = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        current = urlsplit("/")
    back = redirect_to_login(current.path + (f"?{current.query}" if current.query else "") or "/")
    return _go(request, back["Location"])


def _go(request: HttpRequest, address: str) -> HttpResponseBase:
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def address_of(request: HttpRequest) -> str | None:
    """The address a request comes from, as the server tells it (a proxy's real client is the server's business).

    None when it is no address: a proxy may write anything there.
    """
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:
        return None


def posted_data(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with, which can be nothing at all; None when none was sent."""
    return request.POST if request.method == "POST" else None


def plain(text: str) -> str:
    """A parameter of an address without spaces around it, and without the one character that no text column takes."""
    return text.replace("\0", "").strip()


def page_asked(request: HttpRequest, read: Callable[[str | None], Page[Row]]) -> Page[Row]:
    """The page that the address asks for with `after`; the first one where it asks for none, or for no such place."""
    try:
        return read(request.GET.get("after") or None)
    except ValueError:
        return read(None)


def whole_number(text: str) -> int | None:
    """A number of an address that the database can hold; None for anything else, such as `²` or a mile of nines."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def home_address() -> str:
    """Where one lands after signing in."""
    return str(settings.LOGIN_REDIRECT_URL)
