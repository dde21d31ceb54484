"""Drafts that a second person publishes, experiments, and episodes that take the place of another."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import relance.kit.ids

# A version that a person published was written by others; an import at the shell has no publisher. Who wrote is kept in
# lower case, so that another spelling of a name is no second person.
ANOTHER_PERSON = """
ALTER TABLE dunning_scenarioversion ADD CONSTRAINT scenario_published_by_another
    CHECK (publisher = '' OR (cardinality(writers) > 0 AND NOT lower(publisher) = ANY (writers::text[])));
CREATE FUNCTION dunning_version_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Saying the same again changes nothing: that is how a copy of the tables, with its shorter instants, is loaded.
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'published_at' = to_jsonb(NEW) - 'published_at'
       AND date_trunc('milliseconds', OLD.published_at) = date_trunc('milliseconds', NEW.published_at) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a version of a scenario is written once' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER dunning_scenarioversion_written_once BEFORE UPDATE OR DELETE ON dunning_scenarioversion
    FOR EACH ROW EXECUTE FUNCTION dunning_version_is_written_once();
"""

# Range types have their own operator class, so no extension is needed: one champion is the range from itself to itself.
ONE_AT_A_TIME = """
ALTER TABLE dunning_experiment ADD CONSTRAINT experiment_one_at_a_time EXCLUDE USING gist (
    int8range(champion_id, champion_id, '[]') WITH &&,
    daterange(from_on, least(until_on + 1, stopped_on), '[)') WITH &&)
"""


class Migration(migrations.Migration):
    dependencies = [("dunning", "0002_default_scenario")]

    operations = [
        migrations.AddField("scenarioversion", "publisher", models.CharField(db_default="", max_length=150)),
        migrations.AddField(
            "scenarioversion",
            "writers",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=150), default=list, size=None
            ),
        ),
        migrations.AddField("scenarioversion", "effective_on", models.DateField(null=True)),
        migrations.AddField("scenarioversion", "note", models.CharField(db_default="", max_length=300)),
        migrations.RunSQL(
            ANOTHER_PERSON,
            "ALTER TABLE dunning_scenarioversion DROP CONSTRAINT scenario_published_by_another;"
            "DROP FUNCTION dunning_version_is_written_once CASCADE",
        ),
        migrations.CreateModel(
            name="ScenarioDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True)),
                ("content", models.JSONField()),
                ("author", models.CharField(max_length=150)),
                (
                    "writers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=150), size=None),
                ),
                ("note", models.CharField(default="", max_length=300)),
                ("state", models.CharField(default="editing", max_length=10)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("updated_by", models.CharField(max_length=150)),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "base",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dunning.scenarioversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["editing", "submitted"])), name="draft_state"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Experiment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True)),
                ("share_percent", models.PositiveSmallIntegerField()),
                ("salt", models.CharField(max_length=40)),
                ("from_on", models.DateField()),
                ("until_on", models.DateField()),
                ("created_by", models.CharField(max_length=150)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("stopped_on", models.DateField(null=True)),
                ("stopped_by", models.CharField(default="", max_length=150)),
                (
                    "challenger",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dunning.scenario"
                    ),
                ),
                (
                    "champion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dunning.scenario"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("share_percent__gte", 1), ("share_percent__lte", 99)),
                        name="experiment_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("champion", models.F("challenger")), _negated=True),
                        name="experiment_of_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_on__gte", models.F("from_on"))), name="experiment_period"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stopped_on__isnull", True), ("stopped_on__gte", models.F("from_on")), _connector="OR"
                        ),
                        name="experiment_stopped_after_its_start",
                    ),
                ],
            },
        ),
        migrations.RunSQL(ONE_AT_A_TIME, "ALTER TABLE dunning_experiment DROP CONSTRAINT experiment_one_at_a_time"),
        migrations.CreateModel(
            name="Switch",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField(editable=False)),
                ("id", models.BigIntegerField(db_default=relance.kit.ids.NextId(), editable=False)),
                ("episode_id", models.BigIntegerField()),
                ("next_episode_id", models.BigIntegerField()),
                ("keep_place", models.BooleanField()),
                ("effective_on", models.DateField()),
                ("switched_by", models.CharField(max_length=150)),
                ("switched_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "episode_id"), name="episode_switched_once")
                ],
            },
        ),
        migrations.AddField("episode", "opened_minor", models.BigIntegerField(db_default=0)),
        migrations.AddField("episode", "ending", models.CharField(db_default="", max_length=10)),
        migrations.AddField("episode", "began_index", models.SmallIntegerField(db_default=-1)),
        migrations.AddField("episode", "began_performed_on", models.DateField(null=True)),
    ]
