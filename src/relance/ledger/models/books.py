"""What belongs to a creditor: its journal and its seals, its chart of accounts, its policy, its deposit slips."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class Deposit(models.Model):
    """A slip with which several cheques were handed to the bank; each cheque is a receipt of its account."""

    id = models.BigAutoField(primary_key=True)
    creditor_id = models.SmallIntegerField()
    number = models.CharField(max_length=40)
    deposited_on = models.DateField()
    currency = models.CharField(max_length=3)
    cheque_count = models.IntegerField()
    amount_minor = models.BigIntegerField()
    posted_by = models.CharField(max_length=150, default="")
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor_id", "number"], name="deposit_once")]


class Policy(models.Model):
    """How a creditor's money is handled, from the moment of the row on; the newest row rules, none means the defaults."""

    id = models.BigAutoField(primary_key=True)
    creditor_id = models.SmallIntegerField()
    allocation_order = models.CharField(max_length=12, default="oldest_due")
    small_difference_minor = models.BigIntegerField(default=0)
    interest_on_settlement = models.CharField(max_length=6, default="keep")
    interest_minimum_minor = models.BigIntegerField(default=0)
    contract_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    recovers_written_off = models.BooleanField(default=True)
    seal_after_days = models.SmallIntegerField(null=True)
    reason = models.CharField(max_length=300, default="")
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="policy_allocation_order",
                condition=Q(allocation_order__in=["oldest_due", "named_only", "civil_code", "by_hand"]),
            ),
            models.CheckConstraint(
                name="policy_interest", condition=Q(interest_on_settlement__in=["keep", "bill", "waive"])
            ),
            models.CheckConstraint(name="policy_small_difference", condition=Q(small_difference_minor__gte=0)),
        ]
        indexes = [models.Index(fields=["creditor_id", "-id"], name="policy_newest")]


class Entry(AccountScoped):
    """A double-entry row: an amount that leaves the ledger account `credit` and arrives on the ledger account `debit`.

    The accounts are those of `chart`; each creditor's mapping says how its own chart writes them. A document's entry is
    all rows with its `source_id` (the id of the item, credit, reversal or posting). Rows are never changed.
    """

    source_id = models.BigIntegerField()
    booked_on = models.DateField()
    currency = models.CharField(max_length=3)
    debit = models.CharField(max_length=12)
    credit = models.CharField(max_length=12)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="entry_moves_something", condition=Q(amount_minor__gt=0) & ~Q(debit=F("credit"))
            ),
        ]
        indexes = [BrinIndex(fields=["booked_on"], autosummarize=True, name="entry_booked")]


class AccountMapping(models.Model):
    """How a creditor's chart of accounts writes one of ours, from a day on; none means the code of `chart` itself."""

    id = models.BigAutoField(primary_key=True)
    creditor_id = models.SmallIntegerField()
    account = models.CharField(max_length=12)
    code = models.CharField(max_length=20)
    label = models.CharField(max_length=80)
    valid_from = models.DateField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor_id", "account", "valid_from", "id"], name="account_mapping_row")
        ]


class Seal(models.Model):
    """A day of a creditor's journal that nothing can be added to any more, with the fingerprint of its entries.

    `seal_hash` covers the day's entries and `previous_hash`, so that a change to any sealed day shows in all later ones.
    Documents in `currency`, the creditor's own, are numbered: `document_count` of them, the first of the day with
    `first_number` within its calendar year. `entry_count` counts the rows of every currency.
    """

    id = models.BigAutoField(primary_key=True)
    creditor_id = models.SmallIntegerField()
    day = models.DateField()
    currency = models.CharField(max_length=3)
    first_number = models.BigIntegerField()
    document_count = models.BigIntegerField()
    entry_count = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    seal_hash = models.CharField(max_length=64)
    sealed_by = models.CharField(max_length=150)
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor_id", "day"], name="seal_once")]


class SealedTotal(models.Model):
    """What a sealed day moved on one ledger account, as the creditor's chart writes it; trial balances add these up."""

    id = models.BigAutoField(primary_key=True)
    creditor_id = models.SmallIntegerField()
    day = models.DateField()
    currency = models.CharField(max_length=3)
    code = models.CharField(max_length=20)
    debit_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor_id", "day", "currency", "code"], name="sealed_total_once")
        ]
