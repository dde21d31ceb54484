"""A small scene on which every law holds, and for every law statements that break it there; each must be noticed."""

import datetime as dt
import hashlib
from collections.abc import Mapping

from relance.customers.models import BillingAccount, Creditor
from relance.dunning.models import Episode, PlannedAction, Position, ScenarioVersion
from relance.ledger.models import Allocation, Credit, Entry, OpenItem, Reversal
from relance.outbound.models import Dispatch

ACCOUNT = 900_001


def set_scene() -> None:
    """One account with a paid invoice (11), a half-paid overdue one (12) and a receipt taken back (22)."""
    creditor = Creditor.objects.get(code="default")
    BillingAccount.objects.create(id=ACCOUNT, number="A-1", creditor=creditor, name="Alice", email="alice@example.org")
    _item(11, "F-1", dt.date(2025, 1, 1), dt.date(2025, 1, 31), 1200, 0)
    _item(12, "F-2", dt.date(2025, 2, 1), dt.date(2025, 2, 15), 2400, 1400)
    _receipt(21, "P-1", dt.date(2025, 2, 10), 2200)
    _receipt(22, "P-2", dt.date(2025, 2, 20), 500)
    _allocation(31, 21, 11, 1200, dt.date(2025, 2, 10))
    _allocation(32, 21, 12, 1000, dt.date(2025, 2, 10))
    _allocation(33, 22, 12, 500, dt.date(2025, 2, 20))
    _allocation(34, 22, 12, -500, dt.date(2025, 2, 25), undoes=33)
    Reversal.objects.create(
        account_id=ACCOUNT, id=41, credit_id=22, amount_minor=500, reversed_on=dt.date(2025, 2, 25), reason="returned"
    )
    _entry(41, dt.date(2025, 2, 25), "411", "512", 500)
    _episodes()
    _messages()


def _episodes() -> None:
    """A closed episode (51) that ended at its first stage, and an open one (52) at its second."""
    version = ScenarioVersion.objects.latest("id").pk
    first, second = dt.date(2025, 2, 1), dt.date(2025, 2, 16)
    Episode.objects.create(
        account_id=ACCOUNT, id=51, currency="EUR", version_id=version, opened_on=first, closed_on=dt.date(2025, 2, 10)
    )
    Episode.objects.create(account_id=ACCOUNT, id=52, currency="EUR", version_id=version, opened_on=second)
    Position.objects.create(
        account_id=ACCOUNT, id=52, currency="EUR", version_id=version, opened_on=second, stage_index=1,
        stage_entered_on=dt.date(2025, 2, 22), next_review_on=dt.date(2025, 3, 1), overdue_minor=1400,
        oldest_due_on=dt.date(2025, 2, 15),
    )  # fmt: skip
    _action(61, 51, 0, "reminder", first)
    _action(62, 52, 0, "reminder", second)
    _action(63, 52, 1, "second", dt.date(2025, 2, 22))


def _action(key: int, episode: int, stage_index: int, stage: str, planned_on: dt.date) -> None:
    PlannedAction.objects.create(
        account_id=ACCOUNT, id=key, episode_id=episode, currency="EUR",
        version_id=Episode.objects.get(id=episode).version_id, stage_index=stage_index, stage=stage, ordinal=0,
        kind="send", planned_on=planned_on, state="performed", because=[],
    )  # fmt: skip


def _messages() -> None:
    """A reminder that was sent (71), and one that a payment stopped (72)."""
    sent_at = dt.datetime(2025, 2, 22, 8, tzinfo=dt.UTC)
    words = ("Reminder", "Please pay.", "<p>Please pay.</p>")
    Dispatch.objects.create(
        account_id=ACCOUNT, id=71, idempotency_key=63, channel="email", template="reminder", language="en",
        recipient="alice@example.org", business_date=sent_at.date(), currency="EUR", state="sent", subject=words[0],
        text=words[1], html=words[2], content_hash=hashlib.sha256("\n".join(words).encode()).hexdigest(),
        claimed_minor=1400, released_at=sent_at, sent_at=sent_at,
    )  # fmt: skip
    Dispatch.objects.create(
        account_id=ACCOUNT, id=72, idempotency_key=61, channel="email", template="reminder", language="en",
        recipient="alice@example.org", business_date=dt.date(2025, 2, 1), currency="EUR", state="withdrawn",
    )  # fmt: skip


