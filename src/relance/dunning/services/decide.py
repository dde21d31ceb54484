"""Taking decisions for sets of accounts and writing them down: episodes, positions and planned actions."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from relance.customers.services import lock_accounts
from relance.dunning.cases import Case, decisions, heads_of
from relance.dunning.facts import Advance, Hold, Leave, Passed, Stay
from relance.dunning.reasons import extended, passed_because, reasons_text
from relance.dunning.services.episodes import leave, move, open_episodes
from relance.dunning.services.perform import PerformFigures, Undertaking, undertake
from relance.dunning.services.reconsider import take_up_families
from relance.kit.bulk import copy_lines, copy_rows, id_array, line_text, temporary_rows, transaction_instant
from relance.kit.ids import next_ids
from relance.ledger.queries import reopened_items


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
    (episode, stage, action). A family is decided with the account at its head. With `dry_run` nothing is written.
    """
    figures = ChunkFigures(accounts_evaluated=len(account_ids))
    asked, heads = set(account_ids), heads_of(account_ids)
    account_ids = sorted({*asked, *heads})
    if not dry_run:
        lock_accounts(account_ids)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dunning_nudge WHERE account_id = ANY(%s::bigint[])", [id_array(asked)])
        take_up_families(heads, as_of)
    found = [(case, decision) for case, decision in decisions(account_ids, as_of) if case.account_id in asked]
    ended_since = _ended_since([case.account_id for case, _ in found if case.position is None], as_of)
    writes = _Writes()
    for case, decision in found:
        if case.position is None and (case.account_id, case.item_id, case.currency) in ended_since:
            continue
        if isinstance(decision, Leave):
            if case.position is not None:
                writes.left.append(case)
            continue
        if isinstance(decision, Hold):
            figures.held += 1
            if case.position is not None:
                writes.moved.append((case, decision))
            continue
        if isinstance(decision, Advance):
            stage = case.scenario.stages[decision.stage_index]
            figures.stages_entered[f"{case.scenario.code}/{stage.code}"] += 1
            if dry_run:
                figures.actions.update(action.kind for action in stage.actions)
        elif any(reason.code == "mandatory_not_done" for reason in decision.because):
            writes.retried.append(case)
        if decision.restarts:
            writes.restarted.append(case)
        fresh = case.position is None or decision.restarts
        (writes.opened if fresh else writes.moved).append((case, decision))
    if not dry_run:
        writes.left = _left_for_good(writes.left, as_of)
        _write(writes, as_of, figures)
    return figures


def _ended_since(account_ids: Sequence[int], as_of: dt.date) -> set[tuple[int, int, str]]:
    """Cases whose pursuit ended on a later day by money already posted: a night that is worked late begins no new one."""
    if not account_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, item_id, currency FROM dunning_episode "
            "WHERE account_id = ANY(%s::bigint[]) AND closed_on > %s",
            [id_array(sorted(set(account_ids))), as_of],
        )
        return set(cursor.fetchall())


def _left_for_good(left: list[Case], as_of: dt.date) -> list[Case]:
    """Of episodes that end on this day, those whose debt is not known to have come back on a later one: a night that is
    worked late must not close what goes on by now.
    """
    if not left:
        return left
    later = reopened_items(sorted({case.account_id for case in left}), dt.date.max)
    back = {(account_id, 0, currency) for account_id, _, currency, _, on in later if on > as_of}
    back |= {(account_id, item_id, currency) for account_id, item_id, currency, _, on in later if on > as_of}
    return [case for case in left if (case.account_id, case.item_id, case.currency) not in back]


def _write(writes: _Writes, as_of: dt.date, figures: ChunkFigures) -> None:
    for gone, ending in ((writes.left, ""), (writes.restarted, "restarted")):
        if gone:
            leave(gone, as_of, ending)
    episode_ids = next_ids(len(writes.opened)) if writes.opened else []
    if writes.opened:
        open_episodes(writes.opened, episode_ids, as_of)
    if writes.moved:
        move(writes.moved, as_of)
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
