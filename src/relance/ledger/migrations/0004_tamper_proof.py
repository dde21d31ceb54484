"""What was written stays written: no truncation of append-only tables, and no change to a document beside its state."""

from django.db import migrations

ADDED_ONLY_BEFORE = (
    "ledger_accountmapping", "ledger_allocation", "ledger_entry", "ledger_policy", "ledger_posting", "ledger_reversal",
    "ledger_seal", "ledger_sealedtotal",
)  # fmt: skip
"""Tables whose rows migration 0003 protects already; here they are protected from truncation."""

ADDED_ONLY = (
    "ledger_deposit", "ledger_designation", "ledger_doubtfulmark", "ledger_exclusion", "ledger_interestdecision",
    "ledger_interruption", "ledger_postponement",
)  # fmt: skip

WRITTEN_ONCE = {
    "ledger_openitem": (
        "account_id", "id", "kind", "number", "nature", "currency", "born_on", "due_on", "amount_minor", "tax_minor",
        "origin_id", "source", "posting_id", "posted_at",
    ),
    "ledger_credit": (
        "account_id", "id", "kind", "number", "currency", "received_on", "amount_minor", "tax_minor", "method",
        "named_item", "deposit_id", "source", "reason", "posted_by", "posting_id", "posted_at",
    ),
    "ledger_request": (
        "account_id", "id", "kind", "currency", "amount_minor", "data", "reason", "requested_by", "requested_at",
        "requested_on",
    ),
}  # fmt: skip
"""Columns of documents that no statement may name in an UPDATE; naming the others fires no trigger and costs nothing."""

GUARDED = (*ADDED_ONLY_BEFORE, *ADDED_ONLY, *WRITTEN_ONCE)

FUNCTIONS = """
CREATE FUNCTION ledger_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a row of % says is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION ledger_is_never_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Set for the databases of tests only, which are emptied between tests.
    IF coalesce(current_setting('relance.truncate_allowed', true), '') <> 'on' THEN
        RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
"""

FORBID = (
    FUNCTIONS
    + "".join(
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
"""
        for table in ADDED_ONLY
    )
    + "".join(
        f"""CREATE TRIGGER {table}_written_once BEFORE UPDATE OF {", ".join(columns)} ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_is_written_once();
CREATE TRIGGER {table}_append_only BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
"""
        for table, columns in WRITTEN_ONCE.items()
    )
    + """
CREATE TRIGGER ledger_credit_payer_known BEFORE UPDATE OF payer_iban ON ledger_credit FOR EACH ROW
    WHEN (OLD.payer_iban <> '' AND NEW.payer_iban <> OLD.payer_iban) EXECUTE FUNCTION ledger_is_written_once();
CREATE TRIGGER ledger_request_decided BEFORE UPDATE ON ledger_request FOR EACH ROW
    WHEN (OLD.state <> 'requested') EXECUTE FUNCTION ledger_is_written_once();
"""
    + "".join(
        f"""CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_never_truncated();
"""
        for table in GUARDED
    )
)

ALLOW = (
    "".join(f"DROP TRIGGER {table}_never_truncated ON {table};\n" for table in GUARDED)
    + "DROP TRIGGER ledger_credit_payer_known ON ledger_credit;\n"
    + "DROP TRIGGER ledger_request_decided ON ledger_request;\n"
    + "".join(
        f"DROP TRIGGER {table}_append_only ON {table};\nDROP TRIGGER {table}_written_once ON {table};\n"
        for table in WRITTEN_ONCE
    )
    + "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in ADDED_ONLY)
    + "DROP FUNCTION ledger_is_written_once();\nDROP FUNCTION ledger_is_never_truncated();"
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_journal")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]
