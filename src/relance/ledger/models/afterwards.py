"""What later says something new of an item: due dates, exclusions, marks, interruptions, interest, requests."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class Postponement(AccountScoped):
    """Another due date for an item, from a day on. The latest one by that day rules; the document keeps its own date."""

    item_id = models.BigIntegerField()
    due_on = models.DateField()
    effective_on = models.DateField()
    posting_id = models.BigIntegerField()


class Exclusion(AccountScoped):
    """Part of an item that is not chased from a day on, though it is owed: disputed, money in flight, or time-barred.

    Lifting one adds a row with the opposite amount.
    """

    item_id = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    amount_minor = models.BigIntegerField()
    effective_on = models.DateField()
    reference = models.CharField(max_length=80, default="")
    undoes_id = models.BigIntegerField(null=True)
    posting_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="exclusion_kind", condition=Q(kind__in=["disputed", "in_flight", "expired"])),
            models.CheckConstraint(
                name="exclusion_sign",
                condition=Q(amount_minor__gt=0, undoes_id__isnull=True)
                | Q(amount_minor__lt=0, undoes_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account_id", "undoes_id"], condition=Q(undoes_id__isnull=False), name="exclusion_lifted_once"
            ),
            models.UniqueConstraint(
                fields=["account_id", "item_id", "kind", "reference"],
                condition=Q(undoes_id__isnull=True),
                name="exclusion_once",
            ),
        ]


class DoubtfulMark(AccountScoped):
    """From a day on, an item stands (or no longer stands) among the doubtful debts of the balance sheet."""

    item_id = models.BigIntegerField()
    is_doubtful = models.BooleanField()
    effective_on = models.DateField()
    posting_id = models.BigIntegerField()


class Interruption(AccountScoped):
    """Something that started an item's limitation period anew: an acknowledgement, a court claim, an insolvency claim.

    Part payments are not here: they are read from the allocations.
    """

    item_id = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    occurred_on = models.DateField()
    posting_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="interruption_kind",
                condition=Q(kind__in=["acknowledgement", "court", "insolvency_claim"]),
            ),
            models.UniqueConstraint(fields=["account_id", "item_id", "kind", "occurred_on"], name="interruption_once"),
        ]


class InterestDecision(AccountScoped):
    """Interest of an item that was billed (as `interest_item_id`) or waived; what is in neither stays claimable."""

    item_id = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    amount_minor = models.BigIntegerField()
    through_on = models.DateField()
    interest_item_id = models.BigIntegerField(null=True)
    posting_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="interest_decision_kind",
                condition=Q(kind="billed", interest_item_id__isnull=False)
                | Q(kind="waived", interest_item_id__isnull=True)
                | Q(kind="annulled", interest_item_id__isnull=False),
            )
        ]


class Request(AccountScoped):
    """A write-off or refund that one person asked for and another decides."""

    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default="requested")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    data = models.JSONField(default=dict)
    reason = models.CharField(max_length=300)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(db_default=Now())
    requested_on = models.DateField()
    decided_by = models.CharField(max_length=150, default="")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, default="")
    posting_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="request_kind", condition=Q(kind__in=["write_off", "refund"])),
            models.CheckConstraint(
                name="request_state", condition=Q(state__in=["requested", "approved", "refused", "withdrawn"])
            ),
            models.CheckConstraint(
                name="request_approved_by_another",
                condition=~Q(state="approved") | (~Q(decided_by__iexact=F("requested_by")) & ~Q(decided_by="")),
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(state="requested"), name="request_waiting"),
        ]
