"""Scenarios and their versions, episodes, positions and planned actions."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from relance.kit.account_scoped import AccountScoped


class Scenario(models.Model):
    """A dunning policy by code; its content lives in versions."""

    code = models.CharField(max_length=40, unique=True)


class ScenarioVersion(models.Model):
    """What a scenario said from one publication to the next; never changed once written."""

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    author = models.CharField(max_length=150, default="")
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scenario", "number"], name="scenario_version_once")]


class ScenarioOverride(models.Model):
    """The scenario a person chose for one account, instead of the one its criteria give."""

    account_id = models.BigIntegerField(primary_key=True)
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="+")
    chosen_by = models.CharField(max_length=150)
    chosen_at = models.DateTimeField(db_default=Now())


class Episode(AccountScoped):
    """One pursuit of one debt, from the entry threshold to the exit threshold, under one pinned scenario version.

    `item_id` is 0 for an account-level episode, else the open item an invoice-level one is about.
    """

    item_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    version_id = models.BigIntegerField()
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "item_id", "currency"],
                condition=Q(closed_on__isnull=True),
                name="episode_open_once",
            ),
        ]


class Position(AccountScoped):
    """Where an open episode stands (its id is the episode's); deleted when the episode closes.

    The table holds pursued accounts only, so a night scans it for due reviews; no index on the review day means that
    moving a position rewrites no index.

    `stage_index` is the last stage entered, -1 before the first. `next_review_on` is the first day on which the
    passage of time alone can change something; empty when only new facts can. `holds_later` is true while that stage
    is mandatory, so that its actions have to be looked at before any later one.
    """

    item_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    version_id = models.BigIntegerField()
    opened_on = models.DateField()
    stage_index = models.SmallIntegerField(default=-1)
    stage_entered_on = models.DateField(null=True)
    holds_later = models.BooleanField(default=False)
    next_review_on = models.DateField(null=True)
    overdue_minor = models.BigIntegerField()
    oldest_due_on = models.DateField()


class PlannedAction(AccountScoped):
    """An action that a decision asked for, with the facts that led to it; unique per (episode, stage, action).

    `because` is the JSON text of `[[code, data], ...]`: written often, read by one screen, never searched.
    """

    episode_id = models.BigIntegerField()
    item_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    version_id = models.BigIntegerField()
    stage_index = models.SmallIntegerField()
    stage = models.CharField(max_length=40)
    ordinal = models.SmallIntegerField()
    kind = models.CharField(max_length=40)
    planned_on = models.DateField()
    state = models.CharField(max_length=10, default="planned")
    refusal = models.CharField(max_length=40, default="")
    because = models.TextField()
    planned_at = models.DateTimeField(db_default=Now())
    performed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "episode_id", "stage_index", "ordinal"], name="planned_action_once"
            ),
            models.CheckConstraint(
                name="planned_action_state", condition=Q(state__in=["planned", "performed", "refused", "passed"])
            ),
        ]
        indexes = [models.Index(fields=["account_id"], condition=Q(state="planned"), name="planned_action_to_do")]


class Nudge(models.Model):
    """An account whose facts changed since its last decision; the next decision takes its rows away.

    Rows are only added, never merged: a decision deletes those it can see before it reads the facts, so a nudge from a
    transaction that commits later stays for the next one.
    """

    account_id = models.BigIntegerField(db_index=True)


class Horizon(models.Model):
    """The last business date whose decisions are complete (one row)."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    decided_through = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(name="one_horizon", condition=Q(id=1))]
