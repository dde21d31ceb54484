"""Taking decisions for sets of accounts and writing them down: episodes, positions and planned actions."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from relance.customers.services import lock_accounts
from relance.dunning import stored_scenarios
from relance.dunning.cases import Case, decisions, positions
from relance.dunning.facts import Advance, Because, Leave, Stay
from relance.dunning.services.perform import PerformFigures, Undertaking, undertake
from relance.kit.bulk import copy_rows, id_array, temporary_rows, transaction_instant
from relance.kit.ids import next_ids
from relance.kit.money import threshold_minor
from relance.ledger.facts import Standing
from relance.ledger.queries import surely_overdue

ACCOUNTS_PER_RECONSIDERATION = 1_000


@dataclass(slots=True)
class ChunkFigures(PerformFigures):
    """What one set of accounts gave: accounts looked at, stages entered by "scenario/stage", actions done."""

    accounts_evaluated: int = 0
    stages_entered: Counter[str] = field(default_factory=Counter)
    held: int = 0


@dataclass(slots=True)
class _Writes:
    """Cases to write, gathered over a whole set of accounts."""

    opened: list[tuple[Case, Advance | Stay]] = field(default_factory=list)
    moved: list[tuple[Case, Advance | Stay]] = field(default_factory=list)
    left: list[Case] = field(default_factory=list)
    retried: list[Case] = field(default_factory=list)


@transaction.atomic
def decide_accounts(account_ids: Sequence[int], as_of: dt.date, dry_run: bool = False) -> ChunkFigures:
    """Decide these accounts for `as_of`, write what follows and do it, in one transaction and a few queries.

    The accounts are locked before their facts are read, so the facts are as fresh at the doing as at the deciding.
    Deciding again for the same day changes nothing: positions have moved on, and a planned action is unique per
    (episode, stage, action). With `dry_run` nothing is written.
    """
    figures = ChunkFigures(accounts_evaluated=len(account_ids))
    if not dry_run:
        lock_accounts(account_ids)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dunning_nudge WHERE account_id = ANY(%s::bigint[])", [id_array(account_ids)])
    writes = _Writes()
    for case, decision in decisions(account_ids, as_of):
        if isinstance(decision, Leave):
            if case.position is not None and not case.resumes:
                writes.left.append(case)
            continue
        if isinstance(decision, Advance):
            stage = case.scenario.stages[decision.stage_index]
            figures.stages_entered[f"{case.scenario.code}/{stage.code}"] += 1
            if dry_run:
                figures.actions.update(action.kind for action in stage.actions)
        elif any(reason.code == "mandatory_not_done" for reason in decision.because):
            writes.retried.append(case)
        (writes.opened if case.position is None else writes.moved).append((case, decision))
    if not dry_run:
        _write(writes, as_of, figures)
    return figures


@transaction.atomic
def reconsider(account_ids: Sequence[int], effective_on: dt.date | None = None) -> None:
    """Decide those of these accounts that are pursued again, because their money changed during the day.

    Decided for the day being lived: the day after the last completed night, or `effective_on`, the day of the money,
    when nights were skipped. An episode whose debt is gone closes at once. Nothing new is started here; that is for the
    night, when the whole day's money is in.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT p.account_id, greatest(h.decided_through + 1, %s::date) "
            "FROM dunning_position p, dunning_horizon h WHERE p.account_id = ANY(%s::bigint[]) ORDER BY 1",
            [effective_on, id_array(account_ids)],
        )
        rows = cursor.fetchall()
    if len(rows) == 1 and _surely_pursued(*rows[0]):
        return
    for cut in range(0, len(rows), ACCOUNTS_PER_RECONSIDERATION):
        chunk = rows[cut : cut + ACCOUNTS_PER_RECONSIDERATION]
        ids = [row[0] for row in chunk]
        lock_accounts(ids)
        settled = [
            case
            for case, decision in decisions(ids, chunk[0][1])
            if isinstance(decision, Leave) and case.position is not None and not case.resumes
        ]
        if settled:
            _leave(settled, chunk[0][1])


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


