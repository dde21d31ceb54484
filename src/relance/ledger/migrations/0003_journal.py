"""The journal by day, totals of sealed days, and rows that the database itself lets nobody change or take away."""

import django.contrib.postgres.indexes
from django.db import migrations, models

APPEND_ONLY = (
    "ledger_accountmapping", "ledger_allocation", "ledger_entry", "ledger_policy", "ledger_posting", "ledger_reversal",
    "ledger_seal", "ledger_sealedtotal",
)  # fmt: skip

FORBID = """
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
""" + "".join(
    f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
"""
    for table in APPEND_ONLY
)

ALLOW = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in APPEND_ONLY)
    + "DROP FUNCTION ledger_is_append_only();"
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_open_item_ledger")]

    operations = [
        migrations.CreateModel(
            name="SealedTotal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("creditor_id", models.SmallIntegerField()),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("code", models.CharField(max_length=20)),
                ("debit_minor", models.BigIntegerField()),
                ("credit_minor", models.BigIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="sealedtotal",
            constraint=models.UniqueConstraint(
                fields=("creditor_id", "day", "currency", "code"), name="sealed_total_once"
            ),
        ),
        migrations.AddField(
            model_name="seal", name="currency", field=models.CharField(max_length=3, default=""), preserve_default=False
        ),
        migrations.AddIndex(
            model_name="entry",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["booked_on"], autosummarize=True, name="entry_booked"
            ),
        ),
        migrations.RunSQL(FORBID, ALLOW),
    ]
