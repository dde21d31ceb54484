"""Whatever people, files and nights do to two accounts, in whatever order: after each step every law of every room holds,
a second ledger in plain Python says the same of every amount on several days, and sealed days read as they always did.
"""

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.control import BuildContext
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from relance.cycle.services import run
from relance.dunning.services import import_scenario
from relance.ledger import services
from relance.ledger.facts import (
    AllocationLine,
    AllocationOrder,
    Cheque,
    CreditNoteOrder,
    DepositOrder,
    ExclusionKind,
    InterestOnSettlement,
    PolicyFacts,
    ReceiptOrder,
    Wish,
)
from tests.properties.ledger_hands import ACCOUNTS, Hands, days
from tests.properties.ledger_witness import digest, seen

IBAN = "FR7630006000011234567890189"

who = st.sampled_from(sorted(ACCOUNTS))
coin = st.sampled_from(["EUR", "EUR", "EUR", "JPY"])
amount = st.one_of(st.integers(1, 60), st.integers(1, 60), st.integers(10_000, 90_000))
place = st.integers(0, 11)
shift = st.one_of(st.just(0), st.just(0), st.integers(-25, 10))
count = st.integers(0, 4)
named = st.one_of(st.none(), place)
rest = st.one_of(st.none(), st.integers(0, 8))
orders = st.sampled_from([*AllocationOrder, AllocationOrder.OLDEST_DUE, AllocationOrder.CIVIL_CODE])
limits = st.sampled_from([0, 5, 40])
charges = st.sampled_from(["late_fee", "indemnity", "return_charge"])


