"""Writes about staff: creating and changing people, signing in, and the audit trail behind every change.

Each function is one transaction that also writes its audit row. `actor` is the person who asked, or "" for the
command line.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any, TypeAlias

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from relance.kit.refusal import Refusal
from relance.staff.facts import Role, SignInOutcome
from relance.staff.models import AuditRow, SignInFailure, User

Person: TypeAlias = User
"""A signed-in member of staff, for faces that hold one: `may(permission)`, `username`, `role`, `language`."""

COMMAND_LINE = "command line"
WINDOW = dt.timedelta(minutes=15)
KEPT = dt.timedelta(days=1)
FAILURES_PER_NAME_AND_ADDRESS = 5
FAILURES_PER_ADDRESS = 20


def record_audit(actor: User | str | None, verb: str, subject: str, details: Mapping[str, Any] | None = None) -> None:
    """Add one row to the audit trail, in the caller's transaction. `details` must be plain JSON values."""
    AuditRow.objects.create(actor=_name(actor), verb=verb, subject=subject[:200], details=dict(details or {}))


@transaction.atomic
def create_user(
    username: str,
    password: str,
    role: Role | str,
    language: str,
    actor: User | str | None = None,
    *,
    must_change_password: bool = False,
) -> User:
    """Add a member of staff. Raises Refusal when the name is taken or unusable, or the password is too weak."""
    username = username.strip()
    _refuse_bad_name(username)
    user = User(
        username=username,
        role=_role(role).value,
        language=_language(language),
        must_change_password=must_change_password,
    )
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        # Somebody else added the name since it was looked up.
        raise _taken(username) from None
    record_audit(actor, "staff_created", username, {"role": user.role, "language": user.language})
    return user


@transaction.atomic
def change_role(user_id: int, role: Role | str, actor: User) -> User:
    """Give a person another role. Refused for oneself, and for the last active administrator."""
    user = _locked(user_id)
    new = _role(role)
    if new == user.role:
        return user
    if user.pk == actor.pk:
        raise Refusal(_("You cannot change your own role; ask another administrator."))
    _keep_an_administrator(user)
    record_audit(actor, "role_changed", user.username, {"from": user.role, "to": new.value})
    user.role = new.value
    user.save(update_fields=["role"])
    return user


