"""The facts of a set of accounts, read in a few set queries and cut into cases."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relance.arrangements.facts import Guarded, HoldFacts, Verdict
from relance.arrangements.queries import holds
from relance.arrangements.rules import left_out_minor, next_change, paused_days, verdict
from relance.customers.facts import AccountFacts
from relance.customers.queries import accounts, creditors, families
from relance.dunning import stored_scenarios
from relance.dunning.criteria import candidates, fits
from relance.dunning.facts import Family, NewItem, Person, PositionFacts, ScenarioFacts, Situation
from relance.dunning.places import Key, positions
from relance.dunning.rules import place_by_age
from relance.ledger.facts import ClaimedItem, Level, Standing
from relance.ledger.queries import claims, standings
from relance.outbound.queries import dead_addresses


@dataclass(slots=True)
class Case:
    """One debt that is or may be pursued: an account in one currency, or one item.

    `left_out` is what messages may not claim of which item (-1: nothing of it), `family` the child accounts whose debt
    is in it, `dead` the channels and addresses at which it is not reached any more. `merged` says that another case of
    the account speaks for this one today, `names_all` that this one speaks for all. It never leaves the room, and a night
    makes hundreds of thousands: not frozen, which would triple its price.
    """

    account_id: int
    item_id: int
    currency: str
    scenario: ScenarioFacts
    situation: Situation
    account: AccountFacts
    holds: tuple[HoldFacts, ...] = ()
    family: tuple[int, ...] = ()
    left_out: Mapping[int, int] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()
    reach: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)
    dead: frozenset[tuple[str, str]] = frozenset()
    merged: bool = False
    names_all: bool = False

    @property
    def position(self) -> PositionFacts | None:
        """Where its episode stands."""
        return self.situation.position

    @property
    def standing(self) -> Standing | None:
        """What of it is chased."""
        return self.situation.chased


@dataclass(frozen=True, slots=True)
class Supposition:
    """A world that is not: a draft in force instead of the published scenario of its code, positions that would be."""

    scenario: ScenarioFacts | None = None
    positions: Mapping[Key, PositionFacts] | None = None


def with_families(account_ids: Sequence[int]) -> list[int]:
    """These accounts, and where a scenario duns families together, their parents and children."""
    heads = heads_of(account_ids)
    return sorted({*account_ids, *heads}) if heads else list(account_ids)


def heads_of(account_ids: Sequence[int]) -> dict[int, int]:
    """Every member of the families of these accounts -> the account at its head; nothing where no scenario duns families
    together.
    """
    if not any(scenario.family is Family.TOGETHER for scenario in stored_scenarios.current()):
        return {}
    return {member: head for head, below in families(account_ids).items() for member in (head, *below)}


class Gathering:
    """The facts of a set of accounts, and of those they are dunned together with, read once."""

    def __init__(self, account_ids: Sequence[int], as_of: dt.date, supposed: Supposition) -> None:
        self.as_of = as_of
        self.supposed = supposed
        self.ids = account_ids = with_families(account_ids)
        if supposed.positions is None:
            self.held = positions(account_ids)
        else:
            wanted = set(account_ids)
            self.held = {key: place for key, place in supposed.positions.items() if key[0] in wanted}
        self.people = accounts(account_ids)
        self.countries = {creditor.id: creditor.country for creditor in creditors()}
        self.holds = holds(account_ids)
        self.dead = dead_addresses(account_ids)
        self.current = stored_scenarios.current()
        if supposed.scenario is not None:
            draft = supposed.scenario
            self.current = sorted(
                [*(entry for entry in self.current if entry.code != draft.code), draft],
                key=lambda entry: (-entry.priority, entry.code),
            )
        self.persons: dict[int, Person] = {}
        self._shared: dict[Person, Person] = {}

    def cases(self) -> list[Case]:
        chosen = self.chosen()
        relatives = self._relatives(chosen)
        children = {child for members in relatives.values() for child in members}
        by_level: dict[Level, list[int]] = {Level.ACCOUNT: [], Level.INVOICE: []}
        closely = self._looked_at_closely(chosen, relatives)
        for account_id, scenario in chosen.items():
            if account_id not in closely and account_id not in children:
                by_level[scenario.level].append(account_id)
        found: list[Case] = []
        seen: set[Key] = set()
        for level, ids in by_level.items():
            if not ids:
                continue
            for standing in standings(self.as_of, level, ids, charges=level is Level.ACCOUNT):
                key = (standing.account_id, standing.item_id, standing.currency)
                seen.add(key)
                position = self.held.get(key)
                situation = Situation(standing, standing, position, self._person(key[0]))
                found.append(self._case(key, chosen, position, situation))
        for case in self._close_cases(closely, chosen, relatives):
            seen.add((case.account_id, case.item_id, case.currency))
            found.append(case)
        for key, position in self.held.items():
            if key not in seen:
                situation = Situation(None, None, position, self._person(key[0]))
                found.append(self._case(key, chosen, position, situation))
        found.sort(key=lambda case: (case.account_id, case.item_id, case.currency))
        return found

    def _case(
        self,
        key: Key,
        chosen: Mapping[int, ScenarioFacts],
        position: PositionFacts | None,
        situation: Situation,
    ) -> Case:
        scenario = chosen[key[0]]
        if position is not None:
            scenario, situation.position = self._pinned(position)
        case = Case(*key, scenario, situation, self.people[key[0]], self.holds.get(key[0], ()))
        if key[0] in self.dead:
            case.dead = self.dead[key[0]]
        return case

    def _pinned(self, position: PositionFacts) -> tuple[ScenarioFacts, PositionFacts]:
        """The version an episode runs under; under a draft of its code, the draft, at the stage of the same name."""
        pinned = stored_scenarios.version(position.version_id)
        draft = self.supposed.scenario
        if draft is None or draft.code != pinned.code:
            return pinned, position
        if position.stage_index < 0:
            return draft, position
        left = pinned.stages[position.stage_index]
        index = next((i for i, stage in enumerate(draft.stages) if stage.code == left.code), None)
        if index is None:
            index = place_by_age(draft, left.age_days)
        return draft, replace(position, stage_index=index)

    def _person(self, account_id: int) -> Person:
        known = self.persons.get(account_id)
        if known is None:
            account = self.people[account_id]
            person = Person(
                account.kind, account.segment, account.credit_class, account.payment_method, account.score,
                account.strategic, self.countries[account.creditor_id],
            )  # fmt: skip
            known = self.persons[account_id] = self._shared.setdefault(person, person)
        return known

    def chosen(self) -> dict[int, ScenarioFacts]:
        """The scenario a new case of each account would get.

        While an account has an episode at one level, new cases stay at that level, so that no item is pursued twice.
        """
        by_code = {scenario.code: scenario for scenario in self.current}
        overrides = stored_scenarios.overrides(list(self.people))
        running = {position.account_id: position.version_id for position in self.held.values()}
        fitting: dict[Person, tuple[ScenarioFacts, ...]] = {}
        chosen: dict[int, ScenarioFacts] = {}
        by_amount: dict[int, tuple[ScenarioFacts, ...]] = {}
        for account_id in self.people:
            if account_id in overrides:
                chosen[account_id] = by_code[overrides[account_id]]
                continue
            person = self._person(account_id)
            if person not in fitting:
                fitting[person] = candidates(self.current, person)
            options = fitting[person]
            if len(options) > 1 or (options and _asks_amount(options[0])):
                by_amount[account_id] = options
            elif options:
                chosen[account_id] = options[0]
        if by_amount:
            chosen |= self._chosen_by_amount(by_amount)
        arms = stored_scenarios.challengers(self.as_of)
        for account_id, scenario in chosen.items() if arms else ():
            if account_id not in overrides and scenario.code in arms:
                code = arms[scenario.code](self.people[account_id].number)
                chosen[account_id] = by_code.get(code, scenario)
        for account_id, version_id in running.items():
            pinned = stored_scenarios.version(version_id)
            if account_id not in chosen or chosen[account_id].level is not pinned.level:
                chosen[account_id] = pinned
        return chosen

    def _chosen_by_amount(self, options: Mapping[int, tuple[ScenarioFacts, ...]]) -> dict[int, ScenarioFacts]:
        """The scenario of accounts for which it depends on what the whole account owes, in its largest currency."""
        owed: dict[int, Standing] = {}
        for standing in standings(self.as_of, Level.ACCOUNT, list(options)):
            known = owed.get(standing.account_id)
            if known is None or standing.overdue_minor > known.overdue_minor:
                owed[standing.account_id] = standing
        found = {}
        for account_id, scenarios in options.items():
            largest = owed.get(account_id)
            minor, currency = (largest.overdue_minor, largest.currency) if largest else (0, "EUR")
            person = self._person(account_id)
            for scenario in scenarios:
                if fits(scenario.applies_to, person, minor, currency):
                    found[account_id] = scenario
                    break
        return found

    def _relatives(self, chosen: Mapping[int, ScenarioFacts]) -> dict[int, tuple[int, ...]]:
        """The children of each parent whose scenario duns them together; only where the whole family is looked at."""
        if not any(scenario.family is Family.TOGETHER for scenario in chosen.values()):
            return {}
        return {
            parent: members
            for parent, members in families(self.ids).items()
            if parent in chosen
            and chosen[parent].family is Family.TOGETHER
            and chosen[parent].level is Level.ACCOUNT
            and all(member in chosen for member in members)
        }

    def _looked_at_closely(
        self,
        chosen: Mapping[int, ScenarioFacts],
        relatives: Mapping[int, tuple[int, ...]],
    ) -> set[int]:
        """The accounts whose items must be read one by one: few, for it costs ten times as much."""
        members = {child for children in relatives.values() for child in children}
        closely = {account_id for account_id in self.holds if account_id in chosen and account_id not in members}
        closely.update(relatives)
        pinned = {key[0]: stored_scenarios.version(place.version_id) for key, place in self.held.items()}
        for account_id, scenario in (*chosen.items(), *pinned.items()):
            if scenario.new_item is NewItem.RESTART and account_id in pinned and account_id not in members:
                closely.add(account_id)
        return closely

    def _close_cases(
        self,
        closely: Iterable[int],
        chosen: Mapping[int, ScenarioFacts],
        relatives: Mapping[int, tuple[int, ...]],
    ) -> Iterator[Case]:
        ids = sorted({member for account_id in closely for member in (account_id, *relatives.get(account_id, ()))})
        if not ids:
            return
        claimed = claims(ids, self.as_of)
        for account_id in sorted(closely):
            scenario = chosen[account_id]
            groups: dict[Key, list[ClaimedItem]] = {}
            for member in (account_id, *relatives.get(account_id, ())):
                for entry in claimed.get(member, ()):
                    if entry.claimed_minor <= 0:
                        continue
                    if scenario.level is Level.INVOICE:
                        if entry.item.kind in _CHARGES:
                            continue
                        key = (account_id, entry.item.id, entry.item.currency)
                    else:
                        key = (account_id, 0, entry.item.currency)
                    groups.setdefault(key, []).append(entry)
            for key, entries in groups.items():
                position = self.held.get(key)
                situation, left_out = self._situation(key, entries, position)
                case = self._case(key, chosen, position, situation)
                case.situation.fresh = scenario
                case.family = relatives.get(account_id, ())
                # What limits acts against a child limits what its parent is told of its debt, unless none of it is told.
                case.holds += tuple(
                    hold
                    for member in case.family
                    if self._blocking(self.holds.get(member, ())) is None
                    for hold in self.holds.get(member, ())
                )
                case.left_out = left_out
                yield case

    def _situation(
        self, key: Key, entries: Sequence[ClaimedItem], position: PositionFacts | None
    ) -> tuple[Situation, dict[int, int]]:
        """What holds leave of a debt today, and by how much they make it younger."""
        own = self.holds.get(key[0], ())
        left_out: dict[int, int] = {}
        chased: list[tuple[dt.date, int, ClaimedItem, int]] = []
        for entry in entries:
            item = entry.item
            mine = self.holds.get(item.account_id, ()) if item.account_id != key[0] else own
            minus = min(entry.claimed_minor, left_out_minor(mine, item.id, item.born_on, item.open_minor, self.as_of))
            if mine is not own and self._blocking(mine) is not None:
                minus = entry.claimed_minor
            if minus:
                left_out[item.id] = -1 if minus >= entry.claimed_minor else minus
            rest = entry.claimed_minor - minus
            if rest and item.due_on is not None:
                days = paused_days(mine, item.id, item.born_on, item.due_on, self.as_of)
                chased.append((item.due_on + dt.timedelta(days=days), days, entry, rest))
        anchor = min(chased, key=lambda entry: (entry[0], entry[2].item.id), default=None)
        owed = _standing(key, [(entry.item.due_on, entry.claimed_minor) for entry in entries])
        blocking = self._blocking(own)
        situation = Situation(
            owed=owed,
            chased=(
                Standing(*key, sum(entry[3] for entry in chased), anchor[2].item.due_on, len(chased))  # type: ignore[arg-type]
                if anchor
                else None
            ),
            position=position,
            person=self._person(key[0]),
            paused_days=anchor[1] if anchor else 0,
            blocked_by=blocking.kind.value if blocking else "",
            review_on=next_change(own, self.as_of),
            newest_due_on=max((entry[2].item.due_on for entry in chased if entry[2].item.due_on), default=None),
        )
        return situation, left_out

    def _blocking(self, own: Sequence[HoldFacts]) -> HoldFacts | None:
        """The hold that stops every reminder of an account today."""
        answer, hold = verdict(own, Guarded.REMINDER, self.as_of)
        return hold if answer in (Verdict.FORBIDDEN, Verdict.COURTESY_ONLY) else None


_CHARGES = frozenset({"late_fee", "indemnity", "interest"})


def _standing(key: Key, parts: Sequence[tuple[dt.date | None, int]]) -> Standing | None:
    dated = [(due_on, minor) for due_on, minor in parts if due_on is not None and minor > 0]
    if not dated:
        return None
    return Standing(*key, sum(minor for _, minor in dated), min(due_on for due_on, _ in dated), len(dated))


def _asks_amount(scenario: ScenarioFacts) -> bool:
    return scenario.applies_to.min_amount is not None or scenario.applies_to.max_amount is not None
