"""The people who use the desk, for administrators."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relance.faces.desk.access import StaffRequest, needs, posted_data
from relance.faces.desk.forms import EmailForm, NewStaffForm
from relance.faces.desk.labels import choices, label
from relance.kit.refusal import Refusal
from relance.staff import queries, services
from relance.staff.facts import Permission, StaffFacts


@needs(Permission.MANAGE_STAFF)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Everybody, with role and state."""
    return render(request, "desk/staff.html", {"people": queries.staff()})


@needs(Permission.MANAGE_STAFF)
@require_http_methods(["GET", "POST"])
def create(request: StaffRequest) -> HttpResponse:
    """Add a person; their first password is shown once."""
    form = NewStaffForm(posted_data(request), initial={"language": request.user.language})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            password = services.temporary_password()
            try:
                user = services.create_user(
                    **form.cleaned_data, password=password, actor=request.user, must_change_password=True
                )
            except Refusal as refusal:
                form.add_error("username", str(refusal))
            else:
                return _one(request, _found(user.pk), password)
    return render(request, "desk/staff_new.html", {"form": form}, status=status)


@needs(Permission.MANAGE_STAFF)
@require_safe
def one(request: StaffRequest, user_id: int) -> HttpResponse:
    """One person: role, access, password."""
    return _one(request, _found(user_id))


@needs(Permission.MANAGE_STAFF)
@require_POST
def change_role(request: StaffRequest, user_id: int) -> HttpResponse:
    """Give a person another role."""
    _found(user_id)
    try:
        user = services.change_role(user_id, request.POST.get("role", ""), request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s: %(role)s") % {"name": user.username, "role": label("role", user.role)})
    return redirect("desk:staff_member", user_id)


@needs(Permission.MANAGE_STAFF)
@require_POST
def change_email(request: StaffRequest, user_id: int) -> HttpResponse:
    """Say where notices about accounts reach a person."""
    person = _found(user_id)
    form = EmailForm(request.POST)
    if form.is_valid():
        try:
            services.change_email(user_id, form.cleaned_data["email"], request.user)
        except Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("The e-mail address of %(name)s is saved.") % {"name": person.username})
            return redirect("desk:staff_member", user_id)
    return _one(request, person, form=form)


@needs(Permission.MANAGE_STAFF)
@require_POST
def set_active(request: StaffRequest, user_id: int) -> HttpResponse:
    """Close or reopen a person's access."""
    _found(user_id)
    try:
        user = services.set_active(user_id, request.POST.get("active") == "yes", request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        told = _("%(name)s can sign in again.") if user.is_active else _("%(name)s can no longer sign in.")
        messages.success(request, told % {"name": user.username})
    return redirect("desk:staff_member", user_id)


@needs(Permission.MANAGE_STAFF)
@require_POST
def reset_password(request: StaffRequest, user_id: int) -> HttpResponse:
    """Make a new password, shown once."""
    person = _found(user_id)
    try:
        password = services.reset_password(user_id, request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:staff_member", user_id)
    return _one(request, person, password)


def _one(request: StaffRequest, person: StaffFacts, password: str = "", form: EmailForm | None = None) -> HttpResponse:
    context = {
        "person": person,
        "password": password,
        "roles": choices("role"),
        "is_self": person.id == request.user.pk,
        "email_form": form or EmailForm(initial={"email": person.email}),
    }
    return render(request, "desk/staff_member.html", context, status=422 if form else 200)


def _found(user_id: int) -> StaffFacts:
    person = queries.member(user_id)
    if person is None:
        raise Http404
    return person
