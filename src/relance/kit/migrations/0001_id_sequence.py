from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL("CREATE SEQUENCE relance_id_seq AS bigint", "DROP SEQUENCE relance_id_seq"),
    ]
