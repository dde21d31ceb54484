"""Staff services: each change once, with its audit row, and never a house without an administrator."""

import pytest
from django.db import IntegrityError, connection, transaction

from relance.kit.refusal import Refusal
from relance.staff.facts import PERMISSIONS, Permission, Role
from relance.staff.models import AuditRow, User
from relance.staff.queries import audit_rows, staff
from relance.staff.services import (
    change_language,
    change_own_password,
    change_role,
    create_user,
    record_audit,
    reset_password,
    set_active,
    temporary_password,
)

pytestmark = pytest.mark.django_db
PASSWORD = "marée-haute-à-midi"


def verbs() -> list[str]:
    """The audit trail's verbs, oldest first."""
    return [row.verb for row in reversed(audit_rows().rows)]


def test_create_user_and_its_refusals() -> None:
    user = create_user("ines.roy", PASSWORD, "finance", "fr")
    assert user.may(Permission.REVERSE_PAYMENT) and not user.may(Permission.MANAGE_STAFF)
    assert audit_rows().rows[0].actor == "command line"
    for name, password, role, language in (
        ("INES.ROY", PASSWORD, "agent", "fr"), ("with space", PASSWORD, "agent", "fr"), ("", PASSWORD, "agent", "fr"),
        ("paul", "short", "agent", "fr"), ("paul", "1234567890", "agent", "fr"), ("paul", PASSWORD, "king", "fr"),
        ("paul", PASSWORD, "agent", "de"),
    ):  # fmt: skip
        with pytest.raises(Refusal):
            create_user(name, password, role, language)
    assert len(staff()) == 1


def test_roles_change_once_and_an_administrator_remains() -> None:
    first = create_user("first", PASSWORD, Role.ADMINISTRATOR, "fr")
    second = create_user("second", PASSWORD, Role.ADMINISTRATOR, "fr")
    change_role(second.pk, Role.AUDITOR, first)
    change_role(second.pk, Role.AUDITOR, first)
    assert verbs().count("role_changed") == 1
    with pytest.raises(Refusal):
        change_role(first.pk, Role.AGENT, first)
    with pytest.raises(Refusal):
        change_role(first.pk, Role.AGENT, second)
    with pytest.raises(Refusal):
        set_active(first.pk, False, second)
    with pytest.raises(Refusal):
        change_role(10_000, Role.AGENT, first)
    assert User.objects.get(pk=first.pk).is_active


def test_access_closes_and_reopens_once() -> None:
    boss = create_user("boss", PASSWORD, Role.ADMINISTRATOR, "fr")
    agent = create_user("agent", PASSWORD, Role.AGENT, "fr")
    set_active(agent.pk, False, boss)
    closed = set_active(agent.pk, False, boss)
    assert not closed.may(Permission.SEE_ACCOUNTS)
    set_active(agent.pk, True, boss)
    assert verbs()[2:] == ["staff_deactivated", "staff_reactivated"]
    with pytest.raises(Refusal):
        set_active(boss.pk, False, boss)


def test_passwords_are_replaced_by_their_owner() -> None:
    boss = create_user("boss", PASSWORD, Role.ADMINISTRATOR, "fr")
    agent = create_user("agent", PASSWORD, Role.AGENT, "fr")
    given = reset_password(agent.pk, boss)
    agent.refresh_from_db()
    assert agent.must_change_password and agent.check_password(given)
    for current, new in (("wrong", "une phrase à moi"), (given, given), (given, "court")):
        with pytest.raises(Refusal):
            change_own_password(agent, current, new)
    change_own_password(agent, given, "une phrase à moi")
    assert not agent.must_change_password
    with pytest.raises(Refusal):
        reset_password(boss.pk, boss)
    assert given not in str(list(AuditRow.objects.values()))


def test_temporary_passwords_differ_and_are_strong_enough() -> None:
    made = {temporary_password() for _number in range(50)}
    assert len(made) == 50
    create_user("paul", made.pop(), Role.AGENT, "fr")


def test_language_changes_once() -> None:
    agent = create_user("agent", PASSWORD, Role.AGENT, "fr")
    change_language(agent, "en")
    change_language(agent, "en")
    assert verbs() == ["staff_created", "language_changed"]
    with pytest.raises(Refusal):
        change_language(agent, "de")


@pytest.mark.parametrize("sql", ["UPDATE staff_auditrow SET actor = 'x'", "DELETE FROM staff_auditrow"])
def test_audit_rows_can_only_be_added(sql: str) -> None:
    record_audit("nadia", "looked", "x" * 300, {"a": 1})
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert audit_rows().rows[0].actor == "nadia"


def test_the_audit_trail_is_not_emptied_at_one_stroke() -> None:
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL relance.truncate_allowed = ''")
        cursor.execute("TRUNCATE staff_auditrow")


def test_audit_rows_come_in_pages() -> None:
    for number in range(5):
        record_audit("nadia" if number % 2 else "paul", "looked", str(number))
    first = audit_rows(limit=2)
    second = audit_rows(after=first.next_after, limit=2)
    assert [row.subject for row in (*first.rows, *second.rows)] == ["4", "3", "2", "1"]
    assert [row.subject for row in audit_rows(actor="nadia").rows] == ["3", "1"]
    assert first.total == 5


def test_every_role_has_its_permissions() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert not PERMISSIONS[Role.AUDITOR] & {
        Permission.RECORD_PAYMENT, Permission.REVERSE_PAYMENT, Permission.CHANGE_SCENARIO, Permission.MANAGE_STAFF,
    }  # fmt: skip