@transaction.atomic
def set_active(user_id: int, active: bool, actor: User) -> User:
    """Close or reopen a person's access; closing ends their sessions at their next request."""
    user = _locked(user_id)
    if user.is_active == active:
        return user
    if not active:
        if user.pk == actor.pk:
            raise Refusal(_("You cannot deactivate yourself; ask another administrator."))
        _keep_an_administrator(user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    record_audit(actor, "staff_reactivated" if active else "staff_deactivated", user.username)
    return user


@transaction.atomic
def reset_password(user_id: int, actor: User) -> str:
    """Give a person a new random password, returned once; they must replace it when they sign in with it."""
    user = _locked(user_id)
    if user.pk == actor.pk:
        raise Refusal(_("Change your own password in your preferences."))
    password = temporary_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    SignInFailure.objects.filter(username=user.username).delete()
    record_audit(actor, "password_reset", user.username)
    return password


@transaction.atomic
def replace_lost_password(username: str) -> str:
    """Give a person a new random password from the server's command line, returned once; to be replaced at sign-in.

    Raises Refusal when nobody has that name.
    """
    user = User.objects.select_for_update().filter(username__iexact=username.strip()).first()
    if user is None:
        raise Refusal(f"nobody here signs in as {username!r}")
    password = temporary_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    SignInFailure.objects.filter(username=user.username).delete()
    record_audit(None, "password_reset", user.username)
    return password


@transaction.atomic
def change_own_password(user: User, current: str, new: str) -> None:
    """Replace one's password. Raises Refusal when the current one is wrong or the new one too weak or the same."""
    if not user.check_password(current):
        raise Refusal(_("The current password is not right."))
    if current == new:
        raise Refusal(_("The new password must differ from the current one."))
    _set_password(user, new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    record_audit(user, "password_changed", user.username)


@transaction.atomic
def change_email(user_id: int, email: str, actor: User) -> User:
    """Say where notices about accounts reach a person; empty: nowhere. Raises Refusal for what is no address."""
    email = email.strip()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise Refusal(_("This is not an e-mail address; write for example name@example.com.")) from None
    user = _locked(user_id)
    if user.email != email:
        record_audit(actor, "email_changed", user.username, {"from": user.email, "to": email})
        user.email = email
        user.save(update_fields=["email"])
    return user


@transaction.atomic
def change_language(user: User, language: str) -> None:
    """Choose the language of a person's screens."""
    if user.language == _language(language):
        return
    record_audit(user, "language_changed", user.username, {"from": user.language, "to": language})
    user.language = language
    user.save(update_fields=["language"])


def sign_in(request: HttpRequest | None, username: str, password: str, address: str | None) -> SignInOutcome:
    """Check a name and password, slowing guessers down.

    The attempt is counted before the password is looked at, so a burst of parallel guesses gets no more tries than a
    patient one. Five failures for a name from one address, or twenty from one address, within fifteen minutes: wait.
    """
    username = username.strip()[:150]
    attempt = SignInFailure.objects.create(username=username, address=address)
    since = attempt.at - WINDOW
    from_address = SignInFailure.objects.filter(address=address, at__gt=since)
    too_many_here = from_address.count() > FAILURES_PER_ADDRESS
    if too_many_here or from_address.filter(username=username).count() > FAILURES_PER_NAME_AND_ADDRESS:
        attempt.delete()
        return SignInOutcome(None, throttled=True)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        record_audit(username or "-", "sign_in_refused", username or "-", {"address": address or ""})
        return SignInOutcome(None, throttled=False)
    with transaction.atomic():
        from_address.filter(username=username).delete()
        SignInFailure.objects.filter(at__lt=attempt.at - KEPT).delete()
        record_audit(user, "signed_in", user.username, {"address": address or ""})
    return SignInOutcome(user.pk, throttled=False)


def sign_out(user: User) -> None:
    """Write down that a person left (the session itself is the face's)."""
    record_audit(user, "signed_out", user.username)


def temporary_password() -> str:
    """A random password that can be read out on the telephone: four groups of four, without look-alikes."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _unused in range(4)) for _also_unused in range(4))


def _name(actor: User | str | None) -> str:
    if isinstance(actor, User):
        return actor.username
    return actor or COMMAND_LINE


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise Refusal(f"{role!r} is not a role; choose one of {', '.join(Role)}") from None


def _language(language: str) -> str:
    if language not in {"fr", "en"}:
        raise Refusal(f"{language!r} is not a language of the desk; choose fr or en")
    return language


def _refuse_bad_name(username: str) -> None:
    try:
        validate_slug(username.replace(".", "-").replace("@", "-").replace("+", "-"))
    except ValidationError:
        raise Refusal(_("A user name has letters without accents, digits and . @ + - _ only.")) from None
    if len(username) > 150:
        raise Refusal(_("A user name has at most 150 characters."))
    if User.objects.filter(username__iexact=username).exists():
        raise _taken(username)


def _taken(username: str) -> Refusal:
    return Refusal(_("The user name “%(name)s” is taken.") % {"name": username})


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refusal(" ".join(error.messages)) from None
    user.set_password(password)


def _locked(user_id: int) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise Refusal(_("This person does not exist."))
    return user


def _keep_an_administrator(leaving: User) -> None:
    """Refuse to take away the last active administrator; two such requests at once wait for each other."""
    if leaving.role != Role.ADMINISTRATOR:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('relance.staff.administrators'))")
    others = User.objects.filter(role=Role.ADMINISTRATOR.value, is_active=True).exclude(pk=leaving.pk)
    if leaving.is_active and not others.exists():
        raise Refusal(_("This is the last active administrator; name another one first."))
