"""The messages by which customers were contacted, as a relation that reports join in their own set-based SQL."""

import datetime as dt
from typing import Any

from relance.outbound.queries.printing import printed_channels
from relance.outbound.rules import REREAD

_COLUMNS = """d.account_id, d.id, d.idempotency_key AS action_id, d.item_id, d.currency, d.channel AS method, d.template,
        coalesce(d.claimed_minor, 0) AS claimed_minor, d.state = 'unknown' AS is_unknown, d.context -> 'family' AS family"""
_LEFT = "NOT d.for_staff AND d.state IN ('sent', 'delivered', 'opened', 'unknown')"

CONTACT_RELATION = f"""(
    SELECT * FROM (
        SELECT {_COLUMNS},
               CASE WHEN d.context ? '{REREAD}' THEN greatest(d.business_date, d.sent_at::date)
                    ELSE d.business_date END AS contacted_on
        FROM outbound_dispatch d
        WHERE {_LEFT} AND d.channel <> ALL(%(printed)s)
          AND d.business_date BETWEEN %(contacts_from)s::date - 30 AND %(contacts_to)s) written
    WHERE contacted_on BETWEEN %(contacts_from)s AND %(contacts_to)s
    UNION ALL
    SELECT {_COLUMNS}, b.posted_on
    FROM outbound_printbatch b
    JOIN outbound_printedletter p ON p.batch_id = b.id
    JOIN outbound_dispatch d ON d.account_id = p.account_id AND d.id = p.dispatch_id
    WHERE {_LEFT} AND b.posted_on BETWEEN %(contacts_from)s AND %(contacts_to)s)"""  # noqa: S608
"""Messages to customers whose words left, with the values of `contact_values`: `FROM {CONTACT_RELATION} AS c`.

`contacted_on` is the business date that the message bears; of a letter the day its batch was posted; of one that was
written late or passed on from another channel the day it left (at most thirty days after its business date). What failed,
bounced, came back or was withdrawn is not among them; `is_unknown` may or may not have arrived. `family` are the other
accounts whose items are claimed, as JSON.
"""


def contact_values(from_on: dt.date, to_on: dt.date) -> dict[str, Any]:
    """The values that go with `CONTACT_RELATION`: contacts of these days, both included."""
    return {"contacts_from": from_on, "contacts_to": to_on, "printed": printed_channels()}
