"""Who may do what in the desk, and what the staff pages show."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a member of staff is there for; each role's permissions are in `PERMISSIONS`."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """A thing that a page or a button needs."""

    SEE_ACCOUNTS = "see_accounts"
    SEE_MESSAGES = "see_messages"
    SEE_CYCLES = "see_cycles"
    SEE_SCENARIOS = "see_scenarios"
    EXPORT = "export"
    RECORD_PAYMENT = "record_payment"
    REVERSE_PAYMENT = "reverse_payment"
    CHANGE_SCENARIO = "change_scenario"
    MANAGE_STAFF = "manage_staff"
    SEE_AUDIT = "see_audit"


_SEE = frozenset(
    {
        Permission.SEE_ACCOUNTS,
        Permission.SEE_MESSAGES,
        Permission.SEE_CYCLES,
        Permission.SEE_SCENARIOS,
        Permission.EXPORT,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _SEE - {Permission.EXPORT} | {Permission.RECORD_PAYMENT},
    Role.SUPERVISOR: _SEE | {Permission.RECORD_PAYMENT, Permission.CHANGE_SCENARIO},
    Role.FINANCE: _SEE | {Permission.RECORD_PAYMENT, Permission.REVERSE_PAYMENT},
    Role.ADMINISTRATOR: _SEE
    | {
        Permission.RECORD_PAYMENT,
        Permission.REVERSE_PAYMENT,
        Permission.CHANGE_SCENARIO,
        Permission.MANAGE_STAFF,
        Permission.SEE_AUDIT,
    },
    Role.AUDITOR: _SEE | {Permission.SEE_AUDIT},
}


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """A member of staff as the management page shows them."""

    id: int
    username: str
    role: Role
    language: str
    is_active: bool
    must_change_password: bool
    joined_at: dt.datetime
    last_sign_in_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """One row of the audit trail."""

    id: int
    at: dt.datetime
    actor: str
    verb: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SignInOutcome:
    """What became of a sign-in: the person's id, or None; `throttled` when too many failures came before."""

    user_id: int | None
    throttled: bool
