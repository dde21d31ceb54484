"""Items, credits, allocations between them, and the acts that wrote them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class Posting(AccountScoped):
    """One act on an account's money: who did what, why, for which day. Its id is in every row that it wrote.

    Imported documents have none: they are their own act. `key` makes an act happen once: the same key with the same
    `input_hash` gives `result` again.
    """

    kind = models.CharField(max_length=30)
    effective_on = models.DateField()
    key = models.CharField(max_length=120, null=True)
    input_hash = models.CharField(max_length=64)
    result = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, default="")
    actor = models.CharField(max_length=150, default="")
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "key"], condition=Q(key__isnull=False), name="posting_once")
        ]


class OpenItem(AccountScoped):
    """A debit of an account. Dates are the document's own and never change; without `due_on` it is never past due.

    `origin_id` is the item that a charge, an instalment or a recovery comes from.
    """

    kind = models.CharField(max_length=20, default="invoice")
    number = models.CharField(max_length=60)
    nature = models.CharField(max_length=12, default="service")
    currency = models.CharField(max_length=3)
    born_on = models.DateField()
    due_on = models.DateField(null=True)
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(default=0)
    open_minor = models.BigIntegerField()
    origin_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=12, default="import", db_default="import")
    document_url = models.CharField(max_length=500, default="")
    posting_id = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "kind", "number"], name="open_item_once"),
            models.UniqueConstraint(
                fields=["account_id", "origin_id"], condition=Q(kind="indemnity"), name="indemnity_once"
            ),
            models.CheckConstraint(
                name="open_item_kind",
                condition=Q(
                    kind__in=[
                        "invoice", "late_fee", "indemnity", "interest", "return_charge", "refund", "recovery",
                        "instalment",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="open_item_open_within_amount",
                condition=Q(open_minor__gte=0) & Q(open_minor__lte=F("amount_minor")),
            ),
            models.CheckConstraint(
                name="open_item_tax_within_amount",
                condition=Q(tax_minor__gte=0) & Q(tax_minor__lte=F("amount_minor")),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["due_on"], condition=Q(open_minor__gt=0), name="open_item_due"),
            models.Index(fields=["account_id", "due_on", "id"], condition=Q(open_minor__gt=0), name="open_item_queue"),
        ]


class Credit(AccountScoped):
    """A credit of an account. `open_minor` is what is not yet allocated (and not reversed).

    Receipts and credit notes look for items by the creditor's policy, unless `by_hand`: then a person allocates them.
    The other kinds settle the items they were written for, in the same act.
    """

    kind = models.CharField(max_length=16)
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    received_on = models.DateField()
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(default=0, db_default=0)
    open_minor = models.BigIntegerField()
    method = models.CharField(max_length=15, default="")
    named_item = models.CharField(max_length=60, default="")
    by_hand = models.BooleanField(default=False, db_default=False)
    payer_iban = models.CharField(max_length=34, default="", db_default="")
    deposit_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=12, default="import", db_default="import")
    reason = models.CharField(max_length=300, default="")
    posted_by = models.CharField(max_length=150, default="")
    posting_id = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "kind", "number"], name="credit_once"),
            models.CheckConstraint(
                name="credit_kind",
                condition=Q(
                    kind__in=["receipt", "credit_note", "write_off", "small_difference", "correction", "split"]
                ),
            ),
            models.CheckConstraint(
                name="credit_open_within_amount",
                condition=Q(open_minor__gte=0) & Q(open_minor__lte=F("amount_minor")) & Q(amount_minor__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["account_id"], condition=Q(open_minor__gt=0), name="credit_unallocated"),
            models.Index(fields=["received_on"], name="credit_received"),
        ]


class Designation(AccountScoped):
    """The payer's wish: the items that a receipt is to settle first, in their order; `amount_minor` null: all it can."""

    credit_id = models.BigIntegerField()
    rank = models.SmallIntegerField()
    item_number = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "credit_id", "rank"], name="designation_once")]


class Allocation(AccountScoped):
    """Part of a credit set against an item from a day on. Undoing one adds a row with the opposite amount."""

    credit_id = models.BigIntegerField()
    item_id = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    effective_on = models.DateField()
    undoes_id = models.BigIntegerField(null=True)
    by_hand = models.BooleanField(default=False, db_default=False)
    posting_id = models.BigIntegerField(null=True)
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
        indexes = [
            models.Index(fields=["effective_on"], name="allocation_effective"),
            models.Index(fields=["account_id", "item_id"], name="allocation_item"),
            models.Index(fields=["account_id", "credit_id"], name="allocation_credit"),
        ]


class Reversal(AccountScoped):
    """A receipt taken back in full on a day (a returned debit, a bounced cheque), with its reason."""

    credit_id = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    reversed_on = models.DateField()
    reason = models.CharField(max_length=200)
    posted_by = models.CharField(max_length=150, default="")
    posting_id = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "credit_id"], name="credit_reversed_once")]