class LedgerMachine(Hands):
    """The steps; what is refused must leave no trace, what is accepted the second ledger does as well."""

    # Steps: documents from outside.

    @initialize(minors=st.lists(amount, min_size=6, max_size=6), late=st.integers(-10, 10), order=orders, limit=limits)
    def some_history(self, minors: list[int], late: int, order: AllocationOrder, limit: int) -> None:
        for position, name in enumerate(sorted(ACCOUNTS)):
            for n in range(3):
                self.invoice_file(name, "EUR" if n else "JPY", n, minors[3 * position + n], late - 5 * n, 10, 2 - n)
            self.receipt(name, "EUR", minors[position] // 2 + 1, -3, None, None, False, None)
        self.policy(order, limit, True, InterestOnSettlement.KEEP)

    @rule(name=who, currency=coin, n=count, minor=amount, moved=shift, term=st.integers(0, 30), kind=st.integers(0, 5))
    def invoice_file(self, name: str, currency: str, n: int, minor: int, moved: int, term: int, kind: int) -> None:
        born = self.today + days(moved - 20 - (355 if kind == 0 else 0))
        due = None if kind == 1 else born + days(term)
        row = {"account": name, "number": f"F{n}", "currency": currency, "amount": self.written(minor, currency),
               "issued_on": str(born), "due_on": str(due or ""), "tax_amount": self.written(minor // 6, currency)}  # fmt: skip
        if self.bring("invoices", row):
            self.accepted["invoice file"] += 1
            waits = any(self.books[name].left(m) for m in self.books[name].money)
            self.books[name].owe("invoice", f"F{n}", currency, born, due, minor)
            if waits:
                self.settle(name)

    @rule(name=who, currency=coin, n=count, minor=amount, moved=shift, meant=count, kind=st.booleans())
    def credit_file(self, name: str, currency: str, n: int, minor: int, moved: int, meant: int, kind: bool) -> None:
        day = self.today + days(moved)
        row = {"account": name, "currency": currency, "amount": self.written(minor, currency), "invoice": f"F{meant}"}
        row |= {"reference": f"B{n}", "received_on": str(day)} if kind else {"number": f"A{n}", "issued_on": str(day)}
        if self.bring("payments" if kind else "credits", row):
            self.accepted["payment file" if kind else "credit file"] += 1
            made = ("receipt", f"B{n}") if kind else ("credit_note", f"A{n}")
            self.books[name].credit(*made, currency, day, minor, f"F{meant}")
            # Interest that a payment clears first has no key: it was billed before anything was settled.
            for (posting,) in self.rows(
                "SELECT id FROM ledger_posting WHERE account_id = %s AND kind = 'interest_billed' AND key IS NULL",
                self.ids[name],
            ):
                self.told(name, "interest", True, posting)
            self.settle(name)

    @rule(name=who, currency=coin, minor=amount, moved=shift, meant=named, wished=named, part=st.booleans(), short=rest)
    def receipt(
        self, name: str, currency: str, minor: int, moved: int, meant: int | None, wished: int | None, part: bool,
        short: int | None,
    ) -> None:  # fmt: skip
        """Any amount, or what is open of the item it names less a little."""
        self.serial += 1
        first, second = self.owed(name, meant), self.owed(name, wished)
        if first and short is not None:
            currency, minor = first.currency, max(1, self.books[name].open(first) - short)
        wishes = (Wish(second.number, max(1, minor // 2) if part else None),) if second else ()
        order = ReceiptOrder(
            self.ids[name], f"R{self.serial}", currency, minor, self.today + days(moved), "transfer",
            first.number if first else "", wishes, IBAN,
        )  # fmt: skip
        key = f"receipt-{self.serial}"
        done = self.attempt("receipt", lambda: services.post_receipt(order, "bank", key))
        if done is None:
            return
        assert done.created
        self.posted.append((name, order, key))
        book = self.books[name]
        money = book.credit("receipt", order.number, currency, order.received_on, minor, order.named_item,
                            [(wish.item_number, wish.amount_minor) for wish in wishes])  # fmt: skip
        ((posting,),) = self.rows("SELECT posting_id FROM ledger_credit WHERE id = %s", done.credit_id)
        # Interest accrued to the day of the payment is billed first where the civil code's order is followed.
        self.told(name, "interest", True, posting)
        self.settle(name, order.received_on)
        assert done.unallocated_minor == book.left(money)

    @precondition(lambda self: self.posted)
    @rule(position=place, changed=st.booleans())
    def receipt_again(self, position: int, changed: bool) -> None:
        _, order, key = self.posted[position % len(self.posted)]
        other = ReceiptOrder(order.account_id, order.number, order.currency, order.amount_minor + 1, order.received_on,
                             order.method, order.named_item, order.wishes, order.payer_iban)  # fmt: skip
        before = digest()
        done = self.attempt("receipt again", lambda: services.post_receipt(other if changed else order, "bank", key))
        assert digest() == before
        assert (done is None) is changed
        assert done is None or not done.created

    # Steps: what people do with money.

    @rule(name=who, position=place, moved=shift)
    def reversal(self, name: str, position: int, moved: int) -> None:
        if (money := self.had(name, position)) is None:
            return
        on = self.today + days(moved)
        done = self.attempt(
            "reversal", lambda: services.reverse_receipt(self.ids[name], self.credit(name, money), on, "returned")
        )
        if done:
            self.books[name].reverse(money, on)
            self.settle(name, on)

    @rule(name=who, currency=coin, minor=amount, moved=shift, meant=named)
    def credit_note(self, name: str, currency: str, minor: int, moved: int, meant: int | None) -> None:
        act, debit = self.act(name, moved), self.owed(name, meant, open_only=False)
        order = CreditNoteOrder(f"N{self.serial}", currency, minor, debit.number if debit else "")
        if (done := self.attempt("credit note", lambda: services.post_credit_note(act, order))) is None:
            return
        book = self.books[name]
        wishes = [(part.number, None) for part in book.instalments(debit)] if debit else []
        money = book.credit("credit_note", order.number, currency, act.on, minor, order.item_number, wishes)
        self.settle(name, act.on)
        assert done.unallocated_minor == book.left(money)

    @rule(name=who, position=place, at=place, minor=amount, moved=shift, stale=st.booleans())
    def by_hand(self, name: str, position: int, at: int, minor: int, moved: int, stale: bool) -> None:
        money, debit = self.had(name, position, left_only=True), self.owed(name, at)
        if money is None or debit is None:
            return
        book, act = self.books[name], self.act(name, moved)
        minor = min(minor, book.left(money), book.open(debit)) if minor < 10_000 else minor
        line = AllocationLine(self.credit(name, money), self.item(name, debit), minor)
        looked = {line.credit_id: book.left(money) + stale}
        if self.attempt("by hand", lambda: services.allocate_by_hand(act, [line], looked)):
            book.move(money, debit, minor, act.on, bound=True)
            money.by_hand = True
            book.round_off([debit])
            self.settle(name, act.on)

    @rule(name=who, position=place, moved=shift)
    def undo(self, name: str, position: int, moved: int) -> None:
        book, act = self.books[name], self.act(name, moved)
        live = book.live()
        if not live:
            return
        move = live[position % len(live)]
        found = self.rows(
            "SELECT a.id FROM ledger_allocation a JOIN ledger_credit c ON c.id = a.credit_id "
            "WHERE a.account_id = %s AND a.item_id = %s AND c.kind = %s "
            "AND (c.number = %s OR c.kind IN ('split', 'small_difference'))"
            " AND a.amount_minor = %s AND a.effective_on = %s AND a.undoes_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM ledger_allocation u WHERE u.undoes_id = a.id)",
            self.ids[name], self.item(name, move.debit), move.money.kind, move.money.number, move.minor, move.day,
        )  # fmt: skip
        if self.attempt("undo", lambda: services.undo_allocations(act, [found[0][0]])):
            book.free([move], act.on)
            move.money.by_hand = True
            book.forget_small_differences(act.on)
            self.settle(name, act.on)

    @rule(name=who, position=place, moved=shift)
    def release(self, name: str, position: int, moved: int) -> None:
        found = [m for m in self.books[name].money if m.by_hand]
        if not found:
            return
        money, act = found[position % len(found)], self.act(name, moved)
        if self.attempt("release", lambda: services.release_credit(act, self.credit(name, money))):
            money.by_hand = False
            self.settle(name, act.on)

    @rule(slip=count, minors=st.lists(st.tuples(who, amount), min_size=1, max_size=3), moved=shift)
    def deposit(self, slip: int, minors: list[tuple[str, int]], moved: int) -> None:
        on = self.today + days(moved)
        cheques = tuple(Cheque(self.ids[name], f"{n}", minor) for n, (name, minor) in enumerate(minors))
        order = DepositOrder(self.creditor, f"S{slip}", on, "EUR", cheques)
        known = self.rows("SELECT 1 FROM ledger_deposit WHERE number = %s", order.number)
        if self.attempt("deposit", lambda: services.post_deposit(order, "ines")) and not known:
            for n, (name, minor) in enumerate(minors):
                self.books[name].credit("receipt", f"S{slip}/{n}", "EUR", on, minor)
                ((posting,),) = self.rows("SELECT posting_id FROM ledger_credit WHERE number = %s", f"S{slip}/{n}")
                self.told(name, "interest", True, posting)
            for name in sorted({name for name, _ in minors}):
                self.settle(name, on)

    # Steps: what people do with items.

    @rule(
        name=who,
        position=place,
        minor=amount,
        moved=shift,
        kind=charges,
    )
    def charge(self, name: str, position: int, minor: int, moved: int, kind: str) -> None:
        act, debit, money = self.act(name, moved), self.owed(name, position, open_only=False), self.had(name, position)
        if debit is None or money is None:
            return
        calls: dict[str, Callable[[], object]] = {
            "late_fee": lambda: services.post_late_fee(act, self.item(name, debit), minor),
            "indemnity": lambda: services.post_indemnity(act, self.item(name, debit)),
            "return_charge": lambda: services.post_return_charge(act, self.credit(name, money), minor),
        }
        if self.attempt(kind.replace("_", " "), calls[kind]):
            assert self.told(name, kind)
            self.settle(name, act.on)

    @rule(name=who, position=place, moved=shift, deed=st.sampled_from(["bill interest", "waive interest", "notice"]))
    def interest(self, name: str, position: int, moved: int, deed: str) -> None:
        act, debit = self.act(name, moved), self.owed(name, position, open_only=False)
        if debit is None:
            return
        ids = [self.item(name, debit)]
        calls: dict[str, Callable[[], object]] = {
            "bill interest": lambda: services.bill_interest(act, ids),
            "waive interest": lambda: services.waive_interest(act, ids),
            "notice": lambda: services.record_formal_notice(act, ids),
        }
        if self.attempt(deed, calls[deed]) and deed == "bill interest":
            assert self.told(name, "interest")
            self.settle(name, act.on)

    @rule(name=who, position=place, moved=shift, later=st.integers(-5, 40))
    def postpone(self, name: str, position: int, moved: int, later: int) -> None:
        if (debit := self.owed(name, position)) is None:
            return
        act, due = self.act(name, moved), (debit.due or self.today) + days(later)
        if self.attempt("postpone", lambda: services.postpone(act, self.item(name, debit), due)):
            self.books[name].due_dates.append((debit, due, act.on))

    @rule(name=who, position=place, moved=shift, first=amount, term=st.integers(0, 20))
    def split(self, name: str, position: int, moved: int, first: int, term: int) -> None:
        if (debit := self.owed(name, position)) is None:
            return
        book, act = self.books[name], self.act(name, moved)
        open_minor = book.open(debit)
        first = first % open_minor if first != open_minor else first
        parts = [(act.on + days(term), first), (act.on + days(term + 30), open_minor - first)]
        done = self.attempt("split", lambda: services.split(act, self.item(name, debit), parts))
        if done:
            spread = book.credit("split", f"SPL-{act.key}", debit.currency, act.on, open_minor)
            book.move(spread, debit, open_minor, act.on, bound=True)
            made = self.rows("SELECT number FROM ledger_openitem WHERE id = ANY(%s) ORDER BY id", list(done.ids))
            for (part_number,), (due, minor) in zip(made, parts, strict=True):
                part = book.owe("instalment", part_number, debit.currency, act.on, due, minor, debit)
                book.doubtful[part] = book.doubtful.get(debit, False)

    @rule(name=who, position=place, moved=shift, part=st.one_of(st.none(), amount), kind=st.sampled_from(ExclusionKind))
    def exclude(self, name: str, position: int, moved: int, part: int | None, kind: ExclusionKind) -> None:
        if (debit := self.owed(name, position)) is None:
            return
        book, act = self.books[name], self.act(name, moved)
        most = book.open(debit) - book.excluded(debit, kind)
        done = self.attempt("exclude", lambda: services.exclude(act, self.item(name, debit), kind, part, act.key))
        if done:
            book.left_out.append((debit, kind, most if part is None else part, act.on))
            self.left_out.append((name, done.ids[0], debit, kind, most if part is None else part))

    @precondition(lambda self: self.left_out)
    @rule(position=place, moved=shift)
    def lift(self, position: int, moved: int) -> None:
        name, exclusion, debit, kind, minor = self.left_out[position % len(self.left_out)]
        act = self.act(name, moved)
        if self.attempt("lift", lambda: services.lift_exclusion(act, exclusion)):
            self.books[name].left_out.append((debit, kind, -minor, act.on))
            self.settle(name, act.on)

    @rule(name=who, position=place, moved=shift, doubtful=st.booleans())
    def mark(self, name: str, position: int, moved: int, doubtful: bool) -> None:
        if (debit := self.owed(name, position)) is None:
            return
        act, service = self.act(name, moved), services.mark_doubtful if doubtful else services.unmark_doubtful
        if self.attempt("mark" if doubtful else "unmark", lambda: service(act, [self.item(name, debit)])):
            self.books[name].doubtful[debit] = doubtful

    @rule(name=who, position=place, moved=shift)
    def correct(self, name: str, position: int, moved: int) -> None:
        if (debit := self.owed(name, position, open_only=False)) is None:
            return
        book, act = self.books[name], self.act(name, moved)
        if self.attempt("correct", lambda: services.correct_item(act, self.item(name, debit))):
            paid = [m for m in book.live() if m.debit is debit and m.money.kind != "small_difference"]
            book.free(paid, act.on)
            book.forget_small_differences(act.on)
            book.take_back(debit, act.on)
            self.settle(name, act.on)

    # Steps: two people.

    @rule(name=who, positions=st.sets(place, min_size=1, max_size=2), moved=shift, vat=st.booleans())
    def ask_write_off(self, name: str, positions: set[int], moved: int, vat: bool) -> None:
        book, act = self.books[name], self.act(name, moved)
        chosen = list(dict.fromkeys(d for p in sorted(positions) if (d := self.owed(name, p))))
        ids = [self.item(name, d) for d in chosen]
        if done := self.attempt("ask write-off", lambda: services.request_write_off(act, ids, vat)):
            self.requests.append((name, done.ids[0], "write_off", {d: book.open(d) for d in chosen}, None, 0))

    @rule(name=who, position=place, minor=amount, moved=shift)
    def ask_refund(self, name: str, position: int, minor: int, moved: int) -> None:
        if (money := self.had(name, position, left_only=True)) is None:
            return
        act = self.act(name, moved)
        minor = min(minor, self.books[name].left(money))
        call = lambda: services.request_refund(act, self.credit(name, money), minor, IBAN)  # noqa: E731
        if done := self.attempt("ask refund", call):
            self.requests.append((name, done.ids[0], "refund", {}, money, minor))

    @precondition(lambda self: self.requests)
    @rule(position=place, moved=shift, deed=st.sampled_from(["approve", "approve", "approve", "refuse", "withdraw"]))
    def decide(self, position: int, moved: int, deed: str) -> None:
        name, request, kind, wanted, money, minor = self.requests[position % len(self.requests)]
        book, act = self.books[name], self.act(name, moved, "ines" if deed == "withdraw" else "zoe")
        service = {"approve": services.approve_request, "refuse": services.refuse_request,
                   "withdraw": services.withdraw_request}[deed]  # fmt: skip
        done = self.attempt(f"{deed} {kind}" if deed == "approve" else deed, lambda: service(act, request))
        if done is None or deed != "approve":
            return
        if money is not None:
            item_number = f"RF-{done.posting_id}"
            paid_back = book.owe("refund", item_number, money.currency, act.on, act.on, minor)
            book.move(money, paid_back, minor, act.on, bound=True)
        else:
            lost = book.credit("write_off", f"WO-{done.posting_id}", next(iter(wanted)).currency, act.on,
                               sum(wanted.values()))  # fmt: skip
            for debit, asked in wanted.items():
                book.move(lost, debit, asked, act.on, bound=True)

    # Steps: the house.

    @rule(order=orders, limit=limits, recovers=st.booleans(),
          interest=st.sampled_from(InterestOnSettlement))  # fmt: skip
    def policy(self, order: AllocationOrder, limit: int, recovers: bool, interest: InterestOnSettlement) -> None:
        new = PolicyFacts(order, limit, interest, 0, None, recovers)
        self.attempt("policy", lambda: services.change_policy(self.creditor, new, "tried", "ines"))
        self.house.policy = new

    @rule(
        name=who, position=place, ago=st.integers(0, 40), kind=st.sampled_from(["acknowledgement", "court", "reminder"])
    )
    def interrupt(self, name: str, position: int, ago: int, kind: str) -> None:
        if (debit := self.owed(name, position)) is None:
            return
        act, on = self.act(name, 0), self.today - days(ago)
        self.attempt("interrupt", lambda: services.interrupt(act, [self.item(name, debit)], kind, on))

    @precondition(lambda self: self.house.first_open < self.today - days(9))
    @rule(ago=st.integers(1, 30))
    def seal(self, ago: int) -> None:
        day = self.today - days(ago)
        if self.attempt("seal", lambda: services.seal_through(self.creditor, day, "ines", self.today)):
            self.house.first_open = day + days(1)
            for kept in (day, day - days(6), day - days(25)):
                self.sealed.setdefault(kept, seen(self.ids, kept))

    @rule(passed=st.integers(1, 9), whole=st.booleans())
    def night(self, passed: int, whole: bool) -> None:
        self.today += days(passed)
        if whole:
            import_scenario(ONLY_WORDS, "test")
            self.attempt("night", lambda: run(self.today))
        elif self.attempt("expire", lambda: services.expire_items(self.today)):
            self.accepted["expired"] += 1


ONLY_WORDS = """
code: default
name: {fr: Sans frais, en: Without charges}
stages: [{code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}]
"""
"""The second ledger knows no dunning: the night of this machine charges nothing."""

# Shrinking a failure takes longer than reading it.
CALM = settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def walk(seed: int, step_count: int) -> None:
    """Steps drawn evenly: Hypothesis itself favours simple and repeated ones, which seldom meet on one account."""
    draw, machine = random.Random(seed), LedgerMachine()
    done = []
    try:
        (beginning,) = machine._initialize_rules_to_run
        steps = [beginning, *draw.choices(machine.rules, k=step_count)]
        for step in steps:
            if all(allows(machine) for allows in step.preconditions):
                drawn = ConjectureData(random=draw)
                with BuildContext(drawn, wrapped_test=walk):
                    arguments = {name: drawn.draw(of) for name, of in step.arguments_strategies.items()}
                done.append(f"{step.function.__name__}({arguments})")
                step.function(machine, **arguments)
                machine.holds()
    except AssertionError as error:
        raise AssertionError("\n".join([f"walk {seed}:", *done, str(error)])) from error
    finally:
        machine.teardown()


@pytest.mark.django_db
def test_every_sequence_of_steps_is_what_a_second_ledger_says() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LedgerMachine, settings=settings(CALM, max_examples=6, stateful_step_count=20, derandomize=True)
    )


@pytest.mark.django_db
def test_long_walks_are_what_a_second_ledger_says() -> None:
    LedgerMachine.accepted.clear()
    for seed in range(6):
        walk(seed, 45)
    assert len(LedgerMachine.accepted) >= 20, f"too few kinds of step were ever accepted: {LedgerMachine.accepted}"


@pytest.mark.slow
@pytest.mark.django_db
def test_many_more_sequences() -> None:
    for seed in range(100, 220):
        walk(seed, 60)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LedgerMachine, settings=settings(CALM, max_examples=80, stateful_step_count=50)
    )
