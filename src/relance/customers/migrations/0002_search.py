from django.db import migrations, models

from relance.customers.queries import SEARCH_DOCUMENT


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX billing_account_search ON customers_billingaccount USING gin (({SEARCH_DOCUMENT}))",
            "DROP INDEX billing_account_search",
        ),
        migrations.AddIndex("billingaccount", models.Index(fields=["name", "id"], name="billing_account_name")),
        migrations.AddIndex("billingaccount", models.Index(fields=["segment"], name="billing_account_segment")),
        migrations.AddIndex("billingaccount", models.Index(fields=["credit_class"], name="billing_account_class")),
        migrations.RunSQL(
            "INSERT INTO customers_creditor (code, name, country, currency, timezone, sepa_creditor_id, iban, bic, siren, "
            "vat_number, vat_on_debits, phone, email, address1, address2, postcode, city, contact_name) VALUES "
            "('default', 'Default creditor', 'FR', 'EUR', 'Europe/Paris', '', '', '', '', '', FALSE, '', '', '', '', '', '', '')",
            "DELETE FROM customers_creditor WHERE code = 'default'",
        ),
    ]
