"""Deciding again at noon: money that comes closes an episode at once, money taken back lets a closed one go on."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from relance.customers.queries import ACCOUNT_RELATION
from relance.customers.services import lock_accounts
from relance.dunning import stored_scenarios
from relance.dunning.cases import Supposition, decisions, heads_of, positions
from relance.dunning.facts import Leave, Stay
from relance.dunning.places import taken_up
from relance.dunning.services.episodes import close, leave, move, take_up
from relance.kit.money import threshold_minor
from relance.ledger.queries import surely_overdue

ACCOUNTS_PER_RECONSIDERATION = 1_000


@transaction.atomic
def reconsider(account_ids: Sequence[int], days: Mapping[int, dt.date], *, reopened: bool) -> None:
    """Decide those of these accounts that are pursued again, because their money changed during the day.

    Decided for the day being lived: the day after the last completed night, or the day of the money (`days`, as far as
    known) when nights were skipped. An episode whose debt is gone closes at once, and when money was taken back
    (`reopened`) a closed one goes on at once where it stood. Nothing new is started here; that is for the night, when
    the whole day's money is in. So are families that are dunned together: money locks one account, their night all.
    """
    heads = heads_of(account_ids)
    account_ids = [account_id for account_id in account_ids if account_id not in heads]
    pursued = "" if reopened else "JOIN (SELECT DISTINCT account_id FROM dunning_position) AS p USING (account_id) "
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.account_id, greatest(h.decided_through + 1, t.day) "  # noqa: S608
            "FROM unnest(%s::bigint[], %s::date[]) AS t(account_id, day) "
            f"JOIN {ACCOUNT_RELATION} AS a USING (account_id) {pursued}"
            "JOIN dunning_horizon h ON h.creditor_id = a.creditor_id ORDER BY 1",
            [list(account_ids), [days.get(account_id) for account_id in account_ids]],
        )
        rows = cursor.fetchall()
    if not reopened and len(rows) == 1 and _surely_pursued(*rows[0]):
        return
    for cut in range(0, len(rows), ACCOUNTS_PER_RECONSIDERATION):
        chunk = rows[cut : cut + ACCOUNTS_PER_RECONSIDERATION]
        lock_accounts([row[0] for row in chunk])
        for as_of in sorted({row[1] for row in chunk}):
            ids = [row[0] for row in chunk if row[1] == as_of]
            if reopened:
                _take_up(ids, min(days.values(), default=as_of), as_of, {})
            settled = [
                case
                for case, decision in decisions(ids, as_of)
                if isinstance(decision, Leave) and case.position is not None
            ]
            if settled:
                leave(settled, as_of)


def take_up_families(heads: Mapping[int, int], as_of: dt.date) -> None:
    """Let these families that are dunned together, given as member -> head and all locked, go on where money was taken
    back since their last completed night.
    """
    if not heads:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(decided_through) + 1 FROM dunning_horizon")
        since = cursor.fetchone()[0]
    if since is not None:
        _take_up(sorted(heads), since, as_of, heads)


def _take_up(account_ids: Sequence[int], since: dt.date, as_of: dt.date, heads: Mapping[int, int]) -> None:
    """Let closed episodes go on whose debt came back; a newer one that has not begun gives way to them."""
    places = taken_up(account_ids, since, as_of, heads)
    if not places:
        return
    held = positions(account_ids)
    supposed = Supposition(positions={**held, **places})
    going_on = [
        case
        for case, decision in decisions(account_ids, as_of, supposed)
        if not isinstance(decision, Leave) and (case.account_id, case.item_id, case.currency) in places
    ]
    for case in going_on:
        # One that is to start again does so by its next night; until then it stands under the version it had.
        case.scenario = stored_scenarios.version(places[case.account_id, case.item_id, case.currency].version_id)
    keys = {(case.account_id, case.item_id, case.currency) for case in going_on}
    close([(place.account_id, place.episode_id) for key, place in held.items() if key in keys], as_of, "joined")
    take_up(going_on)
    move([(case, Stay(as_of, ())) for case in going_on], as_of)


def _surely_pursued(account_id: int, as_of: dt.date) -> bool:
    """Whether a look at the oldest items shows that no episode of this account can end: a payment on an account with a
    hundred thousand of them must not read them all.
    """
    held = positions([account_id])
    if any(item_id for _, item_id, _ in held):
        return False
    owed = surely_overdue(account_id, as_of)
    return all(
        owed.get(currency, 0)
        > threshold_minor(stored_scenarios.version(position.version_id).leave_max_amount, currency)
        for (_, _, currency), position in held.items()
    )
