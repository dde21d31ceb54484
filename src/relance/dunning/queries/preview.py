"""A draft tried on the real portfolio of a day, beside the policies in force. Changes nothing."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection, transaction

from relance.customers.queries import creditors, families
from relance.dunning import stored_scenarios
from relance.dunning.cases import Case, Supposition, decisions
from relance.dunning.costs import FREE, unit_cost
from relance.dunning.facts import (
    ActionSpec,
    Advance,
    Decision,
    Family,
    Hold,
    Leave,
    PreviewChange,
    PreviewOutcome,
    PreviewReport,
    PreviewSide,
    ScenarioFacts,
)
from relance.dunning.installed import installed
from relance.dunning.scenario_file import parse
from relance.kit.money import exponent
from relance.ledger.queries import item_numbers, newly_overdue
from relance.outbound.queries import reachable

ACCOUNTS_PER_CHUNK = 5_000
CHANGES_KEPT = 10_000
"""The first so many debts that would be treated otherwise are kept by name; all are counted."""

Progress = Callable[[int, int], None]
"""Told after each chunk: accounts looked at, and accounts in all."""

NOTHING = PreviewOutcome()
_Key = tuple[int, int, str]
_Judged = tuple[Case, PreviewOutcome]


def preview(content: Mapping[str, Any], as_of: dt.date, progress: Progress | None = None) -> PreviewReport:
    """What a scenario's content would do on `as_of` in place of the published one of its code, and what happens today.

    Every account with something overdue or an open episode is decided twice by the engine's own decision: as things are,
    and as if the draft were in force for every account it applies to; episodes under a version of its code are judged by
    the draft at the stage of the same name. Actions count as far as they could be done; only what the ledger would refuse
    when a charge is posted is not foreseen. Raises Refusal when the content has something wrong in it.
    """
    here = installed()
    draft = parse(content, here.actions, here.channels, here.templates)
    with _one_picture():
        return _Preview(draft, as_of).report(progress)


@contextmanager
def _one_picture() -> Iterator[None]:
    """All reads on one snapshot that cannot write; inside a transaction already open, on that one's own view."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@dataclass(frozen=True, slots=True)
class _Entered:
    """A stage entered in one way: its outcome, per action done its kind, channel and cost, and why others are not done."""

    outcome: PreviewOutcome
    done: tuple[tuple[str, str, Decimal], ...]
    withheld: tuple[str, ...]


@dataclass(slots=True)
class _Side:
    """One of the two policies, counting as it goes. A night has few different ways to enter a stage: each is made once."""

    figures: PreviewSide = field(default_factory=PreviewSide)
    known: dict[tuple[object, ...], _Entered] = field(default_factory=dict)
    spent: Counter[tuple[Decimal, int]] = field(default_factory=Counter)

    def judge(self, case: Case, decision: Decision) -> PreviewOutcome:
        """What happens to a case, counted."""
        figures = self.figures
        if isinstance(decision, Leave):
            if case.position is None:
                return NOTHING
            figures.left += 1
            return _LEAVES
        if isinstance(decision, Hold):
            figures.held += 1
            return NOTHING
        figures.opened += decision.opens
        if isinstance(decision, Advance):
            return self._enters(case, decision.stage_index)
        return _OPENS if decision.opens else NOTHING

    def _enters(self, case: Case, stage_index: int) -> PreviewOutcome:
        scenario, channels = case.scenario, _channels(case, stage_index)
        key = (scenario.version_id, scenario.code, stage_index, case.refusals, channels, case.merged)
        entered = self.known.get(key)
        if entered is None:
            entered = self.known[key] = _entered(case, stage_index, channels)
        figures, name = self.figures, f"{scenario.code}/{entered.outcome.stage}"
        figures.stages[name] += 1
        figures.refused.update(entered.withheld)
        for kind, channel, cost in entered.done:
            figures.actions[kind] += 1
            figures.stage_actions[name, kind] += 1
            if channel:
                figures.channels[channel] += 1
            if cost:
                self.spent[cost, case.account.creditor_id] += 1
        return entered.outcome

    def close(self, currencies: Mapping[int, str]) -> PreviewSide:
        """The figures with their costs added up and rounded once."""
        sums: dict[str, Decimal] = {}
        for (cost, creditor_id), times in self.spent.items():
            currency = currencies[creditor_id]
            sums[currency] = sums.get(currency, FREE) + cost * times
        for currency, total in sums.items():
            minor = total.scaleb(exponent(currency)).to_integral_value(rounding=ROUND_HALF_UP)
            self.figures.cost_minor[currency] = int(minor)
        return self.figures


_LEAVES, _OPENS = PreviewOutcome("leaves"), PreviewOutcome("opens")


def _channels(case: Case, stage_index: int) -> tuple[str, ...]:
    """Beside each action of a stage the channel its message would go by; empty for what is no message."""
    return tuple(
        _channel(case, action) if action.kind == "send" and not refusal else ""
        for action, refusal in zip(case.scenario.stages[stage_index].actions, case.refusals, strict=True)
    )


