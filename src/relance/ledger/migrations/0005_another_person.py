"""Who approves is another person than who asked, also when the two spellings of the name differ in case only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_tamper_proof")]

    operations = [
        migrations.RemoveConstraint("request", "request_approved_by_another"),
        migrations.AddConstraint(
            "request",
            models.CheckConstraint(
                name="request_approved_by_another",
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(
                        models.Q(("decided_by__iexact", models.F("requested_by")), _negated=True),
                        models.Q(("decided_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
            ),
        ),
    ]
