"""The journal of the daily cycle: what ran for which creditor and business date, in which chunks, with what figures."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Cycle(models.Model):
    """One business date of one creditor. `closed` when every step is done; its figures are then final.

    `held_open` when the laws that its verify step looks at are broken; they are then in `broken_laws`.
    """

    business_date = models.DateField()
    creditor_id = models.SmallIntegerField()
    state = models.CharField(max_length=10, default="running")
    started_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    figures = models.JSONField(default=dict)
    broken_laws = models.JSONField(default=list, db_default=[])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business_date", "creditor_id"], name="cycle_once"),
            models.CheckConstraint(
                name="cycle_state", condition=Q(state__in=["running", "closed", "failed", "held_open"])
            ),
        ]


class Step(models.Model):
    """One step of a cycle, started again after a crash until it is done. `started_at` is the last time it was."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="steps")
    position = models.SmallIntegerField()
    name = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="open")
    started_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    error = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="cycle_step_once")]


class Chunk(models.Model):
    """Some accounts of one step, worked in one transaction that also marks the chunk done.

    One that fails is replaced by its halves, one `depth` further down, which are worked after all that lie less deep.
    One that is not split any more is `failed`; `attempts` counts how often that was so.
    """

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="+")
    depth = models.SmallIntegerField(default=0)
    accounts = ArrayField(models.BigIntegerField())
    state = models.CharField(max_length=10, default="open")
    attempts = models.SmallIntegerField(default=0)
    figures = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="chunk_state", condition=Q(state__in=["open", "done", "failed"]))]


class Failure(models.Model):
    """An account that failed in a step and was set apart; it is tried again until it is solved."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="+")
    step = models.CharField(max_length=20)
    account_id = models.BigIntegerField()
    error = models.TextField()
    attempts = models.IntegerField(default=1)
    state = models.CharField(max_length=10, default="open")
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "step", "account_id"], name="cycle_failure_once"),
            models.CheckConstraint(name="cycle_failure_state", condition=Q(state__in=["open", "solved"])),
        ]
        indexes = [models.Index(fields=["step", "account_id"], condition=Q(state="open"), name="cycle_failure_open")]


class Schedule(models.Model):
    """From which hour of its own time zone a creditor's night runs by itself; no row: from two, and active."""

    creditor_id = models.SmallIntegerField(primary_key=True)
    at = models.TimeField()
    active = models.BooleanField(default=True)
