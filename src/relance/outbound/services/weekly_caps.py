"""Weekly caps: how many messages a creditor lets a customer have in seven days, and when the next one may be written."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from relance.customers import queries as customers
from relance.kit.bulk import id_array
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf
from relance.outbound.models import ContactCap
from relance.outbound.queries.caps import contact_caps
from relance.outbound.rules import UNCAPPED

WEEK = dt.timedelta(days=7)
MOST = 99
_COUNTED = ["released", "sending", "sealed", "sent", "delivered", "opened", "unknown"]
"""States of a message that has its words and may reach the customer, or has; what bounced or came back did not."""


class Tally:
    """What customers were written within the week before a batch, and what the batch itself adds.

    The accounts of the batch are locked, so two batches at once cannot both use the last place of a week.
    """

    def __init__(self, account_ids: Sequence[int]) -> None:
        self._caps: Mapping[tuple[int, str], int] = contact_caps()
        self._written: dict[int, list[tuple[dt.datetime, str, int]]] = defaultdict(list)
        if self._caps:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT account_id, released_at, channel, id FROM outbound_dispatch "
                    "WHERE account_id = ANY(%s::bigint[]) AND NOT for_staff AND released_at > now() - interval '7 days' "
                    "AND state = ANY(%s) ORDER BY released_at",
                    [id_array(account_ids), _COUNTED],
                )
                for account_id, at, channel, message_id in cursor.fetchall():
                    self._written[account_id].append((at, channel, message_id))

    def frees_at(
        self, creditor_id: int, account_id: int, message_id: int, channel: str, template: str
    ) -> dt.datetime | None:
        """When this message may be written because enough others are a week old; None when it may be now.

        What the law wants sent is never capped (see `UNCAPPED`).
        """
        if not self._caps or template in UNCAPPED:
            return None
        free = None
        for way in ("", channel):
            most = self._caps.get((creditor_id, way))
            if most is None:
                continue
            others = [at for at, code, other in self._written[account_id] if way in ("", code) and other != message_id]
            if len(others) >= most:
                at = others[len(others) - most] + WEEK
                free = at if free is None else max(free, at)
        return free

    def note(self, account_id: int, message_id: int, channel: str, at: dt.datetime) -> None:
        """Count a message that is written now."""
        if self._caps:
            self._written[account_id].append((at, channel, message_id))


@transaction.atomic
def set_cap(creditor_id: int, channel: str, most: int | None, actor: str) -> bool:
    """Let a creditor's customers have at most so many messages in seven days by a channel (empty: by all together); None
    lifts the cap. Whether that was new. Raises Refusal for a number that is not 1 to 99, a creditor or a channel we do not
    have.
    """
    if not any(creditor.id == creditor_id for creditor in customers.creditors()):
        raise Refusal(f"There is no creditor {creditor_id}.")
    if channel and channel not in shelf("relance.outbound.channels", "CHANNEL"):
        raise Refusal(f"There is no channel {channel!r}.")
    if most is None:
        return bool(ContactCap.objects.filter(creditor_id=creditor_id, channel=channel).delete()[0])
    if not 1 <= most <= MOST:
        raise Refusal(f"A cap is a number from 1 to {MOST}; leave it empty for none.")
    if contact_caps().get((creditor_id, channel)) == most:
        return False
    ContactCap.objects.update_or_create(
        creditor_id=creditor_id, channel=channel, defaults={"most_a_week": most, "set_by": actor[:150]}
    )
    return True
