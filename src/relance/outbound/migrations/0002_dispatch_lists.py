from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbound", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(
                fields=["state", "-id"],
                condition=models.Q(state__in=["withdrawn", "failed", "unknown"]),
                name="dispatch_not_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=BrinIndex(fields=["business_date"], name="dispatch_by_day", autosummarize=True),
        ),
    ]
