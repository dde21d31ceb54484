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
            model_name="dispatch", index=models.Index(fields=["business_date", "channel"], name="dispatch_by_day")
        ),
    ]