def _write(writes: _Writes, as_of: dt.date, figures: ChunkFigures) -> None:
    episode_ids = next_ids(len(writes.opened)) if writes.opened else []
    if writes.opened:
        _open(writes.opened, episode_ids, as_of)
    resumed = [case for case, _ in writes.moved if case.resumes]
    if resumed:
        _resume(resumed)
    if writes.moved:
        _move(writes.moved, as_of)
    if writes.left:
        _leave(writes.left, as_of)
    if writes.retried:
        _retry(writes.retried)
    entered = [
        (case, decision, episode_id)
        for (case, decision), episode_id in zip(writes.opened, episode_ids, strict=True)
        if isinstance(decision, Advance)
    ]
    entered += [
        (case, decision, case.position.episode_id)
        for case, decision in writes.moved
        if isinstance(decision, Advance) and case.position is not None
    ]
    if entered:
        _act(entered, as_of, figures)


def _place(case: Case, decision: Advance | Stay, as_of: dt.date) -> tuple[int, dt.date | None, bool]:
    """Stage index, day it was entered, and whether it holds the later ones, after this decision."""
    if isinstance(decision, Advance):
        return decision.stage_index, as_of, case.scenario.stages[decision.stage_index].mandatory
    if case.position is None:
        return -1, None, False
    index = case.position.stage_index
    return index, case.position.stage_entered_on, index >= 0 and case.scenario.stages[index].mandatory


def _owed(case: Case) -> Standing:
    if case.standing is None:
        raise AssertionError("an episode is open only while something is overdue")
    return case.standing


def _open(opened: list[tuple[Case, Advance | Stay]], episode_ids: list[int], as_of: dt.date) -> None:
    numbered = list(zip(opened, episode_ids, strict=True))
    copy_rows(
        "dunning_episode",
        ("account_id", "id", "item_id", "currency", "version_id", "opened_on"),
        (
            (case.account_id, episode_id, case.item_id, case.currency, case.scenario.version_id, as_of)
            for (case, _), episode_id in numbered
        ),
    )
    copy_rows(
        "dunning_position",
        _POSITION_COLUMNS,
        (
            (
                case.account_id, episode_id, case.item_id, case.currency, case.scenario.version_id, as_of,
                *_place(case, decision, as_of), decision.next_review_on, _owed(case).overdue_minor,
                _owed(case).oldest_due_on,
            )
            for (case, decision), episode_id in numbered
        ),
    )  # fmt: skip


def _resume(resumed: list[Case]) -> None:
    """Open these episodes again where they stood; the move that follows brings their positions up to date."""
    places = [case.position for case in resumed if case.position is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_episode e SET closed_on = NULL FROM unnest(%s::bigint[], %s::bigint[]) AS t(account_id, id) "
            "WHERE e.account_id = t.account_id AND e.id = t.id",
            [[place.account_id for place in places], [place.episode_id for place in places]],
        )
    copy_rows(
        "dunning_position",
        _POSITION_COLUMNS,
        (
            (
                place.account_id, place.episode_id, place.item_id, place.currency, place.version_id, place.opened_on,
                place.stage_index, place.stage_entered_on, False, None, 0, place.opened_on,
            )
            for place in places
        ),
    )  # fmt: skip


_POSITION_COLUMNS = (
    "account_id", "id", "item_id", "currency", "version_id", "opened_on", "stage_index", "stage_entered_on",
    "holds_later", "next_review_on", "overdue_minor", "oldest_due_on",
)  # fmt: skip


def _move(moved: list[tuple[Case, Advance | Stay]], as_of: dt.date) -> None:
    temporary_rows(
        "moved_position",
        "account_id bigint, id bigint, stage_index smallint, stage_entered_on date, holds_later boolean, "
        "next_review_on date, overdue_minor bigint, oldest_due_on date",
        (
            (
                case.account_id, case.position.episode_id, *_place(case, decision, as_of), decision.next_review_on,
                _owed(case).overdue_minor, _owed(case).oldest_due_on,
            )
            for case, decision in moved
            if case.position is not None
        ),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE dunning_position p
            SET stage_index = t.stage_index, stage_entered_on = t.stage_entered_on, holds_later = t.holds_later,
                next_review_on = t.next_review_on, overdue_minor = t.overdue_minor, oldest_due_on = t.oldest_due_on
            FROM moved_position t WHERE p.account_id = t.account_id AND p.id = t.id"""
        )


def _leave(left: list[Case], as_of: dt.date) -> None:
    keys = [(case.account_id, case.position.episode_id) for case in left if case.position is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS t(account_id, id)),
            closed AS (
                UPDATE dunning_episode e SET closed_on = greatest(%s::date, e.opened_on, p.stage_entered_on)
                FROM gone g JOIN dunning_position p ON p.account_id = g.account_id AND p.id = g.id
                WHERE e.account_id = g.account_id AND e.id = g.id),
            stopped AS (
                UPDATE dunning_plannedaction a SET state = 'refused', refusal = 'settled' FROM gone g
                WHERE a.account_id = g.account_id AND a.episode_id = g.id AND a.state = 'planned')
            DELETE FROM dunning_position p USING gone g WHERE p.account_id = g.account_id AND p.id = g.id""",
            [[key[0] for key in keys], [key[1] for key in keys], as_of],
        )


