"""Rates that finance enters: rows are added, decided once by a second person, and never changed after that."""

from django.db import migrations, models

KEEP = """
CREATE FUNCTION legal_rate_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' OR
       (NEW.series, NEW.valid_from, NEW.percent, NEW.source, NEW.proposed_by, NEW.proposed_at) IS DISTINCT FROM
       (OLD.series, OLD.valid_from, OLD.percent, OLD.source, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'a rate is decided once and otherwise never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER legal_rate_kept BEFORE UPDATE OR DELETE ON legal_rate
    FOR EACH ROW EXECUTE FUNCTION legal_rate_is_kept();
"""

LET_GO = """
DROP TRIGGER legal_rate_kept ON legal_rate;
DROP FUNCTION legal_rate_is_kept();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Rate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.CharField(max_length=40)),
                ("valid_from", models.DateField()),
                ("percent", models.DecimalField(decimal_places=4, max_digits=7)),
                ("source", models.CharField(max_length=300)),
                ("state", models.CharField(default="proposed", max_length=10)),
                ("proposed_by", models.CharField(max_length=150)),
                ("proposed_at", models.DateTimeField(auto_now_add=True)),
                ("decided_by", models.CharField(default="", max_length=150)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(default="", max_length=300)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "approved")),
                        fields=("series", "valid_from"),
                        name="legal_rate_approved_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("series", "valid_from"),
                        name="legal_rate_proposed_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(("proposed_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="legal_rate_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["proposed", "approved", "refused"])), name="legal_rate_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by", ""), ("state", "proposed")),
                            models.Q(
                                models.Q(("state", "proposed"), _negated=True),
                                models.Q(("decided_by", ""), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="legal_rate_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", ""), _negated=True), models.Q(("proposed_by", ""), _negated=True)
                        ),
                        name="legal_rate_sourced",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__day", 1), ("valid_from__month__in", [1, 7])),
                        name="legal_rate_half_year",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEEP, LET_GO),
    ]
