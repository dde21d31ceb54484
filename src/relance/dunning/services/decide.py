"""Taking decisions for sets of accounts and writing them down: episodes, positions and planned actions."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from relance.customers.queries import ACCOUNT_RELATION
from relance.customers.services import lock_accounts
from relance.dunning import stored_scenarios
from relance.dunning.cases import Case, decisions, positions, with_families
from relance.dunning.facts import Advance, Hold, Leave, Passed, Stay
from relance.dunning.reasons import extended, passed_because, reasons_text
from relance.dunning.services.perform import PerformFigures, Undertaking, undertake
from relance.kit.bulk import copy_lines, copy_rows, id_array, line_text, temporary_rows, transaction_instant
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
    moved: list[tuple[Case, Advance | Stay | Hold]] = field(default_factory=list)
    left: list[Case] = field(default_factory=list)
    restarted: list[Case] = field(default_factory=list)
    retried: list[Case] = field(default_factory=list)


@transaction.atomic
def decide_accounts(account_ids: Sequence[int], as_of: dt.date, dry_run: bool = False) -> ChunkFigures:
    """Decide these accounts for `as_of`, write what follows and do it, in one transaction and a few queries.

    The accounts are locked before their facts are read, so the facts are as fresh at the doing as at the deciding.
    Deciding again for the same day changes nothing: positions have moved on, and a planned action is unique per
    (episode, stage, action). With `dry_run` nothing is written.
    """
    figures = ChunkFigures(accounts_evaluated=len(account_ids))
    account_ids = with_families(account_ids)
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
        if isinstance(decision, Hold):
            figures.held += 1
            if case.position is not None and not case.resumes:
                writes.moved.append((case, decision))
            continue
        if isinstance(decision, Advance):
            stage = case.scenario.stages[decision.stage_index]
            figures.stages_entered[f"{case.scenario.code}/{stage.code}"] += 1
            if dry_run:
                figures.actions.update(action.kind for action in stage.actions)
        elif any(reason.code == "mandatory_not_done" for reason in decision.because):
            writes.retried.append(case)
        if decision.restarts and not case.resumes:
            writes.restarted.append(case)
        fresh = case.position is None or decision.restarts
        (writes.opened if fresh else writes.moved).append((case, decision))
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
            "SELECT DISTINCT p.account_id, greatest(h.decided_through + 1, %s::date) "  # noqa: S608
            f"FROM dunning_position p JOIN {ACCOUNT_RELATION} AS a ON a.account_id = p.account_id "
            "JOIN dunning_horizon h ON h.creditor_id = a.creditor_id "
            "WHERE p.account_id = ANY(%s::bigint[]) ORDER BY 1",
            [effective_on, id_array(account_ids)],
        )
        rows = cursor.fetchall()
    if len(rows) == 1 and _surely_pursued(*rows[0]):
        return
    for cut in range(0, len(rows), ACCOUNTS_PER_RECONSIDERATION):
        chunk = rows[cut : cut + ACCOUNTS_PER_RECONSIDERATION]
        lock_accounts([row[0] for row in chunk])
        for as_of in sorted({row[1] for row in chunk}):
            settled = [
                case
                for case, decision in decisions([row[0] for row in chunk if row[1] == as_of], as_of)
                if isinstance(decision, Leave) and case.position is not None and not case.resumes
            ]
            if settled:
                _leave(settled, as_of)


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
    for gone, ending in ((writes.left, ""), (writes.restarted, "restarted")):
        if gone:
            _leave(gone, as_of, ending)
    episode_ids = next_ids(len(writes.opened)) if writes.opened else []
    if writes.opened:
        _open(writes.opened, episode_ids, as_of)
    resumed = [case for case, _ in writes.moved if case.resumes]
    if resumed:
        _resume(resumed)
    if writes.moved:
        _move(writes.moved, as_of)
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
    blocked = [
        (case, entry, episode_id)
        for (case, decision), episode_id in zip(writes.opened, episode_ids, strict=True)
        if isinstance(decision, Stay)
        for entry in decision.blocked
    ]
    blocked += [
        (case, entry, case.position.episode_id)
        for case, decision in writes.moved
        if isinstance(decision, Stay) and case.position is not None
        for entry in decision.blocked
    ]
    if blocked:
        _note_blocked(blocked, as_of)


def _place(case: Case, decision: Advance | Stay | Hold, as_of: dt.date) -> tuple[int, dt.date | None, bool]:
    """Stage index, day it was entered, and whether it holds the later ones, after this decision."""
    if isinstance(decision, Advance):
        return decision.stage_index, as_of, case.scenario.stages[decision.stage_index].mandatory
    if case.position is None or (isinstance(decision, Stay) and decision.restarts):
        return -1, None, False
    index = case.position.stage_index
    return index, case.position.stage_entered_on, index >= 0 and case.scenario.stages[index].mandatory


def _owed(case: Case) -> Standing:
    if case.situation.owed is None:
        raise AssertionError("an episode is open only while something is overdue")
    return case.situation.owed


def _open(opened: list[tuple[Case, Advance | Stay]], episode_ids: list[int], as_of: dt.date) -> None:
    numbered = list(zip(opened, episode_ids, strict=True))
    copy_rows(
        "dunning_episode",
        ("account_id", "id", "item_id", "currency", "version_id", "opened_on", "opened_minor"),
        (
            (c.account_id, id_, c.item_id, c.currency, c.scenario.version_id, as_of, _owed(c).overdue_minor)
            for (c, _), id_ in numbered
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


def _move(moved: list[tuple[Case, Advance | Stay | Hold]], as_of: dt.date) -> None:
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


def _leave(left: list[Case], as_of: dt.date, ending: str = "") -> None:
    keys = [(case.account_id, case.position.episode_id) for case in left if case.position is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS t(account_id, id)),
            closed AS (
                UPDATE dunning_episode e
                SET closed_on = greatest(%s::date, e.opened_on, p.stage_entered_on), ending = %s
                FROM gone g JOIN dunning_position p ON p.account_id = g.account_id AND p.id = g.id
                WHERE e.account_id = g.account_id AND e.id = g.id),
            stopped AS (
                UPDATE dunning_plannedaction a SET state = 'refused', refusal = 'settled' FROM gone g
                WHERE a.account_id = g.account_id AND a.episode_id = g.id AND a.state IN ('planned', 'waiting'))
            DELETE FROM dunning_position p USING gone g WHERE p.account_id = g.account_id AND p.id = g.id""",
            [[key[0] for key in keys], [key[1] for key in keys], as_of, ending],
        )


