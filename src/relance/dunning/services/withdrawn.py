"""Messages that were asked for and did not go, because a hold stood in the way before they left."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from relance.arrangements.facts import HoldFacts
from relance.arrangements.queries import holds
from relance.arrangements.rules import stops_messages
from relance.outbound.queries import waiting_since
from relance.outbound.services import withdraw_waiting


def put_back(account_ids: Sequence[int], action_ids: Sequence[int]) -> None:
    """Of these actions, let those of open episodes wait to be performed again, because what they asked for was withdrawn.

    The next night holds them against the holds, the balance and the address of its day: it performs them or refuses them
    by name, and a mandatory stage holds the later ones until then.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_plannedaction a SET state = 'planned', refusal = '', performed_at = NULL, performed_on = NULL "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS t(account_id, id) "
            "WHERE a.account_id = t.account_id AND a.id = t.id AND a.state = 'performed' AND EXISTS ("
            "  SELECT 1 FROM dunning_position p WHERE p.account_id = a.account_id AND p.id = a.episode_id)",
            [list(account_ids), list(action_ids)],
        )


def withdraw_held(as_of: dt.date) -> None:
    """Withdraw the messages that have waited since an earlier day and meet a hold now that began after they were asked for."""
    waiting = waiting_since(as_of)
    if waiting:
        held = holds(sorted(waiting))
        withdraw_waiting(
            [
                account_id
                for account_id, since in waiting.items()
                if _held_since(held.get(account_id, ()), since, as_of)
            ],
            "hold",
        )


def _held_since(known: Sequence[HoldFacts], asked_on: dt.date, as_of: dt.date) -> bool:
    return any(
        stops_messages(hold.kind) and asked_on < since <= as_of and (free is None or as_of < free)
        for hold in known
        for since, free in hold.periods
    )
