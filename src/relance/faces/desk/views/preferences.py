"""What a person chooses for themselves: language, e-mail address and password."""

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
from relance.faces.desk.forms import EmailForm, PasswordForm
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
    return _page(request, form, EmailForm(initial={"email": request.user.email}), status)


@signed_in
@require_POST
def change_email(request: StaffRequest) -> HttpResponse:
    """Say where notices about accounts reach one."""
    form = EmailForm(request.POST)
    if form.is_valid():
        try:
            services.change_email(request.user.pk, form.cleaned_data["email"], request.user)
        except Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("Your e-mail address is saved."))
            return redirect("desk:preferences")
    return _page(request, PasswordForm(), form, 422)


def _page(request: StaffRequest, form: PasswordForm, email_form: EmailForm, status: int) -> HttpResponse:
    return render(request, "desk/preferences.html", {"form": form, "email_form": email_form}, status=status)


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
