"""A small scene on which every law holds, and for every law statements that break it there; each must be noticed."""

import datetime as dt
import hashlib
from collections.abc import Mapping

from relance.arrangements.services import end_hold, place_hold
from relance.customers.models import BillingAccount, Creditor
from relance.dunning.models import Episode, PlannedAction, Position, ScenarioVersion
from relance.kit.ids import next_ids
from relance.ledger.facts import Act, Cheque, DepositOrder, ExclusionKind
from relance.ledger.models import Allocation, Credit, Entry, Exclusion, InterestDecision, OpenItem, Reversal
from relance.ledger.services import (
    approve_request,
    exclude,
    lift_exclusion,
    mark_doubtful,
    post_deposit,
    request_write_off,
    seal_through,
    split,
)
from relance.legal.models import Rate
from relance.outbound.models import Dispatch, PrintBatch, PrintedLetter, PrintPart
from relance.worklist.facts import WorkOrder
from relance.worklist.models import WorkItem
from relance.worklist.services import assign_work, close_work, open_work, reopen_work

ACCOUNT = 900_001
INDEBTED = 900_002
"""Bob, whose documents were split, written off, recovered, disputed and marked by the services themselves."""
BUSINESS = 900_003


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
    seal_through(creditor.pk, dt.date(2025, 2, 20), "auditor", dt.date(2025, 3, 1))
    _episodes()
    _messages()
    _rates()
    _charges(creditor)
    _documents(creditor.pk)
    _holds()
    _work()


def _holds() -> None:
    """A promise for the whole account that ended sooner than planned, and a dispute of an item (12)."""
    said = {"reason": "said so", "by": "ines", "key": ""}
    promise = place_hold(ACCOUNT, "promise", dt.date(2025, 2, 20), dt.date(2025, 3, 10), **said)
    end_hold(promise, dt.date(2025, 3, 1), "broken", "ines")
    place_hold(ACCOUNT, "dispute", dt.date(2025, 2, 20), None, item_id=12, **said)


def _work() -> None:
    """A call (key 63) that marie closed, and a task (key 64) that was closed, opened again and is rene's."""
    day = dt.date(2025, 2, 25)
    open_work([WorkOrder(63, ACCOUNT, "call", 0, "EUR", day, "", {}, day)])
    open_work([WorkOrder(64, ACCOUNT, "task", 0, "EUR", day, "Check the address", {}, day)])
    call, task = WorkItem.objects.order_by("key").values_list("id", flat=True)
    assign_work(call, "marie", "marie", day)
    close_work(call, "no_answer", "twice", "marie", day)
    close_work(task, "not_possible", "", "marie", day)
    reopen_work(task, "another address", "rene", day)
    assign_work(task, "rene", "rene", day)


def _documents(creditor_id: int) -> None:
    """A debt (D-1) written off and partly recovered by a deposited cheque, one in instalments (D-2), a doubtful one (D-3)."""
    # The ids above are given by hand; those below start beyond them.
    next_ids(1_000)
    BillingAccount.objects.create(id=INDEBTED, number="B-1", creditor_id=creditor_id, name="Bob")
    day, due = dt.date(2025, 2, 25), dt.date(2025, 3, 20)
    asks, decides = (Act(INDEBTED, day, actor, "a liquidation judgment") for actor in ("rene", "ines"))
    _item(101, "D-1", day, due, 1200, 1200, INDEBTED)
    approve_request(decides, request_write_off(asks, [101], True).ids[0])
    post_deposit(DepositOrder(creditor_id, "B7", day, "EUR", (Cheque(INDEBTED, "0001", 300),)), "ines")
    _item(102, "D-2", day, due, 600, 600, INDEBTED)
    split(asks, 102, [(dt.date(2025, 4, 1), 200), (dt.date(2025, 5, 1), 400)])
    _item(103, "D-3", day, due, 900, 900, INDEBTED)
    mark_doubtful(asks, [103])
    lift_exclusion(asks, exclude(asks, 103, ExclusionKind.DISPUTED, 100, "D1").ids[0])


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
    letter = ("", "Please pay.", "")
    Dispatch.objects.create(
        account_id=ACCOUNT, id=73, idempotency_key=73, channel="letter", template="reminder", language="en",
        recipient="Alice, 1 Hill Road, Leeds", business_date=sent_at.date(), currency="EUR", state="sealed",
        text=letter[1], content_hash=hashlib.sha256("\n".join(letter).encode()).hexdigest(), claimed_minor=1400,
        released_at=sent_at,
    )  # fmt: skip
    pdf = b"%PDF of one page"
    batch = PrintBatch.objects.create(
        creditor_id=1, channel="letter", business_date=sent_at.date(), state="sealed", letter_count=1, page_count=1,
        sealed_by="finn",
    )  # fmt: skip
    PrintPart.objects.create(
        batch_id=batch.id, ordinal=1, first_page=1, page_count=1, sha256=hashlib.sha256(pdf).hexdigest(), pdf=pdf
    )
    PrintedLetter.objects.create(
        account_id=ACCOUNT, dispatch_id=73, batch_id=batch.id, sequence=1, part=1, first_page=1, page_count=1,
        address=["Alice", "1 Hill Road", "LEEDS"],
    )  # fmt: skip


