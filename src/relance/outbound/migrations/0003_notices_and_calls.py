"""Notices to staff among the messages, and calls to other systems."""

import django.db.models.functions.datetime
from django.db import migrations, models

import relance.kit.ids


class Migration(migrations.Migration):
    dependencies = [
        ("outbound", "0002_dispatch_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("url", models.CharField(max_length=500)),
                ("is_active", models.BooleanField(default=True)),
                ("created_by", models.CharField(max_length=150)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="WebhookCall",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField(editable=False)),
                ("id", models.BigIntegerField(db_default=relance.kit.ids.NextId(), editable=False)),
                ("idempotency_key", models.BigIntegerField()),
                ("endpoint_name", models.CharField(max_length=40)),
                ("payload", models.JSONField()),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("reason", models.CharField(default="", max_length=300)),
                ("status_code", models.SmallIntegerField(null=True)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("next_attempt_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("give_up_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="dispatch",
            name="dispatch_once",
        ),
        migrations.AddField(
            model_name="dispatch",
            name="for_staff",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(("context__has_key", "family"), ("state__in", ["prepared", "released"])),
                fields=["state"],
                name="dispatch_of_families",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("for_staff", False)), fields=("account_id", "idempotency_key"), name="dispatch_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("for_staff", True)),
                fields=("account_id", "idempotency_key", "recipient"),
                name="notice_once",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookcall",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["next_attempt_at"], name="call_to_do"),
        ),
        migrations.AddIndex(
            model_name="webhookcall",
            index=models.Index(fields=["-id"], name="call_newest"),
        ),
        migrations.AddConstraint(
            model_name="webhookcall",
            constraint=models.UniqueConstraint(
                fields=("account_id", "idempotency_key", "endpoint_name"), name="call_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookcall",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "delivered", "failed"])), name="call_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookcall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                    models.Q(models.Q(("state", "delivered"), _negated=True), ("delivered_at__isnull", True)),
                    _connector="OR",
                ),
                name="call_delivered_has_its_hour",
            ),
        ),
    ]
