"""The journal of the daily cycle: what ran for which business date, in which chunks, with what figures."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Cycle(models.Model):
    """One business date. `closed` when every step is done; its figures are then final."""

    business_date = models.DateField(unique=True)
    state = models.CharField(max_length=10, default="running")
    started_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(name="cycle_state", condition=Q(state__in=["running", "closed", "failed"]))
        ]


class Step(models.Model):
    """One step of a cycle, started again after a crash until it is done."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="steps")
    position = models.SmallIntegerField()
    name = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="open")
    seconds = models.FloatField(default=0)
    error = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "name"], name="cycle_step_once")]


class Chunk(models.Model):
    """Some accounts of one step, worked in one transaction that also marks the chunk done."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="+")
    number = models.IntegerField()
    accounts = ArrayField(models.BigIntegerField())
    state = models.CharField(max_length=10, default="open")
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "number"], name="chunk_once")]