def _item(key: int, number: str, born_on: dt.date, due_on: dt.date, minor: int, open_minor: int) -> None:
    OpenItem.objects.create(
        account_id=ACCOUNT, id=key, number=number, currency="EUR", born_on=born_on, due_on=due_on,
        amount_minor=minor, tax_minor=minor // 6, open_minor=open_minor,
    )  # fmt: skip
    _entry(key, born_on, "411", "706", minor - minor // 6)
    _entry(key, born_on, "411", "44571", minor // 6)


def _receipt(key: int, number: str, received_on: dt.date, minor: int) -> None:
    Credit.objects.create(
        account_id=ACCOUNT, id=key, kind="receipt", number=number, currency="EUR", received_on=received_on,
        amount_minor=minor, open_minor=0, method="transfer",
    )  # fmt: skip
    _entry(key, received_on, "512", "411", minor)


def _allocation(key: int, credit: int, item: int, minor: int, effective_on: dt.date, undoes: int | None = None) -> None:
    Allocation.objects.create(
        account_id=ACCOUNT, id=key, credit_id=credit, item_id=item, amount_minor=minor, effective_on=effective_on,
        undoes_id=undoes,
    )  # fmt: skip


def _entry(source: int, booked_on: dt.date, debit: str, credit: str, minor: int) -> None:
    Entry.objects.create(
        account_id=ACCOUNT, source_id=source, booked_on=booked_on, currency="EUR", debit=debit, credit=credit,
        amount_minor=minor,
    )  # fmt: skip


DAMAGE: Mapping[str, tuple[str, ...]] = {
    "ledger.item_open_amount": (
        "UPDATE ledger_openitem SET open_minor = open_minor - 1 WHERE id = 12",
        "DELETE FROM ledger_allocation WHERE id = 32",
    ),
    "ledger.credit_open_amount": (
        "UPDATE ledger_credit SET open_minor = 1 WHERE id = 21",
        "DELETE FROM ledger_reversal WHERE id = 41",
    ),
    "ledger.entries_balance": (
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE source_id = 21",
        "DELETE FROM ledger_entry WHERE source_id = 41",
        "UPDATE ledger_entry SET source_id = 999999 WHERE source_id = 22",
    ),
    "ledger.control_account": (
        "UPDATE ledger_entry SET amount_minor = amount_minor - 1 WHERE source_id = 12",
        "UPDATE ledger_openitem SET open_minor = 0 WHERE id = 12",
    ),
    "ledger.allocation_ends": (
        "UPDATE ledger_allocation SET item_id = 999999 WHERE id = 31",
        "UPDATE ledger_allocation SET credit_id = 999999 WHERE id = 31",
        "UPDATE ledger_openitem SET currency = 'CHF' WHERE id = 11",
        "UPDATE ledger_allocation SET effective_on = '2024-12-31' WHERE id = 31",
    ),
    "ledger.never_negative": (
        "UPDATE ledger_allocation SET amount_minor = 1201 WHERE id = 31",
        "UPDATE ledger_allocation SET effective_on = '2025-02-09' WHERE id = 34",
    ),
    "dunning.position_per_open_episode": (
        "DELETE FROM dunning_position WHERE id = 52",
        "UPDATE dunning_position SET version_id = version_id + 1 WHERE id = 52",
        "UPDATE dunning_episode SET closed_on = '2025-02-28' WHERE id = 52",
    ),
    "dunning.action_of_an_episode": (
        "UPDATE dunning_plannedaction SET episode_id = 999999 WHERE id = 61",
        "UPDATE dunning_plannedaction SET planned_on = '2025-01-31' WHERE id = 61",
        "UPDATE dunning_plannedaction SET planned_on = '2025-02-11' WHERE id = 61",
    ),
    "dunning.stages_in_order": ("UPDATE dunning_plannedaction SET planned_on = '2025-02-23' WHERE id = 62",),
    "dunning.nothing_waits_in_a_closed_episode": ("UPDATE dunning_plannedaction SET state = 'planned' WHERE id = 61",),
    "outbound.words_kept": (
        "UPDATE outbound_dispatch SET text = 'Please pay more.' WHERE id = 71",
        "UPDATE outbound_dispatch SET subject = '' WHERE id = 71",
        "UPDATE outbound_dispatch SET content_hash = '' WHERE id = 71",
    ),
    "outbound.claims_something": (
        "UPDATE outbound_dispatch SET claimed_minor = 0 WHERE id = 71",
        "UPDATE outbound_dispatch SET claimed_minor = NULL WHERE id = 71",
    ),
    "outbound.silent_when_settled": (
        "UPDATE outbound_dispatch SET text = 'Please pay.' WHERE id = 72",
        "UPDATE outbound_dispatch SET claimed_minor = 1 WHERE id = 72",
    ),
    "outbound.once_per_action": (
        "UPDATE outbound_dispatch SET account_id = 999999, idempotency_key = 63 WHERE id = 72",
    ),
    "outbound.sent_has_its_hour": (
        "UPDATE outbound_dispatch SET sent_at = NULL WHERE id = 71",
        "UPDATE outbound_dispatch SET sent_at = now() WHERE id = 72",
    ),
    "outbound.account_exists": ("UPDATE outbound_dispatch SET account_id = 999999 WHERE id = 71",),
}