def _retry(held_up: list[Case]) -> None:
    """Give the refused actions of mandatory stages another try: an address may have come, a channel been installed. What a
    person declined stays declined.
    """
    keys = [(c.account_id, c.position.episode_id, c.position.stage_index) for c in held_up if c.position is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_plannedaction a SET state = 'planned', refusal = '' "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[]) AS t(account_id, episode_id, stage_index) "
            "WHERE a.account_id = t.account_id AND a.episode_id = t.episode_id AND a.stage_index = t.stage_index "
            "AND a.state = 'refused' AND a.refusal <> 'declined'",
            [list(column) for column in zip(*keys, strict=True)],
        )


def _act(entered: list[tuple[Case, Advance, int]], as_of: dt.date, figures: ChunkFigures) -> None:
    """Write the actions of the stages entered, with what became of each, and of the stages passed over."""
    ids = iter(next_ids(sum(_action_count(case, decision) for case, decision, _ in entered)))
    _forget_blocked(entered)
    instant = transaction_instant()
    undertakings: list[Undertaking] = []
    reasons: list[tuple[int, str]] = []
    rows: list[tuple[object, ...]] = []
    for case, decision, episode_id in entered:
        because = reasons_text(decision.because)
        for ordinal, refusal in enumerate(case.refusals):
            undertakings.append(Undertaking(next(ids), case, decision.stage_index, ordinal, refusal))
            reasons.append((episode_id, because))
        for passed in decision.passed:
            rows += _passed_rows(case, passed, episode_id, as_of, ids)
    if rows:
        copy_rows("dunning_plannedaction", _ACTION_COLUMNS, rows)
    day, never = as_of.isoformat(), "\\N\t\\N"
    done = f"{instant.isoformat()}\t{day}"
    lines = []
    for action, (episode_id, because), (state, refusal) in zip(
        undertakings, reasons, undertake(undertakings, as_of, figures), strict=True
    ):
        case, stage, ordinal = action.case, action.stage, action.ordinal
        lines.append(
            f"{case.account_id}\t{action.id}\t{episode_id}\t{case.item_id}\t{case.currency}\t"
            f"{case.scenario.version_id}\t{action.stage_index}\t{stage.code}\t{ordinal}\t{stage.actions[ordinal].kind}\t"
            f"{day}\t{state}\t{refusal}\t{line_text(extended(because, action.told))}\t{done if state == 'performed' else never}"
        )
    copy_lines("dunning_plannedaction", _ACTION_COLUMNS, lines)


