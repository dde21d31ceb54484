"""Tries one message again, on a person's word."""

import datetime as dt
import json

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers import queries as customers
from relance.customers.services import lock_accounts
from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.outbound import rules
from relance.outbound.facts import MessagesWaiting
from relance.outbound.queries import dead_addresses
from relance.outbound.services.release import still_owed

_AGAIN = ("failed", "unknown", "bounced")


@transaction.atomic
def resend(account_id: int, dispatch_id: int, actor: str, as_of: dt.date) -> None:
    """Let a failed, bounced or doubtful message be tried again, to the customer's present address (a notice: to its
    reader's).

    One that failed or bounced gets fresh words, from what is owed on `as_of`; one whose fate is unknown keeps its words and
    its Message-ID, so that a mailbox which has it already can tell. Raises Refusal in any other state, when the debt is
    gone, when it went by another channel since, and when a bounce's address is the only one we have.
    """
    lock_accounts([account_id])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, channel, recipient, business_date, item_id, currency, prepared_at, context::text, for_staff "
            "FROM outbound_dispatch WHERE account_id = %s AND id = %s FOR UPDATE",
            [account_id, dispatch_id],
        )
        row = cursor.fetchone()
        if row is None or row[0] not in _AGAIN:
            raise Refusal(_("Only a message that failed or bounced, or whose fate is unknown, can be sent again."))
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM outbound_dispatch s JOIN outbound_dispatch d ON d.account_id = s.account_id "
            "AND d.idempotency_key = s.idempotency_key AND NOT s.for_staff AND s.attempt > d.attempt "
            "WHERE d.account_id = %s AND d.id = %s AND NOT d.for_staff)",
            [account_id, dispatch_id],
        )
        if cursor.fetchone()[0]:
            raise Refusal(_("It went by another channel instead; nothing is sent again."))
        state, channel, recipient, business_date, item_id, currency, prepared_at, context, for_staff = row
        keeps_words = state == "unknown"
        on = business_date if keeps_words else max(as_of, business_date)
        if not for_staff and not still_owed(account_id, on, prepared_at, item_id, currency, json.loads(context)):
            raise Refusal(_("The debt has been paid since; nothing is sent again."))
        to = recipient if for_staff else _address(account_id, channel) or recipient
        if not for_staff and (channel, to) in dead_addresses([account_id]).get(account_id, frozenset()):
            raise Refusal(_("Nobody is reached at this address; find a working one first."))
        cursor.execute(
            """
            UPDATE outbound_dispatch
            SET state = %s, recipient = %s, claim = NULL, sent_at = NULL, reason = %s, provider_reference = '',
                released_at = CASE WHEN %s THEN now() END
            WHERE account_id = %s AND id = %s""",
            [
                "released" if keeps_words else "prepared",
                to,
                f"to be sent again, asked by {rules.clean(actor)}"[:300],
                keeps_words,
                account_id,
                dispatch_id,
            ],
        )
        if not keeps_words:
            cursor.execute(
                "UPDATE outbound_dispatch SET subject = '', text = '', html = '', content_hash = '', open_at = NULL, "
                "close_at = NULL, claimed_minor = NULL, text_version_id = 0, "
                "context = context || jsonb_build_object(%s::text, true) WHERE account_id = %s AND id = %s",
                [rules.REREAD, account_id, dispatch_id],
            )
    publish(MessagesWaiting(on))


def _address(account_id: int, channel: str) -> str | None:
    account = customers.account(account_id)
    way = shelf("relance.outbound.channels", "CHANNEL").get(channel)
    return way.address_of(account) if account is not None and way is not None else None
