"""Holds and their events, which are only ever added."""

from typing import Any

import django.db.models.functions.datetime
from django.db import migrations, models

import relance.kit.ids

KINDS = [
    "dispute", "promise", "plan", "payment_in_flight", "bank_feed_stale", "aid_request", "over_indebtedness",
    "insolvency", "deceased", "vulnerable", "legal", "manual", "exempt",
]  # fmt: skip

TABLES = ("arrangements_hold", "arrangements_holdevent")

FORBID = """
CREATE FUNCTION arrangements_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION arrangements_is_never_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Set for the databases of tests only, which are emptied between tests.
    IF coalesce(current_setting('relance.truncate_allowed', true), '') <> 'on' THEN
        RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
""" + "".join(
    f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION arrangements_is_append_only();
CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION arrangements_is_never_truncated();
"""
    for table in TABLES
)

ALLOW = (
    "".join(
        f"DROP TRIGGER {table}_never_truncated ON {table};\nDROP TRIGGER {table}_append_only ON {table};\n"
        for table in TABLES
    )
    + "DROP FUNCTION arrangements_is_never_truncated();\nDROP FUNCTION arrangements_is_append_only();"
)


def _keyed() -> "list[tuple[str, models.Field[Any, Any]]]":
    return [
        (
            "pk",
            models.CompositePrimaryKey(
                "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
            ),
        ),
        ("account_id", models.BigIntegerField(editable=False)),
        ("id", models.BigIntegerField(db_default=relance.kit.ids.NextId(), editable=False)),
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = [("kit", "0001_id_sequence")]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                *_keyed(),
                ("kind", models.CharField(max_length=20)),
                ("item_id", models.BigIntegerField(default=0)),
                ("part_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(default="", max_length=3)),
                ("born_before", models.DateField(null=True)),
                ("from_on", models.DateField()),
                ("reason", models.CharField(max_length=300)),
                ("reference", models.CharField(default="", max_length=120)),
                ("placed_by", models.CharField(max_length=150)),
                ("placed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("kind__in", KINDS)), name="hold_kind"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("part_minor__isnull", True),
                            models.Q(("part_minor__gt", 0), ("item_id__gt", 0)),
                            _connector="OR",
                        ),
                        name="hold_part_of_an_item",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("born_before__isnull", True), ("item_id", 0), _connector="OR"),
                        name="hold_one_scope",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["id"], name="hold_by_id"),
                    models.Index(fields=["from_on", "id"], name="hold_by_day"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HoldEvent",
            fields=[
                *_keyed(),
                ("hold_id", models.BigIntegerField()),
                ("act_id", models.BigIntegerField()),
                ("act", models.CharField(max_length=10)),
                ("pauses", models.BooleanField()),
                ("effective_on", models.DateField()),
                ("until_on", models.DateField(null=True)),
                ("reason", models.CharField(max_length=300)),
                ("by", models.CharField(max_length=150)),
                ("key", models.CharField(max_length=120, null=True)),
                ("input_hash", models.CharField(default="", max_length=64)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "key"), name="hold_act_once"),
                    models.CheckConstraint(
                        condition=models.Q(("act__in", ["placed", "again", "ended"])), name="hold_act"
                    ),
                ],
                "indexes": [
                    models.Index(fields=["account_id", "hold_id"], name="hold_events_of_hold"),
                    models.Index(fields=["effective_on"], name="hold_event_by_day"),
                ],
            },
        ),
        migrations.RunSQL(FORBID, ALLOW),
    ]
