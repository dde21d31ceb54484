"""Reads about staff and the audit trail."""

import datetime as dt

from django.db.models import Q
from django.db.models.functions import Now

from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.staff.facts import AuditFacts, Role, StaffFacts
from relance.staff.models import AuditRow, User

DAYS_APART = 30
"""How long two people are not independent after one had power over the other's account."""

_GIVES_POWER = ("staff_created", "password_reset", "role_changed")


def staff() -> list[StaffFacts]:
    """Everybody, active people first, by name."""
    return [_facts(user) for user in User.objects.order_by("-is_active", "username")]


def member(user_id: int) -> StaffFacts | None:
    """One person, or None."""
    user = User.objects.filter(pk=user_id).first()
    return _facts(user) if user else None


def addresses(role: Role) -> dict[str, str]:
    """The e-mail addresses of the active people of a role, each with its reader's language."""
    people = User.objects.filter(role=role.value, is_active=True).exclude(email="").order_by("username")
    return dict(people.values_list("email", "language"))


def audit_rows(actor: str = "", verb: str = "", after: str | None = None, limit: int = 50) -> Page[AuditFacts]:
    """The audit trail, newest first; `actor` and `verb` are exact, `after` is the last id of the page before."""
    rows = AuditRow.objects.order_by("-id")
    if actor:
        rows = rows.filter(actor=actor)
    if verb:
        rows = rows.filter(verb=verb)
    total = rows[: COUNT_LIMIT + 1].count()
    if after and after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(id__lt=int(after))
    found = list(rows[: limit + 1])
    page = [AuditFacts(row.id, row.at, row.actor, row.verb, row.subject, row.details) for row in found[:limit]]
    return counted_page(page, str(page[-1].id) if len(found) > limit else None, total)


def audit_choices() -> tuple[list[str], list[str]]:
    """Actors and verbs that occur in the newest thousand rows, for filter menus."""
    newest = list(AuditRow.objects.order_by("-id").values_list("actor", "verb")[:1000])
    return sorted({actor for actor, _verb in newest}), sorted({verb for _actor, verb in newest})


def may_decide_for(approver: str, requester: str) -> bool:
    """Whether a person can be the second one for what another asked for; names count without regard to case.

    Not oneself, and nobody whose account either of the two made, gave a password or changed the role of for the other
    within `DAYS_APART` days: who does that can act under both names.
    """
    first, second = approver.casefold(), requester.casefold()
    if first == second:
        return False
    between = Q(actor__iexact=approver, subject__iexact=requester) | Q(
        actor__iexact=requester, subject__iexact=approver
    )
    recent = AuditRow.objects.filter(at__gt=Now() - dt.timedelta(days=DAYS_APART), verb__in=_GIVES_POWER)
    return not recent.filter(between).exists()


def _facts(user: User) -> StaffFacts:
    return StaffFacts(
        id=user.pk,
        username=user.username,
        email=user.email,
        role=Role(user.role),
        language=user.language,
        is_active=user.is_active,
        must_change_password=user.must_change_password,
        joined_at=user.date_joined,
        last_sign_in_at=user.last_login,
    )
