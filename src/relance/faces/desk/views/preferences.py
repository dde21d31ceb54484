"""What a person chooses for themselves: language and password."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from relance.faces.desk.access import StaffRequest, posted_data, public, signed_in
from relance.faces.desk.forms import PasswordForm
from relance.faces.desk.views.sign_in import safe_next
from relance.kit.refusal import Refusal
from relance.staff import services


@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def page(request: StaffRequest) -> HttpResponse:
    """Language and password; the password first while it is one that somebody else chose."""
    form = PasswordForm(posted_data(request))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change_own_password(request.user, form.cleaned_data["current"], form.cleaned_data["new"])
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                update_session_auth_hash(request, request.user)
                messages.success(request, _("Your password is changed. Other devices are signed out."))
                return redirect("desk:preferences")
    return render(request, "desk/preferences.html", {"form": form}, status=status)


@public
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: kept with the person, or in a cookie before sign-in."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(safe_next(request))
    if language not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        services.change_language(request.user, language)
        translation.activate(language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86_400, samesite="Lax", httponly=True,
        secure=request.is_secure(),
    )  # fmt: skip
    return response
