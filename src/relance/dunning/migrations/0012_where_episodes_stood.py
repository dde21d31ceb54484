"""Closed episodes remember where they stood, so that they can go on from there when their debt comes back; answers to
actions that ask for approval keep their reason.
"""

from django.db import migrations, models

WHERE_THEY_STOOD = """
UPDATE dunning_episode e SET left_index = coalesce(a.stage_index, e.began_index),
                             left_entered_on = coalesce(a.planned_on, e.began_performed_on)
FROM dunning_episode o
LEFT JOIN LATERAL (
    SELECT stage_index, max(planned_on) AS planned_on FROM dunning_plannedaction p
    WHERE p.account_id = o.account_id AND p.episode_id = o.id AND (p.state <> 'passed' OR p.refusal = 'merged')
    GROUP BY stage_index ORDER BY stage_index DESC LIMIT 1) a ON TRUE
WHERE o.account_id = e.account_id AND o.id = e.id AND e.closed_on IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("dunning", "0011_preview_runs")]

    operations = [
        migrations.AddField("episode", "left_index", models.SmallIntegerField(db_default=-1)),
        migrations.AddField("episode", "left_entered_on", models.DateField(null=True)),
        migrations.AddField("plannedaction", "answer_reason", models.TextField(default="", db_default="")),
        migrations.RunSQL(WHERE_THEY_STOOD, migrations.RunSQL.noop),
    ]
