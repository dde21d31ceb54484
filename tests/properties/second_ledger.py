"""A second ledger, in plain Python: lists of documents and of moves between them, added up whenever somebody asks.

It is written from the rules in words and knows no tables, no kept balances and no as-of queries. It decides allocation
itself for every order, small differences and recoveries. What it is told and does not compute: the amounts of charges
and of interest (their rules have worked numbers of their own), and which items are time-barred.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from relance.ledger.facts import AllocationOrder, PolicyFacts

NEVER = dt.date.max
CHARGES = {"late_fee", "indemnity", "interest", "return_charge"}
HAND_MADE = {"receipt", "credit_note"}


@dataclass(eq=False, slots=True)
class Debit:
    """Something owed. `place` is its place in the order of posting."""

    place: int
    kind: str
    number: str
    currency: str
    born: dt.date
    due: dt.date | None
    minor: int
    origin: "Debit | None" = None


@dataclass(eq=False, slots=True)
class Money:
    """A receipt, a credit note, or what else takes debt away."""

    place: int
    kind: str
    number: str
    currency: str
    day: dt.date
    minor: int
    named: str = ""
    wishes: tuple[tuple[str, int | None], ...] = ()
    by_hand: bool = False
    reversed_on: dt.date | None = None


@dataclass(eq=False, slots=True)
class Move:
    """So much of a credit against a debit from a day on; a negative one takes back `undoes`.

    `bound`: no policy moves it again. `by_act`: an undoing that somebody did, rather than the order of dates.
    """

    money: Money
    debit: Debit
    minor: int
    day: dt.date
    bound: bool = False
    undoes: "Move | None" = None
    by_act: bool = False


@dataclass(slots=True)
class House:
    """What holds for all accounts: the policy, and the first day that is not sealed."""

    policy: PolicyFacts = field(default_factory=PolicyFacts)
    first_open: dt.date = dt.date.min
    documents: int = 0


@dataclass(slots=True)
class SecondLedger:
    """One account. `known`: how many documents the house had before the step that is being done."""

    house: House
    debits: list[Debit] = field(default_factory=list)
    money: list[Money] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    due_dates: list[tuple[Debit, dt.date, dt.date]] = field(default_factory=list)
    left_out: list[tuple[Debit, str, int, dt.date]] = field(default_factory=list)
    doubtful: dict[Debit, bool] = field(default_factory=dict)
    known: int = 0

    # What was when.

    def open(self, debit: Debit, on: dt.date = NEVER) -> int:
        """What is owed of a debit on a day."""
        if debit.born > on:
            return 0
        return debit.minor - sum(m.minor for m in self.moves if m.debit is debit and m.day <= on)

    def left(self, money: Money, on: dt.date = NEVER) -> int:
        """What a credit has not been used for on a day."""
        if money.day > on or (money.reversed_on is not None and money.reversed_on <= on):
            return 0
        return money.minor - sum(m.minor for m in self.moves if m.money is money and m.day <= on)

    def due(self, debit: Debit, on: dt.date = NEVER) -> dt.date | None:
        """The due date in force on a day: the last one agreed by then, or the document's."""
        agreed = [(since, place, due) for place, (of, due, since) in enumerate(self.due_dates)
                  if of is debit and since <= on]  # fmt: skip
        return max(agreed)[2] if agreed else debit.due

    def excluded(self, debit: Debit, kind: str, on: dt.date = NEVER) -> int:
        """How much of a debit is left out of the chase on a day."""
        return sum(minor for of, why, minor, since in self.left_out if of is debit and why == kind and since <= on)

    def chased(self, debit: Debit, on: dt.date) -> int:
        """What may be asked for of a debit on a day, before waiting credits are counted."""
        if self.excluded(debit, "expired", on):
            return 0
        held = self.excluded(debit, "disputed", on) + self.excluded(debit, "in_flight", on)
        return max(0, self.open(debit, on) - held)

    def live(self) -> list[Move]:
        """The moves that nothing has taken back."""
        gone = {id(m.undoes) for m in self.moves}
        return [m for m in self.moves if m.undoes is None and id(m) not in gone]

    def free_from(self, end: Debit | Money) -> dt.date:
        """The first day on which all that is open now was open: its own day, or the last on which an act freed some."""
        own = end.born if isinstance(end, Debit) else end.day
        return max([own, *(m.day for m in self.moves if m.by_act and end in (m.debit, m.money))])

    def doubtful_now(self) -> dict[str, int]:
        """What is open of the doubtful debits, per currency."""
        sums = Counter[str]()
        for debit, is_doubtful in self.doubtful.items():
            sums[debit.currency] += self.open(debit) * is_doubtful
        return {currency: minor for currency, minor in sums.items() if minor}

    def owed_now(self) -> dict[str, int]:
        """What the account owes in all, waiting credits counted, per currency."""
        sums = Counter[str]()
        for debit in self.debits:
            sums[debit.currency] += self.open(debit)
        for money in self.money:
            sums[money.currency] -= self.left(money)
        return {currency: minor for currency, minor in sums.items() if minor}

    def instalments(self, debit: Debit) -> list[Debit]:
        """The parts into which a debit was split, and theirs, the first due first."""
        parts = [d for d in self.debits if d.kind == "instalment" and d.origin is debit]
        return sorted(
            [p for part in parts for p in (part, *self.instalments(part))], key=lambda p: (p.due or NEVER, p.place)
        )

    # What people and policies do.

    def owe(self, kind: str, number: str, currency: str, born: dt.date, due: dt.date | None, minor: int,
            origin: Debit | None = None) -> Debit:  # fmt: skip
        """A new debit."""
        self.house.documents += 1
        self.debits.append(Debit(self.house.documents, kind, number, currency, born, due, minor, origin))
        return self.debits[-1]

    def credit(self, kind: str, number: str, currency: str, day: dt.date, minor: int, named: str = "",
               wishes: Iterable[tuple[str, int | None]] = ()) -> Money:  # fmt: skip
        """A new credit."""
        self.house.documents += 1
        self.money.append(Money(self.house.documents, kind, number, currency, day, minor, named, tuple(wishes)))
        return self.money[-1]

    def move(self, money: Money, debit: Debit, minor: int, day: dt.date, *, bound: bool = False) -> Move:
        """Set money against a debit."""
        self.moves.append(Move(money, debit, minor, day, bound))
        return self.moves[-1]

    def free(self, moves: Iterable[Move], on: dt.date) -> None:
        """An act takes moves back from a day on, and those that were to count later from their own day on."""
        for gone in list(moves):
            self.moves.append(replace(gone, minor=-gone.minor, day=max(gone.day, on), undoes=gone, by_act=True))

    def forget_small_differences(self, on: dt.date) -> None:
        """A debit that is open again is owed whole."""
        for gone in self.live():
            if gone.money.kind == "small_difference" and self.open(gone.debit) > 0:
                self.free([gone], on)
                gone.money.reversed_on = max(gone.day, on)

    def reverse(self, money: Money, on: dt.date) -> None:
        """A receipt comes back: its debits are open again, and what only it had recovered is lost again."""
        self.free((m for m in self.live() if m.money is money), on)
        money.reversed_on = on
        self.forget_small_differences(on)
        for debit in [d for d in self.debits if d.kind == "recovery" and self.open(d) > 0]:
            self.take_back(debit, max(on, debit.born))

    def take_back(self, debit: Debit, on: dt.date) -> None:
        """A debit was never owed."""
        taken = self.credit("correction", f"COR-{debit.number}", debit.currency, on, debit.minor)
        self.move(taken, debit, debit.minor, on, bound=True)

    def settle(self, on: dt.date | None, note: Callable[[], bool] = lambda: False) -> None:
        """All that follows by itself from an act of the day `on` (None: a file). `note` writes down the interest that
        settling billed and says whether it did.
        """
        self.round_off(self.allocate(on))
        if note():
            self.round_off(self.allocate(on))
        self.recover()

    def allocate(self, on: dt.date | None) -> list[Debit]:
        """Play the waiting credits day by day; the debits that got something.

        A credit and a debit that were both there before the step were kept apart on purpose: they meet on the day of the
        act at the earliest; of a file, on that of the newest document that it brought or freed.
        """
        order = self.house.policy.allocation_order
        if order is AllocationOrder.BY_HAND:
            return []
        touched: list[Debit] = []
        currencies = sorted({m.currency for m in self.money})
        gone = {currency: self.make_room(currency, order) for currency in currencies}
        new = {d for d in self.debits if d.place > self.known} | {m for m in self.money if m.place > self.known}
        new |= {end for moves in gone.values() for move in moves for end in (move.debit, move.money)}
        come = [
            self.free_from(e) if isinstance(e, Money) else e.born for e in new if isinstance(e, Money) or self.open(e)
        ]
        together = on or max(come, default=dt.date.min)
        for currency in currencies:
            waiting = [m for m in self.money if m.currency == currency and self.waits(m)]
            debits = [d for d in self.debits if d.currency == currency and self.open(d) > 0]
            days = {self.since(end) for end in (*waiting, *debits)} | {together}
            for day in sorted(days):
                for money in sorted(waiting, key=lambda m: (self.since(m), m.place)):
                    if self.since(money) <= day:
                        here = [
                            d for d in debits
                            if self.since(d) <= day and (money in new or d in new or day >= together)
                        ]  # fmt: skip
                        for debit, minor in self.choose(money, here, order):
                            self.move(money, debit, minor, day)
                            touched.append(debit)
            self.round_up([move.debit for move in gone[currency]])
        return touched

    def waits(self, money: Money) -> bool:
        """Whether a credit waits for the policy."""
        return money.kind in HAND_MADE and not money.by_hand and self.left(money) > 0

    def since(self, end: Debit | Money) -> dt.date:
        """The first day on which it can be settled with: nothing happens on a sealed day any more."""
        return max(self.free_from(end), self.house.first_open)

    def make_room(self, currency: str, order: AllocationOrder) -> list[Move]:
        """Credits settle in the order of their dates: later ones give way to an earlier one that waits.

        Where money goes by name alone, only to one that names the same debit. Returns what has given way.
        """
        moved = []
        early = [m for m in self.money if m.currency == currency and self.waits(m)]
        for gone in self.live():
            if gone.bound or gone.money.currency != currency or gone.money.by_hand or gone.money.kind not in HAND_MADE:
                continue
            before = [m for m in early if m.day < gone.money.day and m.day < gone.day]
            if order is AllocationOrder.NAMED_ONLY:
                before = [m for m in before if gone.debit.number in self.names(m)]
            if before and gone.day >= self.house.first_open:
                self.moves.append(replace(gone, minor=-gone.minor, undoes=gone))
                moved.append(gone)
        return moved

    def round_up(self, moved: list[Debit]) -> None:
        """A small difference of a debit whose money went elsewhere is owed again, as if it had never been given up."""
        for gone in self.live():
            if gone.money.kind == "small_difference" and gone.debit in moved and self.open(gone.debit) > 0:
                self.moves.append(replace(gone, minor=-gone.minor, undoes=gone))
                gone.money.reversed_on = gone.day

    @staticmethod
    def names(money: Money) -> set[str]:
        """The debits that a payer meant."""
        return {money.named, *(number for number, _ in money.wishes)} - {""}

    def choose(self, money: Money, debits: list[Debit], order: AllocationOrder) -> Iterator[tuple[Debit, int]]:
        """Where a credit goes: to what its payer named, even if that is disputed; then where the policy says."""
        for number, most in ((money.named, None), *money.wishes):
            for debit in debits:
                if number and debit.number == number:
                    had = sum(m.minor for m in self.moves if m.money is money and m.debit is debit)
                    asked = self.open(debit) if most is None else most - had
                    minor = min(self.left(money), self.open(debit), asked)
                    if minor > 0:
                        yield debit, minor
        if order is AllocationOrder.OLDEST_DUE:
            for debit in sorted(debits, key=self.age):
                minor = min(self.left(money), self.offered(debit))
                if minor > 0:
                    yield debit, minor
        elif order is AllocationOrder.CIVIL_CODE:
            yield from self.by_civil_code(money, debits)

    @staticmethod
    def age(debit: Debit) -> tuple[dt.date, dt.date, int]:
        """Older debits first; those without a due date last."""
        return debit.due or NEVER, debit.born, debit.place

    def offered(self, debit: Debit) -> int:
        """What money that names nothing may settle: not what is disputed, on its way, or time-barred."""
        return max(0, self.open(debit) - sum(minor for of, _, minor, _ in self.left_out if of is debit))

    def by_civil_code(self, money: Money, debits: list[Debit]) -> Iterator[tuple[Debit, int]]:
        """1342-10: the oldest debt first, debts of one day in proportion; 1343-1: its costs and interest before itself."""
        debts: dict[Debit, list[Debit]] = defaultdict(list)
        for debit in debits:
            if self.offered(debit) > 0:
                debts[debit.origin if debit.kind in CHARGES and debit.origin else debit].append(debit)
        days = defaultdict(list)
        for debt in sorted(debts, key=lambda d: d.place):
            days[min(part.due or NEVER for part in debts[debt])].append(debts[debt])
        for day in sorted(days):
            weights = [sum(self.offered(part) for part in debt) for debt in days[day]]
            shares = in_proportion(self.left(money), weights)
            for debt, share in zip(days[day], shares, strict=True):
                for part in sorted(debt, key=lambda d: (d.kind not in CHARGES, self.age(d))):
                    minor = min(share, self.offered(part))
                    share -= minor
                    if minor > 0:
                        yield part, minor

    def round_off(self, touched: list[Debit]) -> None:
        """Too little to ask for is given up, on the day of the last money that stands."""
        limit = self.house.policy.small_difference_minor
        for debit in sorted(set(touched), key=lambda d: d.place):
            rest = self.open(debit)
            if 0 < rest <= limit and rest < debit.minor and debit.currency == "EUR" and not self.held(debit):
                if any(self.left(m) > 0 for m in self.money if m.currency == "EUR"):
                    continue
                last = max(m.day for m in self.moves if m.debit is debit and m.minor and (m in self.live() or m.by_act))
                day = max(last, self.house.first_open)
                given_up = self.credit("small_difference", f"SD-{debit.number}", debit.currency, day, rest)
                self.move(given_up, debit, rest, day, bound=True)

    def held(self, debit: Debit) -> bool:
        """Whether something of a debit is left out of the chase."""
        return sum(minor for of, _, minor, _ in self.left_out if of is debit) != 0

    def recover(self) -> None:
        """Money left when nothing is open brings written-off debt back in, oldest receipt and oldest loss first."""
        policy = self.house.policy
        if not policy.recovers_written_off or policy.allocation_order is AllocationOrder.BY_HAND:
            return
        lost: dict[Debit, tuple[dt.date, int]] = {}
        for move in self.moves:
            if move.money.kind == "write_off":
                since, minor = lost.get(move.debit, (move.day, 0))
                lost[move.debit] = (max(since, move.day), minor + move.minor)
        receipts = [m for m in self.money if m.kind == "receipt" and self.waits(m)]
        for money in sorted(receipts, key=lambda m: (self.since(m), m.place)):
            named = self.names(money)
            order = sorted(lost, key=lambda d: (d.number not in named, lost[d][0], d.place))
            for debit in order:
                if debit.currency != money.currency or (
                    policy.allocation_order is AllocationOrder.NAMED_ONLY and debit.number not in named
                ):
                    continue
                back = [d for d in self.debits if d.kind == "recovery" and d.origin is debit and not self.taken_back(d)]
                minor = min(self.left(money), lost[debit][1] - sum(d.minor for d in back))
                if minor > 0:
                    day = max(self.since(money), lost[debit][0])
                    count = Counter(d.kind for d in self.debits)["recovery"] + 1
                    recovery = self.owe("recovery", f"REC-{count}", debit.currency, day, day, minor, debit)
                    self.move(money, recovery, minor, day, bound=True)

    def taken_back(self, debit: Debit) -> bool:
        """Whether a debit was corrected away."""
        return any(m.debit is debit and m.money.kind == "correction" for m in self.moves)


def in_proportion(minor: int, weights: list[int]) -> list[int]:
    """An amount by weights, never more than the weight; units that do not divide go to the largest."""
    if minor >= sum(weights):
        return weights
    shares = [minor * weight // sum(weights) for weight in weights]
    largest = sorted(range(len(weights)), key=lambda place: (-weights[place], place))
    for place in largest[: minor - sum(shares)]:
        shares[place] += 1
    return shares
