"""Remembering which accounts must be looked at again, and up to which day all decisions are complete."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from relance.dunning.cases import with_families
from relance.kit.bulk import id_array


def nudge(account_ids: Sequence[int], only_pursued: bool) -> None:
    """Have these accounts decided again at the next occasion; with `only_pursued`, those with an open episode.

    What happens to a child account is news for the parent it is dunned with.
    """
    pursued = "WHERE EXISTS (SELECT 1 FROM dunning_position p WHERE p.account_id = n.id)" if only_pursued else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO dunning_nudge (account_id) SELECT DISTINCT n.id FROM unnest(%s::bigint[]) AS n(id) "  # noqa: S608
            f"{pursued}",
            [id_array(with_families(account_ids))],
        )


def close_night(business_date: dt.date, creditor_id: int) -> None:
    """Record that every decision on the creditor's accounts up to and including this business date is taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dunning_horizon (creditor_id, decided_through) VALUES (%s, %s) ON CONFLICT (creditor_id) "
            "DO UPDATE SET decided_through = greatest(dunning_horizon.decided_through, excluded.decided_through)",
            [creditor_id, business_date],
        )
