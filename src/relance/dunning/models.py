"""Scenarios and their versions, episodes, positions and planned actions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
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
    publisher = models.CharField(max_length=150, db_default="")
    writers = ArrayField(models.CharField(max_length=150), default=list)
    effective_on = models.DateField(null=True)
    note = models.CharField(max_length=300, db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scenario", "number"], name="scenario_version_once")]


class ScenarioDraft(models.Model):
    """The one draft of a scenario's next version; `revision` grows with each change and never comes again
    in another draft, so that nobody overwrites or publishes what they have not read.

    Its content may be unfinished. `writers` are the user names, in lower case, of all who wrote it.
    """

    code = models.CharField(max_length=40, unique=True)
    content = models.JSONField()
    author = models.CharField(max_length=150)
    writers = ArrayField(models.CharField(max_length=150))
    base = models.ForeignKey(ScenarioVersion, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, default="")
    state = models.CharField(max_length=10, default="editing")
    revision = models.BigIntegerField()
    updated_by = models.CharField(max_length=150)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(name="draft_state", condition=Q(state__in=["editing", "submitted"]))]


class Experiment(models.Model):
    """A champion scenario whose group is shared with a challenger for a fixed period, by a hash of the account number.

    The migration adds what Django cannot say: the periods of one champion do not overlap.
    """

    code = models.CharField(max_length=40, unique=True)
    champion = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="+")
    challenger = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="+")
    share_percent = models.PositiveSmallIntegerField()
    salt = models.CharField(max_length=40)
    from_on = models.DateField()
    until_on = models.DateField()
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    stopped_on = models.DateField(null=True)
    stopped_by = models.CharField(max_length=150, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="experiment_share", condition=Q(share_percent__gte=1, share_percent__lte=99)),
            models.CheckConstraint(name="experiment_of_two", condition=~Q(champion=F("challenger"))),
            models.CheckConstraint(name="experiment_period", condition=Q(until_on__gte=F("from_on"))),
            models.CheckConstraint(
                name="experiment_stopped_after_its_start",
                condition=Q(stopped_on__isnull=True) | Q(stopped_on__gte=F("from_on")),
            ),
        ]


class ScenarioOverride(models.Model):
    """The scenario a person chose for one account, instead of the one its criteria give."""

    account_id = models.BigIntegerField(primary_key=True)
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="+")
    chosen_by = models.CharField(max_length=150)
    chosen_at = models.DateTimeField(db_default=Now())


class Episode(AccountScoped):
    """One pursuit of one debt, from the entry threshold to the exit threshold, under one pinned scenario version.

    `item_id` is 0 for an account-level episode, else the open item an invoice-level one is about. `opened_minor` is what
    was owed when it opened. `ending` says why it closed when that was not because the debt was settled: `switched` to
    another scenario, `restarted`, or `joined`: an older one was taken up again before this one had entered a stage. An
    episode that took another's place by age began after stage `began_index`, as if that had been performed on
    `began_performed_on`. `left_index` and `left_entered_on` say where it stood when it closed.
    """

    item_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    version_id = models.BigIntegerField()
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    opened_minor = models.BigIntegerField(db_default=0)
    ending = models.CharField(max_length=10, db_default="")
    began_index = models.SmallIntegerField(db_default=-1)
    began_performed_on = models.DateField(null=True)
    left_index = models.SmallIntegerField(db_default=-1)
    left_entered_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "item_id", "currency"],
                condition=Q(closed_on__isnull=True),
                name="episode_open_once",
            ),
        ]


class Switch(AccountScoped):
    """A running episode that a person moved to another scenario, and the episode that follows it."""

    episode_id = models.BigIntegerField()
    next_episode_id = models.BigIntegerField()
    keep_place = models.BooleanField()
    effective_on = models.DateField()
    switched_by = models.CharField(max_length=150)
    switched_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "episode_id"], name="episode_switched_once")]


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
    performed_on = models.DateField(null=True)
    answered_by = models.CharField(max_length=150, default="", db_default="")
    answer_reason = models.TextField(default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "episode_id", "stage_index", "ordinal"], name="planned_action_once"
            ),
            models.CheckConstraint(
                name="planned_action_state",
                condition=Q(state__in=["planned", "performed", "refused", "passed", "waiting"]),
            ),
        ]
        indexes = [
            models.Index(fields=["account_id"], condition=Q(state="planned"), name="planned_action_to_do"),
            models.Index(fields=["account_id"], condition=Q(state="refused"), name="planned_action_refused"),
            models.Index(fields=["id"], condition=Q(state="waiting"), name="planned_action_waiting"),
        ]


class Nudge(models.Model):
    """An account whose facts changed since its last decision; the next decision takes its rows away.

    Rows are only added, never merged: a decision deletes those it can see before it reads the facts, so a nudge from a
    transaction that commits later stays for the next one.
    """

    account_id = models.BigIntegerField(db_index=True)


class Horizon(models.Model):
    """The last business date whose decisions on a creditor's accounts are complete."""

    creditor_id = models.SmallIntegerField(primary_key=True)
    decided_through = models.DateField()


class PreviewRun(models.Model):
    """A draft's content tried on the portfolio of a day, by a job; its result is kept for the page and the export.

    `digest` is the content's SHA-256. Of the same content and day one run at most is under way. Who works a run holds the
    advisory lock of its id, so that a run without one that says it is running was left by a worker that ended.
    """

    code = models.CharField(max_length=40)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    as_of = models.DateField()
    state = models.CharField(max_length=10, default="queued")
    done_count = models.IntegerField(default=0)
    total_count = models.IntegerField(default=0)
    report = models.JSONField(null=True)
    changes = models.JSONField(default=list)
    error = models.CharField(max_length=1000, default="")
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "digest", "as_of"],
                condition=Q(state__in=["queued", "running"]),
                name="preview_run_under_way_once",
            ),
            models.CheckConstraint(
                name="preview_run_state", condition=Q(state__in=["queued", "running", "done", "failed"])
            ),
        ]
        indexes = [models.Index(fields=["code", "-id"], name="preview_run_latest")]