def _channel(case: Case, action: ActionSpec) -> str:
    named = action.params["channel"]
    if isinstance(named, str):
        return named
    reached = reachable(case.account, named, case.dead)
    return reached[0] if reached else ""


def _entered(case: Case, stage_index: int, channels: Sequence[str]) -> _Entered:
    scenario, stage = case.scenario, case.scenario.stages[stage_index]
    done, told, withheld = [], [], []
    for action, refusal, channel in zip(stage.actions, case.refusals, channels, strict=True):
        reason = refusal or ("merged" if case.merged and action.kind == "send" else "")
        if reason:
            withheld.append((action.kind, reason))
        else:
            done.append((action.kind, channel, unit_cost(scenario, action, channel)))
            told.append(_told(action, channel))
    outcome = PreviewOutcome("enters", scenario.code, stage.code, tuple(told), tuple(withheld))
    return _Entered(outcome, tuple(done), tuple(reason for _, reason in withheld))


def _told(action: ActionSpec, channel: str) -> str:
    if action.kind == "send":
        return f"send {channel} ({action.params['template']})"
    return " ".join([action.kind, *(str(action.params[key]) for key in sorted(action.params))])


class _Preview:
    """The two policies over the portfolio, chunk by chunk, so that memory does not grow with it."""

    def __init__(self, draft: ScenarioFacts, as_of: dt.date) -> None:
        self.draft, self.as_of = draft, as_of
        self.today, self.then = _Side(), _Side()
        self.changed = 0
        self.kept: list[tuple[Case, PreviewOutcome, PreviewOutcome]] = []

    def report(self, progress: Progress | None) -> PreviewReport:
        ids = self._accounts()
        done = 0
        for chunk in self._chunks(ids):
            self._look_at(chunk)
            done += len(chunk)
            if progress is not None:
                progress(done, len(ids))
        currencies = {creditor.id: creditor.currency for creditor in creditors()}
        return PreviewReport(
            self.draft.code, self.as_of, self.then.close(currencies), self.today.close(currencies), len(ids),
            self.changed, self._changes(),
        )  # fmt: skip

    def _accounts(self) -> list[int]:
        """Every account on which anything could happen: all others owe nothing that is overdue and are not pursued."""
        found = set(newly_overdue(None, self.as_of))
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT account_id FROM dunning_position")
            found.update(row[0] for row in cursor.fetchall())
        return sorted(found)

    def _chunks(self, ids: list[int]) -> Iterator[list[int]]:
        """The accounts in parts; where families are dunned together, a parent and its children in one part."""
        head: dict[int, int] = {}
        scenarios = (*stored_scenarios.current(), self.draft)
        if any(scenario.family is Family.TOGETHER for scenario in scenarios):
            known = families(ids)
            ids = sorted({*ids, *known, *(child for members in known.values() for child in members)})
            head = {child: parent for parent, members in known.items() for child in members}
            ids.sort(key=lambda account_id: (head.get(account_id, account_id), account_id))
        chunk: list[int] = []
        for account_id in ids:
            if len(chunk) >= ACCOUNTS_PER_CHUNK and head.get(account_id, account_id) != head.get(chunk[-1], chunk[-1]):
                yield chunk
                chunk = []
            chunk.append(account_id)
        if chunk:
            yield chunk

    def _look_at(self, chunk: Sequence[int]) -> None:
        now = self._judged(self.today, chunk, None)
        then = self._judged(self.then, chunk, Supposition(scenario=self.draft))
        different = [
            key for key in now.keys() | then.keys()
            if (now[key][1] if key in now else NOTHING) != (then[key][1] if key in then else NOTHING)
        ]  # fmt: skip
        self.changed += len({key[0] for key in different})
        for key in sorted(different):
            if len(self.kept) >= CHANGES_KEPT:
                break
            case = (then.get(key) or now[key])[0]
            self.kept.append((case, now[key][1] if key in now else NOTHING, then[key][1] if key in then else NOTHING))

    def _judged(self, side: _Side, chunk: Sequence[int], supposed: Supposition | None) -> dict[_Key, _Judged]:
        """The cases to which something happens."""
        found: dict[_Key, _Judged] = {}
        for case, decision in decisions(chunk, self.as_of, supposed):
            outcome = side.judge(case, decision)
            if outcome is not NOTHING:
                found[case.account_id, case.item_id, case.currency] = (case, outcome)
        return found

    def _changes(self) -> list[PreviewChange]:
        items = [(case.account_id, case.item_id) for case, *_ in self.kept if case.item_id]
        numbers = item_numbers([entry[0] for entry in items], [entry[1] for entry in items]) if items else {}
        return [
            PreviewChange(
                case.account_id, case.account.number, numbers.get(case.item_id, ""), case.currency,
                case.situation.owed.overdue_minor if case.situation.owed else 0, today, then,
            )
            for case, today, then in self.kept
        ]  # fmt: skip
