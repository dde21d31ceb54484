"""The audit trail cannot be emptied at one stroke either."""

from django.db import migrations

FORBID = """
CREATE FUNCTION staff_auditrow_is_never_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Set for the databases of tests only, which are emptied between tests.
    IF coalesce(current_setting('relance.truncate_allowed', true), '') <> 'on' THEN
        RAISE EXCEPTION 'audit rows are only ever added' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER staff_auditrow_never_truncated BEFORE TRUNCATE ON staff_auditrow
    FOR EACH STATEMENT EXECUTE FUNCTION staff_auditrow_is_never_truncated();
"""

ALLOW = """
DROP TRIGGER staff_auditrow_never_truncated ON staff_auditrow;
DROP FUNCTION staff_auditrow_is_never_truncated();
"""


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_must_change_password_audit_append_only")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]
