"""Open items, credits, allocations between them, reversals, and the double-entry rows behind each.

Items, credits, allocations and reversals are only ever added. Two columns are kept beside them for speed, and laws
compare them with the rows they sum up: `OpenItem.open_minor` and `Credit.open_minor`.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class OpenItem(AccountScoped):
    """A debit of an account: an invoice (other kinds follow). Dates are the document's own and never change."""

    kind = models.CharField(max_length=20, default="invoice")
    number = models.CharField(max_length=60)
    nature = models.CharField(max_length=12, default="service")
    currency = models.CharField(max_length=3)
    born_on = models.DateField()
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(default=0)
    open_minor = models.BigIntegerField()
    document_url = models.CharField(max_length=500, default="")
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "kind", "number"], name="open_item_once"),
            models.CheckConstraint(
                name="open_item_open_within_amount",
                condition=Q(open_minor__gte=0) & Q(open_minor__lte=F("amount_minor")),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(open_minor__gt=0), name="open_item_due")]


class Credit(AccountScoped):
    """A credit of an account: a receipt or a credit note. `open_minor` is what is not yet allocated (and not reversed)."""

    kind = models.CharField(max_length=12)
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    received_on = models.DateField()
    amount_minor = models.BigIntegerField()
    open_minor = models.BigIntegerField()
    method = models.CharField(max_length=15, default="")
    named_item = models.CharField(max_length=60, default="")
    reason = models.CharField(max_length=200, default="")
    posted_by = models.CharField(max_length=150, default="")
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "kind", "number"], name="credit_once"),
            models.CheckConstraint(name="credit_kind", condition=Q(kind__in=["receipt", "credit_note"])),
            models.CheckConstraint(
                name="credit_open_within_amount",
                condition=Q(open_minor__gte=0) & Q(open_minor__lte=F("amount_minor")) & Q(amount_minor__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["account_id"], condition=Q(open_minor__gt=0), name="credit_unallocated"),
            models.Index(fields=["received_on"], name="credit_received"),
        ]


class Allocation(AccountScoped):
    """Part of a credit set against an item from a day on. Undoing one adds a row with the opposite amount."""

    credit_id = models.BigIntegerField()
    item_id = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    effective_on = models.DateField()
    undoes_id = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "undoes_id"], condition=Q(undoes_id__isnull=False), name="allocation_undone_once"
            ),
            models.CheckConstraint(
                name="allocation_sign",
                condition=Q(amount_minor__gt=0, undoes_id__isnull=True)
                | Q(amount_minor__lt=0, undoes_id__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["effective_on"], name="allocation_effective")]


class Reversal(AccountScoped):
    """A credit taken back in full on a day (a returned debit, a bounced cheque), with its reason."""

    credit_id = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    reversed_on = models.DateField()
    reason = models.CharField(max_length=200)
    posted_by = models.CharField(max_length=150, default="")
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "credit_id"], name="credit_reversed_once")]


class Entry(AccountScoped):
    """A double-entry row: an amount that leaves the ledger account `credit` and arrives on the ledger account `debit`.

    A document's entry is all rows with its `source_id` (the id of the item, credit or reversal).
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
