"""Signing in and out."""

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from relance.faces.desk.access import StaffRequest, address_of, home_address, posted_data, public, signed_in
from relance.faces.desk.forms import SignInForm
from relance.staff import services


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The sign-in page; refused the same way whether the name or the password is wrong."""
    following = safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(following)
    form = SignInForm(posted_data(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        outcome = services.sign_in(
            request, form.cleaned_data["username"], form.cleaned_data["password"], address_of(request)
        )
        if outcome.user_id is not None:
            user = get_user_model().objects.get(pk=outcome.user_id)
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return HttpResponseRedirect(following)
        if outcome.throttled:
            status = 429
            form.add_error(None, _("Too many failed attempts. Wait fifteen minutes and try again."))
        else:
            status = 422
            form.add_error(None, _("This user name and password do not go together."))
    response = render(request, "desk/sign_in.html", {"form": form, "next": following}, status=status)
    if status == 429:
        response.headers["Retry-After"] = str(int(services.WINDOW.total_seconds()))
    return response


@signed_in
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """Leave the desk."""
    services.sign_out(request.user)
    logout(request)
    return redirect("desk:sign_in")


def safe_next(request: HttpRequest) -> str:
    """Where the person wanted to go, when that is a path on this very server."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") and not wanted.startswith("//") else home_address()
