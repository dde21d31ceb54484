"""Our own standing of customers - strategic, score, credit hold - with the marks its changes leave; quick families."""

import django.db.models.functions.datetime
from django.db import migrations, models

import relance.kit.ids

FORBID = """
CREATE FUNCTION customers_accountmark_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'marks of accounts are only ever added' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION customers_accountmark_is_never_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Set for the databases of tests only, which are emptied between tests.
    IF coalesce(current_setting('relance.truncate_allowed', true), '') <> 'on' THEN
        RAISE EXCEPTION 'marks of accounts are only ever added' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER customers_accountmark_append_only BEFORE UPDATE OR DELETE ON customers_accountmark
    FOR EACH ROW EXECUTE FUNCTION customers_accountmark_is_append_only();
CREATE TRIGGER customers_accountmark_never_truncated BEFORE TRUNCATE ON customers_accountmark
    FOR EACH STATEMENT EXECUTE FUNCTION customers_accountmark_is_never_truncated();
"""

ALLOW = """
DROP TRIGGER customers_accountmark_never_truncated ON customers_accountmark;
DROP TRIGGER customers_accountmark_append_only ON customers_accountmark;
DROP FUNCTION customers_accountmark_is_never_truncated();
DROP FUNCTION customers_accountmark_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_id_sequence"), ("customers", "0002_search")]

    operations = [
        migrations.AddField("billingaccount", "strategic", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("billingaccount", "score", models.SmallIntegerField(null=True)),
        migrations.AddField("billingaccount", "credit_hold_on", models.DateField(null=True)),
        migrations.AddConstraint(
            "billingaccount",
            models.CheckConstraint(condition=models.Q(("score__range", (0, 100))), name="billing_account_score"),
        ),
        migrations.AddIndex(
            "billingaccount",
            models.Index(
                condition=models.Q(("parent_id__isnull", False)),
                fields=["parent_id", "id"],
                name="billing_account_parent",
            ),
        ),
        migrations.CreateModel(
            name="AccountMark",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField(editable=False)),
                ("id", models.BigIntegerField(db_default=relance.kit.ids.NextId(), editable=False)),
                ("kind", models.CharField(max_length=30)),
                ("marked_on", models.DateField()),
                ("marked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("marked_by", models.CharField(default="", max_length=150)),
                ("reason", models.CharField(default="", max_length=300)),
                ("data", models.TextField(default="{}")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "standing_changed",
                                    "standing_class_moved",
                                    "standing_hold_placed",
                                    "standing_hold_lifted",
                                ],
                            )
                        ),
                        name="account_mark_kind",
                    )
                ],
            },
        ),
        migrations.RunSQL(FORBID, ALLOW),
    ]