def _note_blocked(blocked: list[tuple[Case, Passed, int]], as_of: dt.date) -> None:
    """Write down, once, that a stage was due and why nothing of it could be done."""
    ids = iter(next_ids(sum(len(case.scenario.stages[entry.stage_index].actions) for case, entry, _ in blocked)))
    rows = [row for case, entry, episode_id in blocked for row in _passed_rows(case, entry, episode_id, as_of, ids)]
    columns = ", ".join(_ACTION_COLUMNS)
    temporary_rows(
        "blocked_action",
        "account_id bigint, id bigint, episode_id bigint, item_id bigint, currency text, version_id bigint, "
        "stage_index smallint, stage text, ordinal smallint, kind text, planned_on date, state text, refusal text, "
        "because text, performed_at timestamptz, performed_on date",
        rows,
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE blocked_action SET state = 'refused'")
        cursor.execute(
            f"INSERT INTO dunning_plannedaction ({columns}) SELECT {columns} FROM blocked_action ON CONFLICT DO NOTHING"  # noqa: S608
        )


def _forget_blocked(entered: list[tuple[Case, Advance, int]]) -> None:
    """Make room for what becomes of stages that were blocked until now: a stage being entered or passed has no other row."""
    accounts = [case.account_id for case, _, _ in entered]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM dunning_plannedaction a USING unnest(%s::bigint[], %s::bigint[], %s::smallint[]) "
            "AS t(account_id, episode_id, stage_index) WHERE a.state = 'refused' AND a.account_id BETWEEN %s AND %s "
            "AND a.account_id = t.account_id AND a.episode_id = t.episode_id AND a.stage_index = t.stage_index",
            [*_stages_written(entered), min(accounts), max(accounts)],
        )


def _stages_written(entered: list[tuple[Case, Advance, int]]) -> tuple[str, str, str]:
    """Account, episode and stage of every stage that these decisions enter or pass."""
    keys = [
        (case.account_id, episode_id, index)
        for case, decision, episode_id in entered
        for index in (decision.stage_index, *(entry.stage_index for entry in decision.passed))
    ]
    return (id_array(key[0] for key in keys), id_array(key[1] for key in keys), id_array(key[2] for key in keys))


_ACTION_COLUMNS = (
    "account_id", "id", "episode_id", "item_id", "currency", "version_id", "stage_index", "stage", "ordinal", "kind",
    "planned_on", "state", "refusal", "because", "performed_at", "performed_on",
)  # fmt: skip


def _action_count(case: Case, decision: Advance) -> int:
    passed = sum(len(case.scenario.stages[entry.stage_index].actions) for entry in decision.passed)
    return passed + len(case.scenario.stages[decision.stage_index].actions)


def _passed_rows(
    case: Case, passed: Passed, episode_id: int, as_of: dt.date, ids: Iterator[int]
) -> list[tuple[object, ...]]:
    stage = case.scenario.stages[passed.stage_index]
    because = reasons_text((passed_because(stage, passed),))
    refusals = passed.refusals or (passed.reason,) * len(stage.actions)
    return [
        (
            case.account_id, next(ids), episode_id, case.item_id, case.currency, case.scenario.version_id,
            passed.stage_index, stage.code, ordinal, action.kind, as_of, "passed", refusals[ordinal], because, None, None,
        )
        for ordinal, action in enumerate(stage.actions)
    ]  # fmt: skip