def _rates() -> None:
    """An approved rate (ECB, first half of 2027), and one that says the same as a country pack."""
    decided_at = dt.datetime(2027, 1, 8, 8, tzinfo=dt.UTC)
    for series, percent, valid_from in (
        ("ecb_mro", "2.15", dt.date(2027, 1, 1)),
        ("fr_legal_professional", "2.76", dt.date(2025, 7, 1)),
    ):
        Rate.objects.create(
            series=series, valid_from=valid_from, percent=percent, source="a source", state="approved",
            proposed_by="fiona", decided_by="gilles", decided_at=decided_at,
        )  # fmt: skip


def _charges(creditor: Creditor) -> None:
    """A business with a late invoice (201) and what was charged on it: fee, indemnity, two interest notes of which one
    (205) was taken back, the charge (206) for a receipt that came back; and an old invoice (207) that is time-barred.
    """
    BillingAccount.objects.create(id=BUSINESS, number="C-1", creditor=creditor, name="Fabre", kind="business")
    due_on, on = dt.date(2025, 3, 31), dt.date(2025, 4, 30)
    _charge(201, "invoice", "706", "F-9", dt.date(2025, 3, 1), due_on, 9000)
    _charge(202, "late_fee", "75881", "FEE-F-9", on, on, 1000, origin=201)
    _charge(203, "indemnity", "75882", "IND-F-9", on, on, 4000, origin=201)
    _charge(204, "interest", "763", "INT-F-9", on, on, 90, origin=201)
    _charge(205, "interest", "763", "INT-F-9-1", on, on, 50, origin=201, open_minor=0)
    for key, kind, receivable, moved_on in ((221, "receipt", "512", due_on), (222, "correction", "763", on)):
        Credit.objects.create(
            account_id=BUSINESS, id=key, kind=kind, number=f"{kind}-9", currency="EUR", received_on=moved_on,
            amount_minor=50, open_minor=0, by_hand=kind == "correction",
        )  # fmt: skip
        _business_entry(key, moved_on, receivable, "411", 50)
    Allocation.objects.create(
        account_id=BUSINESS, id=231, credit_id=222, item_id=205, amount_minor=50, effective_on=on, by_hand=True
    )
    Reversal.objects.create(
        account_id=BUSINESS, id=241, credit_id=221, amount_minor=50, reversed_on=dt.date(2025, 4, 3), reason="returned"
    )
    _business_entry(241, dt.date(2025, 4, 3), "411", "512", 50)
    _charge(206, "return_charge", "7085", "RET-9", on, on, 1500, origin=221)
    for key, kind, note, minor in ((251, "billed", 204, 90), (252, "billed", 205, 50), (253, "annulled", 205, 50)):
        InterestDecision.objects.create(
            account_id=BUSINESS, id=key, item_id=201, kind=kind, amount_minor=minor, through_on=on,
            interest_item_id=note, posting_id=299,
        )  # fmt: skip
    _charge(207, "invoice", "706", "F-8", dt.date(2025, 3, 1), due_on, 700)
    for key, minor, undoes in ((261, 700, None), (262, -700, 261), (263, 700, None)):
        Exclusion.objects.create(
            account_id=BUSINESS, id=key, item_id=207, kind="expired", amount_minor=minor, reference=f"2026-03-31/{key}",
            effective_on=dt.date(2026, 4, 1), undoes_id=undoes,
        )  # fmt: skip


