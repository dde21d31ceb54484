"""A night per creditor, failures set apart, chunks that can be halved, and when nights run by themselves.

Nights of the time before were of all creditors together: each creditor gets its own row of them, the first one those
with the figures and the steps.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import Q

FIRST_CREDITOR = "UPDATE cycle_cycle SET creditor_id = coalesce((SELECT min(id) FROM customers_creditor), 1)"
OTHER_CREDITORS = """
INSERT INTO cycle_cycle (business_date, creditor_id, state, started_at, closed_at, seconds, figures, broken_laws)
    SELECT y.business_date, c.id, y.state, y.started_at, y.closed_at, 0, '{}', '[]'
    FROM cycle_cycle y JOIN customers_creditor c ON c.id <> y.creditor_id
    WHERE y.state = 'closed'
      AND EXISTS (SELECT 1 FROM customers_billingaccount b WHERE b.creditor_id = c.id);
"""


class Migration(migrations.Migration):
    dependencies = [("cycle", "0001_initial"), ("customers", "0002_search")]

    operations = [
        migrations.AddField("cycle", "creditor_id", models.SmallIntegerField(null=True)),
        migrations.AddField("cycle", "broken_laws", models.JSONField(db_default=[], default=list)),
        migrations.AlterField("cycle", "business_date", models.DateField()),
        migrations.RemoveConstraint("cycle", "cycle_state"),
        migrations.RunSQL([FIRST_CREDITOR, OTHER_CREDITORS]),
        migrations.AlterField("cycle", "creditor_id", models.SmallIntegerField()),
        migrations.AddConstraint(
            "cycle", models.UniqueConstraint(fields=("business_date", "creditor_id"), name="cycle_once")
        ),
        migrations.AddConstraint(
            "cycle",
            models.CheckConstraint(
                condition=Q(state__in=["running", "closed", "failed", "held_open"]), name="cycle_state"
            ),
        ),
        migrations.AddField("step", "started_at", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("chunk", "chunk_once"),
        migrations.RemoveField("chunk", "number"),
        migrations.AddField("chunk", "depth", models.SmallIntegerField(default=0)),
        migrations.AddField("chunk", "attempts", models.SmallIntegerField(default=0)),
        migrations.AddField("chunk", "done_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "chunk", models.CheckConstraint(condition=Q(state__in=["open", "done", "failed"]), name="chunk_state")
        ),
        migrations.CreateModel(
            name="Failure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(max_length=20)),
                ("account_id", models.BigIntegerField()),
                ("error", models.TextField()),
                ("attempts", models.IntegerField(default=1)),
                ("state", models.CharField(default="open", max_length=10)),
                ("first_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "cycle",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cycle.cycle"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=Q(state="open"), fields=["step", "account_id"], name="cycle_failure_open")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("cycle", "step", "account_id"), name="cycle_failure_once"),
                    models.CheckConstraint(condition=Q(state__in=["open", "solved"]), name="cycle_failure_state"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("creditor_id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("at", models.TimeField()),
                ("active", models.BooleanField(default=True)),
            ],
        ),
    ]
