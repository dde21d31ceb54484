"""Each draft counts its revisions in a range of its own, so that one page never speaks for two drafts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dunning", "0012_where_episodes_stood")]

    operations = [
        migrations.AlterField("scenariodraft", "revision", models.BigIntegerField()),
        migrations.RunSQL(
            "UPDATE dunning_scenariodraft SET revision = id * 1000000 + revision", migrations.RunSQL.noop
        ),
    ]
