"""Items of work, and their events, which are only ever added."""

import django.db.models.functions.datetime
from django.db import migrations, models

import relance.kit.ids

FORBID = """
CREATE FUNCTION worklist_workevent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events of work are only ever added' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION worklist_workevent_is_never_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Set for the databases of tests only, which are emptied between tests.
    IF coalesce(current_setting('relance.truncate_allowed', true), '') <> 'on' THEN
        RAISE EXCEPTION 'events of work are only ever added' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER worklist_workevent_append_only BEFORE UPDATE OR DELETE ON worklist_workevent
    FOR EACH ROW EXECUTE FUNCTION worklist_workevent_is_append_only();
CREATE TRIGGER worklist_workevent_never_truncated BEFORE TRUNCATE ON worklist_workevent
    FOR EACH STATEMENT EXECUTE FUNCTION worklist_workevent_is_never_truncated();
"""

ALLOW = """
DROP TRIGGER worklist_workevent_never_truncated ON worklist_workevent;
DROP TRIGGER worklist_workevent_append_only ON worklist_workevent;
DROP FUNCTION worklist_workevent_is_never_truncated();
DROP FUNCTION worklist_workevent_is_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("kit", "0001_id_sequence")]

    operations = [
        migrations.CreateModel(
            name="WorkEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField(editable=False)),
                ("id", models.BigIntegerField(db_default=relance.kit.ids.NextId(), editable=False)),
                ("work_item_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("happened_on", models.DateField()),
                ("happened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor", models.CharField(default="", max_length=150)),
                ("assigned_to", models.CharField(default="", max_length=150)),
                ("outcome", models.CharField(default="", max_length=40)),
                ("note", models.CharField(default="", max_length=1000)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["assigned", "closed", "reopened", "cancelled"])),
                        name="work_event_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField(editable=False)),
                ("id", models.BigIntegerField(db_default=relance.kit.ids.NextId(), editable=False)),
                ("key", models.BigIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("item_id", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("title", models.CharField(default="", max_length=200)),
                ("detail", models.TextField(default="{}")),
                ("due_on", models.DateField()),
                ("opened_on", models.DateField()),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("state", models.CharField(db_default="open", default="open", max_length=10)),
                ("assigned_to", models.CharField(db_default="", default="", max_length=150)),
                ("closed_on", models.DateField(null=True)),
                ("closed_by", models.CharField(db_default="", default="", max_length=150)),
                ("outcome", models.CharField(db_default="", default="", max_length=40)),
                ("note", models.CharField(db_default="", default="", max_length=1000)),
                ("urgency", models.SmallIntegerField()),
                ("stake_minor", models.BigIntegerField()),
                ("stake_on", models.DateField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["-stake_minor", "-urgency", "-id"],
                        name="work_item_by_value",
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["due_on", "id"], name="work_item_by_day"
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["assigned_to", "-stake_minor", "-urgency", "-id"],
                        name="work_item_of_person",
                    ),
                    models.Index(fields=["-id"], name="work_item_newest"),
                    models.Index(fields=["key"], name="work_item_key"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "key"), name="work_item_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "closed", "cancelled"])), name="work_item_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on__isnull", True), ("outcome", ""), ("state", "open")),
                            models.Q(
                                ("closed_on__isnull", False),
                                ("outcome__gt", ""),
                                ("state__in", ["closed", "cancelled"]),
                            ),
                            _connector="OR",
                        ),
                        name="work_item_end",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORBID, ALLOW),
    ]
