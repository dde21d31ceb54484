"""Items of work and what happened to them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class WorkItem(AccountScoped):
    """Something for a person to do about an account; `key` makes it once per planned action.

    `stake_minor` ranks the list: what the account owed past due when it was last looked at, on `stake_on`. `detail` is
    JSON text. `urgency` is that of its kind when it was opened.
    """

    key = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    item_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    title = models.CharField(max_length=200, default="")
    detail = models.TextField(default="{}")
    due_on = models.DateField()
    opened_on = models.DateField()
    opened_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, default="open", db_default="open")
    assigned_to = models.CharField(max_length=150, default="", db_default="")
    closed_on = models.DateField(null=True)
    closed_by = models.CharField(max_length=150, default="", db_default="")
    outcome = models.CharField(max_length=40, default="", db_default="")
    note = models.CharField(max_length=1000, default="", db_default="")
    urgency = models.SmallIntegerField()
    stake_minor = models.BigIntegerField()
    stake_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "key"], name="work_item_once"),
            models.CheckConstraint(name="work_item_state", condition=Q(state__in=["open", "closed", "cancelled"])),
            models.CheckConstraint(
                name="work_item_end",
                condition=Q(state="open", closed_on__isnull=True, outcome="")
                | Q(state__in=["closed", "cancelled"], closed_on__isnull=False, outcome__gt=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-stake_minor", "-urgency", "-id"], condition=Q(state="open"), name="work_item_by_value"
            ),
            models.Index(fields=["due_on", "id"], condition=Q(state="open"), name="work_item_by_day"),
            models.Index(
                fields=["assigned_to", "-stake_minor", "-urgency", "-id"],
                condition=Q(state="open"),
                name="work_item_of_person",
            ),
            models.Index(fields=["-id"], name="work_item_newest"),
            models.Index(fields=["key"], name="work_item_key"),
        ]


class WorkEvent(AccountScoped):
    """What happened to an item of work after it was opened; rows are only ever added."""

    work_item_id = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    happened_on = models.DateField()
    happened_at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=150, default="")
    assigned_to = models.CharField(max_length=150, default="")
    outcome = models.CharField(max_length=40, default="")
    note = models.CharField(max_length=1000, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="work_event_kind", condition=Q(kind__in=["assigned", "closed", "reopened", "cancelled"])
            )
        ]