def _charge(
    key: int, kind: str, income: str, number: str, born_on: dt.date, due_on: dt.date, minor: int,
    origin: int | None = None, open_minor: int | None = None,
) -> None:  # fmt: skip
    OpenItem.objects.create(
        account_id=BUSINESS, id=key, kind=kind, number=number, currency="EUR", born_on=born_on, due_on=due_on,
        amount_minor=minor, open_minor=minor if open_minor is None else open_minor, origin_id=origin,
    )  # fmt: skip
    _business_entry(key, born_on, "411", income, minor)


def _business_entry(source: int, booked_on: dt.date, debit: str, credit: str, minor: int) -> None:
    Entry.objects.create(
        account_id=BUSINESS, source_id=source, booked_on=booked_on, currency="EUR", debit=debit, credit=credit,
        amount_minor=minor,
    )  # fmt: skip


def _item(
    key: int, number: str, born_on: dt.date, due_on: dt.date, minor: int, open_minor: int, account: int = ACCOUNT
) -> None:
    OpenItem.objects.create(
        account_id=account, id=key, number=number, currency="EUR", born_on=born_on, due_on=due_on,
        amount_minor=minor, tax_minor=minor // 6, open_minor=open_minor,
    )  # fmt: skip
    _entry(key, born_on, "411", "706", minor - minor // 6, account)
    _entry(key, born_on, "411", "44571", minor // 6, account)


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


def _entry(source: int, booked_on: dt.date, debit: str, credit: str, minor: int, account: int = ACCOUNT) -> None:
    Entry.objects.create(
        account_id=account, source_id=source, booked_on=booked_on, currency="EUR", debit=debit, credit=credit,
        amount_minor=minor,
    )  # fmt: skip


def _approved_rate(series: str, valid_from: str, percent: str, decided_by: str) -> str:
    """SQL that slips in an approved rate which fiona proposed."""
    return f"""INSERT INTO legal_rate
        (series, valid_from, percent, source, state, proposed_by, proposed_at, decided_by, decided_at, reason,
         replaces_because)
        VALUES ('{series}', '{valid_from}', {percent}, 'a source', 'approved', 'fiona', now(), '{decided_by}', now(), '',
                '')"""


DAMAGE: Mapping[str, tuple[str, ...]] = {
    "legal.rate_has_two_people": (_approved_rate("ecb_mro", "2026-07-01", "2.15", "Fiona"),),
    "legal.one_rate_per_half_year": (
        f"DROP INDEX legal_rate_approved_once; {_approved_rate('ecb_mro', '2027-01-01', '2.4', 'gilles')}",
    ),
    "legal.rate_fits_its_pack": (_approved_rate("fr_legal_professional", "2026-01-01", "2.63", "gilles"),),
    "legal.replaced_rate_has_successor": ("UPDATE legal_rate SET state = 'replaced' WHERE series = 'ecb_mro'",),
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
    "ledger.credit_never_overspent": (
        "UPDATE ledger_allocation SET amount_minor = 2201 WHERE id = 31",
        "UPDATE ledger_allocation SET effective_on = '2025-02-09' WHERE id = 34",
    ),
    "ledger.sealed_days_unchanged": (
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE source_id = 21",
        "UPDATE ledger_entry SET debit = '530' WHERE source_id = 21",
        "UPDATE ledger_entry SET source_id = 999999 WHERE source_id = 21",
        "DELETE FROM ledger_entry WHERE source_id = 21",
        "UPDATE ledger_seal SET seal_hash = repeat('a', 64) WHERE day = '2025-02-01'",
        "UPDATE ledger_seal SET entry_count = entry_count + 1 WHERE day = '2025-02-01'",
        "INSERT INTO ledger_accountmapping (creditor_id, account, code, label, valid_from, changed_by) "
        "SELECT min(creditor_id), '411', '411000', 'Clients', '2025-01-01', '' FROM ledger_seal",
        "INSERT INTO ledger_accountmapping (creditor_id, account, code, label, valid_from, changed_by) "
        "SELECT min(creditor_id), '411', '411', 'Clients', '2025-01-01', '' FROM ledger_seal",
        "UPDATE ledger_openitem SET number = 'F-X' WHERE id = 11",
        "UPDATE ledger_openitem SET kind = 'late_fee' WHERE id = 11",
        "UPDATE ledger_openitem SET born_on = '2025-01-02' WHERE id = 11",
        "UPDATE ledger_credit SET number = 'P-X' WHERE id = 21",
        "UPDATE ledger_credit SET received_on = '2025-02-11' WHERE id = 21",
        f"UPDATE customers_billingaccount SET number = 'A-X' WHERE id = {ACCOUNT}",
    ),
    "ledger.entry_on_document_day": (
        "UPDATE ledger_entry SET booked_on = '2025-01-02' WHERE source_id = 11",
        "UPDATE ledger_openitem SET born_on = '2025-01-02' WHERE id = 11",
        "UPDATE ledger_credit SET received_on = '2025-02-11' WHERE id = 21",
        "UPDATE ledger_reversal SET reversed_on = '2025-02-26' WHERE id = 41",
        "DELETE FROM ledger_posting WHERE kind = 'marked_doubtful'",
    ),
    "ledger.sealed_days_closed": (
        "INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor) "
        "VALUES (900001, 21, '2025-02-10', 'EUR', '512', '411', 1)",
        "INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor) "
        "VALUES (900001, 999999, '2024-12-31', 'EUR', '512', '411', 1)",
        "UPDATE ledger_entry SET source_id = 999999 WHERE source_id = 11 AND credit = '44571'",
        "DELETE FROM ledger_entry WHERE source_id = 21",
    ),
    "ledger.seal_chain": (
        "DELETE FROM ledger_seal WHERE day = '2025-01-15'",
        "DELETE FROM ledger_seal WHERE day = '2025-01-01'",
        "UPDATE ledger_seal SET first_number = first_number + 1 WHERE day = '2025-02-01'",
        "UPDATE ledger_seal SET previous_hash = repeat('a', 64) WHERE day = '2025-02-01'",
        "UPDATE ledger_seal SET currency = 'CHF' WHERE day = '2025-02-01'",
    ),
    "ledger.sealed_totals": (
        "UPDATE ledger_sealedtotal SET debit_minor = debit_minor + 1 WHERE code = '411' AND day = '2025-02-01'",
        "DELETE FROM ledger_sealedtotal WHERE code = '512'",
        "INSERT INTO ledger_sealedtotal (creditor_id, day, currency, code, debit_minor, credit_minor) "
        "SELECT min(creditor_id), '2025-01-02', 'EUR', '411', 1, 1 FROM ledger_seal",
    ),
    "ledger.instalments_add_up": (
        "UPDATE ledger_openitem SET amount_minor = amount_minor + 1 WHERE number = 'D-2/1'",
        "UPDATE ledger_openitem SET origin_id = 103 WHERE number = 'D-2/1'",
        "DELETE FROM ledger_openitem WHERE kind = 'instalment'",
        "DELETE FROM ledger_credit WHERE kind = 'split'",
    ),
    "ledger.request_approved_by_another": (
        "UPDATE ledger_request SET amount_minor = amount_minor + 1",
        "DELETE FROM ledger_request",
        "DELETE FROM ledger_credit WHERE kind = 'write_off'",
        "DELETE FROM ledger_posting WHERE kind = 'request_approved'",
        "ALTER TABLE ledger_request DROP CONSTRAINT request_approved_by_another; "
        "UPDATE ledger_request SET decided_by = requested_by",
        "ALTER TABLE ledger_request DROP CONSTRAINT request_approved_by_another; "
        "UPDATE ledger_request SET decided_by = upper(requested_by)",
    ),
    "ledger.recovery_within_write_off": (
        "UPDATE ledger_openitem SET amount_minor = 1201 WHERE kind = 'recovery'",
        "UPDATE ledger_openitem SET origin_id = 102 WHERE kind = 'recovery'",
    ),
    "ledger.tax_taken_back_once": (
        "UPDATE ledger_openitem SET tax_minor = tax_minor - 1 WHERE number = 'D-1'",
        "UPDATE ledger_credit SET tax_minor = tax_minor + 1 WHERE kind = 'write_off'",
        "UPDATE ledger_credit SET kind = 'credit_note', named_item = 'D-1', tax_minor = 1 WHERE kind = 'split'",
        "UPDATE ledger_credit SET kind = 'credit_note', named_item = 'D-2/1', tax_minor = 101 WHERE kind = 'split'",
        "UPDATE ledger_credit SET kind = 'correction', tax_minor = 101 WHERE kind = 'split'",
    ),
    "ledger.doubtful_account": (
        "DELETE FROM ledger_doubtfulmark",
        "DELETE FROM ledger_entry WHERE debit = '416'",
        "UPDATE ledger_openitem SET open_minor = open_minor - 1 WHERE number = 'D-3'",
    ),
    "ledger.bound_credit_used_up": (
        "UPDATE ledger_credit SET open_minor = 1 WHERE kind = 'write_off'",
        "UPDATE ledger_credit SET open_minor = 1 WHERE kind = 'split'",
    ),
    "ledger.small_difference_is_small": (
        "UPDATE ledger_credit SET kind = 'small_difference', amount_minor = 501 WHERE kind = 'split'",
        "UPDATE ledger_credit SET kind = 'small_difference', currency = 'JPY', amount_minor = 6 WHERE kind = 'split'",
    ),
    "ledger.exclusion_lifted_whole": (
        "UPDATE ledger_exclusion SET amount_minor = amount_minor + 1 WHERE undoes_id IS NOT NULL",
        "UPDATE ledger_exclusion SET item_id = 102 WHERE undoes_id IS NOT NULL",
        "UPDATE ledger_exclusion SET kind = 'in_flight' WHERE undoes_id IS NOT NULL",
        "UPDATE ledger_exclusion SET effective_on = '2025-02-24' WHERE undoes_id IS NOT NULL",
        "DELETE FROM ledger_exclusion WHERE undoes_id IS NULL",
    ),
    "ledger.deposit_adds_up": (
        "UPDATE ledger_deposit SET amount_minor = amount_minor + 1",
        "UPDATE ledger_deposit SET cheque_count = cheque_count + 1",
        "UPDATE ledger_credit SET deposit_id = NULL",
    ),
    "ledger.interest_billed_once": (
        "UPDATE ledger_interestdecision SET amount_minor = 91 WHERE id = 251",
        "UPDATE ledger_interestdecision SET item_id = 207 WHERE id = 251",
        "UPDATE ledger_interestdecision SET interest_item_id = 205 WHERE id = 251",
        "DELETE FROM ledger_interestdecision WHERE id = 251",
        "DELETE FROM ledger_openitem WHERE id = 204",
        "UPDATE ledger_openitem SET origin_id = NULL WHERE id = 204",
    ),
    "ledger.interest_annulled": (
        "DELETE FROM ledger_interestdecision WHERE id = 253",
        "UPDATE ledger_interestdecision SET amount_minor = 49 WHERE id = 253",
        "UPDATE ledger_interestdecision SET interest_item_id = 204 WHERE id = 253",
        "DELETE FROM ledger_allocation WHERE id = 231",
    ),
    "ledger.charge_has_cause": (
        "UPDATE ledger_openitem SET origin_id = NULL WHERE id = 202",
        "UPDATE ledger_openitem SET origin_id = 202 WHERE id = 203",
        "UPDATE ledger_openitem SET currency = 'CHF' WHERE id = 204",
        "UPDATE ledger_openitem SET born_on = '2025-02-28' WHERE id = 202",
        "DELETE FROM ledger_reversal WHERE id = 241",
        "UPDATE ledger_reversal SET reversed_on = '2025-05-01' WHERE id = 241",
        "UPDATE ledger_openitem SET origin_id = 222 WHERE id = 206",
    ),
    "ledger.no_costs_for_french_consumers": (
        f"UPDATE customers_billingaccount SET kind = 'consumer' WHERE id = {BUSINESS}",
        f"UPDATE ledger_openitem SET account_id = {ACCOUNT} WHERE id = 203",
    ),
    "ledger.time_barred_once": (
        "UPDATE ledger_exclusion SET amount_minor = 699 WHERE id = 263",
        "UPDATE ledger_exclusion SET item_id = 999999 WHERE item_id = 207",
        "UPDATE ledger_exclusion SET undoes_id = 263, item_id = 201 WHERE id = 262",
        "UPDATE ledger_exclusion SET undoes_id = 999999 WHERE id = 262",
        "DELETE FROM ledger_exclusion WHERE id = 262",
        "UPDATE ledger_exclusion SET amount_minor = -1 WHERE id = 262",
    ),
    "arrangements.account_exists": ("UPDATE arrangements_hold SET account_id = 999999",),
    "arrangements.hold_was_placed_once": (
        "DELETE FROM arrangements_holdevent WHERE id = act_id",
        "DELETE FROM arrangements_holdevent",
        "DELETE FROM arrangements_hold",
        "UPDATE arrangements_holdevent SET act = 'placed' WHERE act = 'ended'",
        "UPDATE arrangements_holdevent SET effective_on = '2025-02-21' WHERE id = act_id AND act = 'placed'",
        "UPDATE arrangements_holdevent SET pauses = FALSE WHERE id = act_id AND act = 'placed'",
        "UPDATE arrangements_holdevent SET act_id = 999999 WHERE id <> act_id",
        "UPDATE arrangements_holdevent SET act = 'ended' WHERE id <> act_id",
        "UPDATE arrangements_holdevent SET hold_id = 999999 WHERE act = 'ended'",
    ),
    "arrangements.scope_fits_kind": (
        "UPDATE arrangements_hold SET kind = 'insolvency' WHERE kind = 'promise'",
        "UPDATE arrangements_hold SET kind = 'deceased' WHERE kind = 'dispute'",
        "UPDATE arrangements_hold SET kind = 'legal', part_minor = 5 WHERE kind = 'dispute'",
        "UPDATE arrangements_hold SET kind = 'exempt', born_before = '2025-01-01' WHERE kind = 'promise'",
    ),
    "worklist.account_exists": ("UPDATE worklist_workitem SET account_id = 999999 WHERE key = 63",),
    "worklist.once_per_order": ("UPDATE worklist_workitem SET account_id = 999999, key = 63 WHERE key = 64",),
    "worklist.state_as_told": (
        "UPDATE worklist_workitem SET state = 'closed', outcome = 'done', closed_on = '2025-02-25' WHERE key = 64",
        "UPDATE worklist_workitem SET state = 'cancelled' WHERE key = 63",
        "UPDATE worklist_workitem SET outcome = 'will_pay' WHERE key = 63",
        "UPDATE worklist_workitem SET note = 'never' WHERE key = 63",
        "UPDATE worklist_workitem SET closed_by = 'rene' WHERE key = 63",
        "UPDATE worklist_workitem SET assigned_to = '' WHERE key = 64",
        "DELETE FROM worklist_workevent WHERE kind = 'reopened'",
        "DELETE FROM worklist_workevent",
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
    "outbound.text_as_noted": ("UPDATE outbound_dispatch SET text_version_id = 999999 WHERE id = 71",),
    "outbound.printed_once": (
        "DELETE FROM outbound_printedletter",
        "UPDATE outbound_dispatch SET state = 'withdrawn' WHERE id = 73",
        "UPDATE outbound_printedletter SET dispatch_id = 999999",
    ),
    "outbound.batch_is_whole": (
        "UPDATE outbound_printpart SET pdf = 'another'",
        "DELETE FROM outbound_printpart",
        "UPDATE outbound_printbatch SET letter_count = 2",
        "UPDATE outbound_printedletter SET page_count = 2",
    ),
    "outbound.account_exists": (
        "UPDATE outbound_dispatch SET account_id = 999999 WHERE id = 71",
        "UPDATE outbound_printedletter SET account_id = 999999",
    ),
}
