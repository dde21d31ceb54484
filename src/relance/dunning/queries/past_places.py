"""Where episodes stood before the night of a day gone by, read back from what was done since they opened."""

import datetime as dt

from django.db import connection

from relance.dunning.facts import PositionFacts


def positions_before(account_id: int, on: dt.date) -> dict[tuple[int, int, str], PositionFacts]:
    """The episodes of an account that were open when the night of that day began, by (account, item, currency)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.account_id, e.id, e.item_id, e.currency, e.version_id, e.opened_on,
                   coalesce(a.stage_index, e.began_index), coalesce(a.entered_on, e.began_performed_on),
                   coalesce(a.done, TRUE), coalesce(a.performed_on, e.began_performed_on)
            FROM dunning_episode e
            LEFT JOIN LATERAL (
                SELECT stage_index, min(planned_on) AS entered_on,
                       bool_and(state = 'passed' OR (state = 'performed' AND performed_on < %(on)s)) AS done,
                       max(performed_on) FILTER (WHERE performed_on < %(on)s) AS performed_on
                FROM dunning_plannedaction
                WHERE account_id = e.account_id AND episode_id = e.id AND planned_on < %(on)s
                  AND (state <> 'passed' OR refusal = 'merged')
                GROUP BY stage_index ORDER BY stage_index DESC LIMIT 1) a ON TRUE
            WHERE e.account_id = %(account)s AND e.opened_on < %(on)s
              AND (e.closed_on IS NULL OR e.closed_on >= %(on)s)
            ORDER BY e.opened_on, e.id""",
            {"account": account_id, "on": on},
        )
        return {(row[0], row[2], row[3]): PositionFacts(*row) for row in cursor.fetchall()}
