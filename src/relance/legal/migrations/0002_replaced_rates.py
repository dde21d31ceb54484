"""An approved rate can be replaced by another that two people stand behind; the old one stays as `replaced`."""

from django.db import migrations, models

BEFORE = """
CREATE OR REPLACE FUNCTION legal_rate_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' OR
       (NEW.series, NEW.valid_from, NEW.percent, NEW.source, NEW.proposed_by, NEW.proposed_at) IS DISTINCT FROM
       (OLD.series, OLD.valid_from, OLD.percent, OLD.source, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'a rate is decided once and otherwise never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
"""

KEEP = """
CREATE OR REPLACE FUNCTION legal_rate_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND
       (NEW.series, NEW.valid_from, NEW.percent, NEW.source, NEW.proposed_by, NEW.proposed_at, NEW.replaces_because)
           IS NOT DISTINCT FROM
       (OLD.series, OLD.valid_from, OLD.percent, OLD.source, OLD.proposed_by, OLD.proposed_at, OLD.replaces_because)
       AND ((OLD.state = 'proposed' AND NEW.state <> 'replaced')
            OR (OLD.state = 'approved' AND NEW.state = 'replaced'
                AND (NEW.decided_by, NEW.decided_at, NEW.reason)
                    IS NOT DISTINCT FROM (OLD.decided_by, OLD.decided_at, OLD.reason))) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a rate is decided once and otherwise never changed' USING ERRCODE = 'restrict_violation';
END
$$;
"""

STATES = ["proposed", "approved", "refused", "replaced"]


class Migration(migrations.Migration):
    dependencies = [("legal", "0001_initial")]

    operations = [
        migrations.AddField("rate", "replaces_because", models.CharField(default="", max_length=300)),
        migrations.RemoveConstraint("rate", "legal_rate_two_people"),
        migrations.RemoveConstraint("rate", "legal_rate_state"),
        migrations.AddConstraint(
            "rate",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["approved", "replaced"]), _negated=True),
                    models.Q(("proposed_by", models.F("decided_by")), _negated=True),
                    _connector="OR",
                ),
                name="legal_rate_two_people",
            ),
        ),
        migrations.AddConstraint(
            "rate", models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="legal_rate_state")
        ),
        migrations.RunSQL(KEEP, BEFORE),
    ]
