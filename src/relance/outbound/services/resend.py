"""Tries one message again, on a person's word."""

import json

from django.db import connection, transaction

from relance.customers import queries as customers
from relance.customers.services import lock_accounts
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.outbound import rules
from relance.outbound.services.release import still_owed


@transaction.atomic
def resend(account_id: int, dispatch_id: int, actor: str) -> None:
    """Let a failed or doubtful message be tried again, to the customer's present address (a notice: to its reader's).

    A failed one was never taken and gets fresh words; one whose fate is unknown keeps its words and its Message-ID, so
    that a mailbox which has it already can tell. Raises Refusal in any other state, and when the debt is gone.
    """
    lock_accounts([account_id])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, channel, recipient, business_date, item_id, currency, prepared_at, context::text, for_staff "
            "FROM outbound_dispatch WHERE account_id = %s AND id = %s FOR UPDATE",
            [account_id, dispatch_id],
        )
        row = cursor.fetchone()
        if row is None or row[0] not in ("failed", "unknown"):
            raise Refusal("Only a message that failed, or whose fate is unknown, can be sent again.")
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM outbound_dispatch s JOIN outbound_dispatch d ON d.account_id = s.account_id "
            "AND d.idempotency_key = s.idempotency_key AND NOT s.for_staff AND s.attempt > d.attempt "
            "WHERE d.account_id = %s AND d.id = %s AND NOT d.for_staff)",
            [account_id, dispatch_id],
        )
        if cursor.fetchone()[0]:
            raise Refusal("It went by another channel instead; nothing is sent again.")
        state, channel, recipient, business_date, item_id, currency, prepared_at, context, for_staff = row
        claims = json.loads(context)
        if not for_staff and not still_owed(account_id, business_date, prepared_at, item_id, currency, claims):
            raise Refusal("The debt has been paid since; nothing is sent again.")
        cursor.execute(
            """
            UPDATE outbound_dispatch
            SET state = %s, recipient = %s, claim = NULL, sent_at = NULL, reason = %s,
                released_at = CASE %s WHEN 'unknown' THEN now() END
            WHERE account_id = %s AND id = %s""",
            [
                "prepared" if state == "failed" else "released",
                recipient if for_staff else _address(account_id, channel) or recipient,
                f"to be sent again, asked by {rules.clean(actor)}"[:300],
                state,
                account_id,
                dispatch_id,
            ],
        )
        if state == "failed":
            cursor.execute(
                "UPDATE outbound_dispatch SET subject = '', text = '', html = '', content_hash = '', "
                "claimed_minor = NULL WHERE account_id = %s AND id = %s",
                [account_id, dispatch_id],
            )


def _address(account_id: int, channel: str) -> str | None:
    account = customers.account(account_id)
    way = shelf("relance.outbound.channels", "CHANNEL").get(channel)
    return way.address_of(account) if account is not None and way is not None else None
