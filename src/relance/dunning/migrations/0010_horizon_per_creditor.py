"""How far dunning has decided is kept per creditor; so far all were decided together."""

from django.db import migrations, models

EACH_CREDITOR = """
INSERT INTO dunning_horizon (creditor_id, decided_through)
    SELECT c.id, h.decided_through FROM customers_creditor c CROSS JOIN dunning_horizon h
    ON CONFLICT (creditor_id) DO NOTHING;
DELETE FROM dunning_horizon h WHERE NOT EXISTS (SELECT 1 FROM customers_creditor c WHERE c.id = h.creditor_id);
"""


class Migration(migrations.Migration):
    dependencies = [("dunning", "0004_decisions"), ("customers", "0002_search")]

    operations = [
        migrations.RemoveConstraint("horizon", "one_horizon"),
        migrations.RenameField("horizon", "id", "creditor_id"),
        migrations.AlterField("horizon", "creditor_id", models.SmallIntegerField(primary_key=True, serialize=False)),
        migrations.RunSQL(EACH_CREDITOR),
    ]
