"""Actions that wait for a person's approval, in a queue of their own, and the business date on which one was performed."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("dunning", "0003_drafts_and_experiments")]

    operations = [
        migrations.AddField("plannedaction", "performed_on", models.DateField(null=True)),
        migrations.AddField(
            "plannedaction", "answered_by", models.CharField(db_default="", default="", max_length=150)
        ),
        migrations.RunSQL(
            "UPDATE dunning_plannedaction SET performed_on = planned_on WHERE state = 'performed'",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint("plannedaction", "planned_action_state"),
        migrations.AddConstraint(
            "plannedaction",
            models.CheckConstraint(
                condition=Q(state__in=["planned", "performed", "refused", "passed", "waiting"]),
                name="planned_action_state",
            ),
        ),
        migrations.AddIndex(
            "plannedaction",
            models.Index(condition=Q(state="refused"), fields=["account_id"], name="planned_action_refused"),
        ),
        migrations.AddIndex(
            "plannedaction", models.Index(condition=Q(state="waiting"), fields=["id"], name="planned_action_waiting")
        ),
    ]
