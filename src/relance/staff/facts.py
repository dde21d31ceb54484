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
    DO_WORK = "do_work"
    PLACE_HOLD = "place_hold"
    PLACE_LEGAL_HOLD = "place_legal_hold"
    RECORD_PAYMENT = "record_payment"
    REVERSE_PAYMENT = "reverse_payment"
    CHANGE_SCENARIO = "change_scenario"
    APPROVE_ACTION = "approve_action"
    PUBLISH_SCENARIO = "publish_scenario"
    ALLOCATE = "allocate"
    CREDIT_NOTE = "credit_note"
    REQUEST_WRITE_OFF = "request_write_off"
    REQUEST_REFUND = "request_refund"
    SEE_REQUESTS = "see_requests"
    APPROVE_REQUEST = "approve_request"
    CHANGE_TERMS = "change_terms"
    CORRECT = "correct"
    CHARGE = "charge"
    SET_STANDING = "set_standing"
    SEE_JOURNAL = "see_journal"
    MANAGE_JOURNAL = "manage_journal"
    PROPOSE_RATE = "propose_rate"
    APPROVE_RATE = "approve_rate"
    DEPOSIT_CHEQUES = "deposit_cheques"
    PRINT_LETTERS = "print_letters"
    EDIT_TEXTS = "edit_texts"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_CYCLE = "manage_cycle"
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

_ACT_ON_DEBT = frozenset(
    {
        Permission.DO_WORK,
        Permission.RECORD_PAYMENT,
        Permission.ALLOCATE,
        Permission.CREDIT_NOTE,
        Permission.REQUEST_WRITE_OFF,
        Permission.REQUEST_REFUND,
        Permission.SEE_REQUESTS,
        Permission.CHANGE_TERMS,
        Permission.CHARGE,
    }
)

_ANSWER_FOR_BOOKS = frozenset(
    {
        Permission.REVERSE_PAYMENT,
        Permission.APPROVE_REQUEST,
        Permission.CORRECT,
        Permission.SEE_JOURNAL,
        Permission.MANAGE_JOURNAL,
        Permission.PROPOSE_RATE,
        Permission.APPROVE_RATE,
        Permission.DEPOSIT_CHEQUES,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _SEE - {Permission.EXPORT} | {Permission.DO_WORK, Permission.PLACE_HOLD, Permission.RECORD_PAYMENT},
    Role.SUPERVISOR: _SEE
    | _ACT_ON_DEBT
    | {
        Permission.PLACE_HOLD,
        Permission.PLACE_LEGAL_HOLD,
        Permission.SET_STANDING,
        Permission.CHANGE_SCENARIO,
        Permission.APPROVE_ACTION,
        Permission.PUBLISH_SCENARIO,
        Permission.PRINT_LETTERS,
        Permission.EDIT_TEXTS,
    },
    Role.FINANCE: _SEE | _ACT_ON_DEBT | _ANSWER_FOR_BOOKS | {Permission.PRINT_LETTERS},
    Role.ADMINISTRATOR: _SEE
    | _ACT_ON_DEBT
    | _ANSWER_FOR_BOOKS
    | {
        Permission.PLACE_HOLD,
        Permission.PLACE_LEGAL_HOLD,
        Permission.SET_STANDING,
        Permission.CHANGE_SCENARIO,
        Permission.APPROVE_ACTION,
        Permission.PUBLISH_SCENARIO,
        Permission.PRINT_LETTERS,
        Permission.EDIT_TEXTS,
        Permission.MANAGE_WEBHOOKS,
        Permission.MANAGE_CYCLE,
        Permission.MANAGE_STAFF,
        Permission.SEE_AUDIT,
    },
    Role.AUDITOR: _SEE | {Permission.SEE_REQUESTS, Permission.SEE_JOURNAL, Permission.SEE_AUDIT},
}


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """A member of staff as the management page shows them; `email` is where notices reach them, empty if nowhere."""

    id: int
    username: str
    email: str
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
