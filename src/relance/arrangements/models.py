"""Holds and the events that put them in force and end them; rows are only ever added, which the database sees to."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.arrangements.facts import HoldKind
from relance.kit.account_scoped import AccountScoped


class Hold(AccountScoped):
    """Why and how far a debt is held. When it is in force its events say; `from_on` is its first day as placed.

    `item_id` is 0 for the whole account, `part_minor` the held amount of that item in its `currency`, `born_before`
    limits the hold to items born before that day.
    """

    kind = models.CharField(max_length=20)
    item_id = models.BigIntegerField(default=0)
    part_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    born_before = models.DateField(null=True)
    from_on = models.DateField()
    reason = models.CharField(max_length=300)
    reference = models.CharField(max_length=120, default="")
    placed_by = models.CharField(max_length=150)
    placed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="hold_kind", condition=Q(kind__in=[kind.value for kind in HoldKind])),
            models.CheckConstraint(
                name="hold_part_of_an_item",
                condition=Q(part_minor__isnull=True) | (Q(part_minor__gt=0) & Q(item_id__gt=0)),
            ),
            models.CheckConstraint(name="hold_one_scope", condition=Q(born_before__isnull=True) | Q(item_id=0)),
        ]
        indexes = [
            models.Index(fields=["id"], name="hold_by_id"),
            models.Index(fields=["from_on", "id"], name="hold_by_day"),
        ]


class HoldEvent(AccountScoped):
    """From `effective_on` on the hold is in force (`pauses`) or not, until a later event says otherwise.

    The events of one act share `act_id`, the id of its first one, which alone carries what was asked for: the last day to
    be held, the key that makes the act happen once, and the hash of its inputs.
    """

    hold_id = models.BigIntegerField()
    act_id = models.BigIntegerField()
    act = models.CharField(max_length=10)
    pauses = models.BooleanField()
    effective_on = models.DateField()
    until_on = models.DateField(null=True)
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=150)
    key = models.CharField(max_length=120, null=True)
    input_hash = models.CharField(max_length=64, default="")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "key"], name="hold_act_once"),
            models.CheckConstraint(name="hold_act", condition=Q(act__in=["placed", "again", "ended"])),
        ]
        indexes = [
            models.Index(fields=["account_id", "hold_id"], name="hold_events_of_hold"),
            models.Index(fields=["effective_on"], name="hold_event_by_day"),
        ]
