"""A person must replace a password that somebody else chose; and audit rows can only be added."""

from django.db import migrations, models

FORBID = """
CREATE FUNCTION staff_auditrow_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are only ever added' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER staff_auditrow_append_only BEFORE UPDATE OR DELETE ON staff_auditrow
    FOR EACH ROW EXECUTE FUNCTION staff_auditrow_is_append_only();
"""

ALLOW = """
DROP TRIGGER staff_auditrow_append_only ON staff_auditrow;
DROP FUNCTION staff_auditrow_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.AddField(model_name="user", name="must_change_password", field=models.BooleanField(default=False)),
        migrations.RunSQL(FORBID, ALLOW),
    ]