def _retry(held_up: list[Case]) -> None:
    """Give the refused actions of mandatory stages another try: an address may have come, a channel been installed."""
    keys = [(c.account_id, c.position.episode_id, c.position.stage_index) for c in held_up if c.position is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_plannedaction a SET state = 'planned', refusal = '' "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[]) AS t(account_id, episode_id, stage_index) "
            "WHERE a.account_id = t.account_id AND a.episode_id = t.episode_id AND a.stage_index = t.stage_index "
            "AND a.state = 'refused'",
            [list(column) for column in zip(*keys, strict=True)],
        )


def _act(entered: list[tuple[Case, Advance, int]], as_of: dt.date, figures: ChunkFigures) -> None:
    """Write the actions of the stages entered, with what became of each, and of the stages passed over."""
    ids = iter(next_ids(sum(_action_count(case, decision) for case, decision, _ in entered)))
    instant = transaction_instant()
    undertakings: list[Undertaking] = []
    reasons: list[tuple[int, str]] = []
    rows: list[tuple[object, ...]] = []
    for case, decision, episode_id in entered:
        because = _reasons_text(decision.because)
        for ordinal in range(len(case.scenario.stages[decision.stage_index].actions)):
            undertakings.append(
                Undertaking(
                    next(ids), case.account_id, case.item_id, case.currency, case.scenario, decision.stage_index,
                    ordinal, case.standing, case.account,
                )
            )  # fmt: skip
            reasons.append((episode_id, because))
        for index in decision.passed:
            rows += _passed_rows(case, index, episode_id, as_of, ids)
    for action, (episode_id, because), refusal in zip(
        undertakings, reasons, undertake(undertakings, as_of, figures), strict=True
    ):
        stage = action.scenario.stages[action.stage_index]
        state, performed_at = ("refused", None) if refusal else ("performed", instant)
        rows.append(
            (
                action.account_id, action.id, episode_id, action.item_id, action.currency, action.scenario.version_id,
                action.stage_index, stage.code, action.ordinal, action.kind, as_of, state, refusal, because, performed_at,
            )
        )  # fmt: skip
    copy_rows("dunning_plannedaction", _ACTION_COLUMNS, rows)


_ACTION_COLUMNS = (
    "account_id", "id", "episode_id", "item_id", "currency", "version_id", "stage_index", "stage", "ordinal", "kind",
    "planned_on", "state", "refusal", "because", "performed_at",
)  # fmt: skip


def _action_count(case: Case, decision: Advance) -> int:
    return sum(len(case.scenario.stages[index].actions) for index in (decision.stage_index, *decision.passed))


def _passed_rows(
    case: Case, index: int, episode_id: int, as_of: dt.date, ids: Iterator[int]
) -> list[tuple[object, ...]]:
    stage = case.scenario.stages[index]
    because = _reasons_text((Because("below_minimum", {"stage": stage.code, "minimum": stage.min_amount}),))
    return [
        (
            case.account_id, next(ids), episode_id, case.item_id, case.currency, case.scenario.version_id, index,
            stage.code, ordinal, action.kind, as_of, "passed", "below_minimum", because, None,
        )
        for ordinal, action in enumerate(stage.actions)
    ]  # fmt: skip


_as_text = json.JSONEncoder(separators=(",", ":")).encode


def _reasons_text(because: tuple[Because, ...]) -> str:
    return _as_text([(reason.code, reason.data) for reason in because])
