"""User names that differ in case only are one name: two of them are not two people."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("staff", "0003_audit_never_truncated")]

    operations = [
        migrations.AddConstraint("user", models.UniqueConstraint(Lower("username"), name="staff_user_name_once")),
    ]
