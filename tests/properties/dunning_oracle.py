"""A second dunning engine, from docs/reference/decisions.md alone: it looks at all of one account every night."""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from tests.properties.dunning_shapes import DAY, Event, History, Hold, Ladder, Line, Purse, Rung, World, moved, works

SPEAKING = ("aid_request", "vulnerable")  # every other kind of hold forbids reminders and pauses the age


@dataclass
class Episode:
    """The last stage entered, when it was performed; `undone` holds later stages; `told`: the last state by action."""

    ladder: Ladder
    index: int = -1
    entered: dt.date = dt.date.max
    performed: dt.date | None = None
    undone: set[str] = field(default_factory=set)
    told: dict[tuple[str, str], str] = field(default_factory=dict)


def answer(world: World, history: History) -> list[Line]:
    """All that should happen to an account on the nights of this world; a day's events come before its night."""
    account = Account(world)
    for event in sorted([*history.events, *(Event(on, "night") for on in world.nights)], key=lambda event: event.on):
        account.night(event.on) if event.verb == "night" else account.happens(*event)
    return account.lines


class Account:
    """One account as it stands; a case is `""` (the account) or the number of an item, as the ladder's level says."""

    def __init__(self, world: World) -> None:
        self.world, self.purse, self.holds = world, Purse(), dict[int, Hold]()
        self.running, self.ended, self.lines = dict[str, Episode](), dict[str, tuple[Episode, dt.date]](), list[Line]()
        self.reachable, self.credit_class, self.chosen = True, "standard", ""

    def happens(self, on: dt.date, verb: str, told: tuple[Any, ...]) -> None:
        """Take an event in. Money decides at once whether an episode ends, or goes on where it stood."""
        match verb, *told:
            case "bill" | "pay", *_:
                getattr(self.purse, verb)(on, *told)
                for case in [c for c, e in self.running.items() if self.purse.owed(c, on) <= e.ladder.leave]:
                    self.ended[case] = (self.running.pop(case), on)
            case "take_back", reference:
                gone = self.purse.take_back(reference)
                for case, (e, _) in [x for x in self.ended.items() if self.purse.pursued(gone, x[0], x[1][1])]:
                    begun = case in self.running and self.running[case].index >= 0
                    if not begun and self.purse.owed(case, on) > e.ladder.leave:
                        self.running[case], _ = self.ended.pop(case)
            case "hold", n, *shape:
                self.holds[n] = Hold(*shape)
            case "turn", n, turn:
                self.holds[n] = replace(self.holds[n], turns=(*self.holds[n].turns, turn))
            case "set", name, value:
                setattr(self, name, value)
            case "work_done", *_:
                for e in [*self.running.values(), *(ended for ended, _ in self.ended.values())]:
                    e.undone.discard("task")
            case "switch", code, keep:
                self.ended = {case: ended for case, ended in self.ended.items() if case not in self.running}
                for case, old in self.running.items():
                    e, age = Episode(self.ladder(on, code)), (on - self.anchor(case, on)).days
                    if keep and (reached := sum(rung.age <= age for rung in e.ladder.rungs)):
                        e.index, e.entered, e.performed = reached - 1, on, old.performed or on
                    self.running[case] = old if keep and old.ladder == e.ladder else e

    def ladder(self, on: dt.date, code: str = "") -> Ladder:
        fit = [x for x in self.world.ladders(on).values() if x.credit_class in ("", self.credit_class)]
        return self.world.ladders(on).get(code or self.chosen) or min(fit, key=lambda x: (-x.priority, x.code))

    def silence(self, number: str = "") -> set[dt.date]:
        """The days on which a hold forbids reminders of the whole account; or of all of an item, but not the account."""
        about = (h for h in self.holds.values() if h.kind not in SPEAKING and h.is_about(number, self.purse.items))
        return set().union(*(h.days for h in about))

    def chased(self, case: str, on: dt.date) -> dict[str, int]:
        """What may be asked for of each overdue item, whatever holds of the whole account say."""
        late = self.purse.overdue(case, on)
        parts = {n: sum(h.part for h in self.holds.values() if h.item == n and on in h.days) for n in late}
        return {n: late[n] - parts[n] for n in late if late[n] > parts[n] and on not in self.silence(n)}

    def anchor(self, case: str, on: dt.date) -> dt.date:
        """The earliest effective due date of what is chased: due, and a day later for each day of silence since."""
        due, whole = {n: self.purse.items[n].due for n in self.chased(case, on)}, self.silence()
        return min((d + sum(d < x <= on for x in whole | self.silence(n)) * DAY for n, d in due.items()), default=on)

    def obstacle(self, action: str, on: dt.date) -> str:
        aid = action == "send:formal_notice" and "aid_request" in [h.kind for h in self.holds.values() if on in h.days]
        return "hold:aid_request" if aid else "unreachable" if action.startswith("send") and not self.reachable else ""

    def night(self, on: dt.date) -> None:
        """Look at every case; of items entering stages of different ages the highest stage, then the oldest item, writes."""
        steps, heard = [], []
        for case in list(self.purse.items) if self.ladder(on).by_item else [""]:
            for e, index, passed in self.look(case, on):
                steps.append((case, e, index, passed))
                if any(a.startswith("send") and not self.obstacle(a, on) for a in e.ladder.rungs[index].actions):
                    heard.append((-e.ladder.rungs[index].age, case and self.purse.items[case].due, case))
        for case, e, index, passed in steps:
            for rung, why in passed:
                self.tell(on, case, e, rung, "passed", why)
            rung, e.index, e.entered, e.performed = e.ladder.rungs[index], index, on, on
            e.undone = {a for a in rung.actions if rung.mandatory and (a == "task" or self.obstacle(a, on))}
            mute = "merged" if len({age for age, *_ in heard}) > 1 and case != min(heard)[2] else ""
            for a in rung.actions:
                why = self.obstacle(a, on) or (mute if a.startswith("send") else "")
                self.tell(on, case, e, rung, {"": "performed", "merged": "passed"}.get(why, "refused"), {a: why})

    def tell(self, on: dt.date, case: str, e: Episode, rung: Rung, state: str, why: dict[str, str]) -> None:
        self.lines += [Line(on, case, rung.code, a, state, why[a]) for a in why if e.told.get((rung.code, a)) != state]
        e.told |= {(rung.code, a): state for a in why}

    def look(self, case: str, on: dt.date) -> list[tuple[Episode, int, list[Any]]]:
        """The questions in their order; the stage to enter, if any, and the stages passed over with their reasons."""
        e, chased = self.running.get(case), self.chased(case, on)
        minor, ladder = sum(chased.values()), e.ladder if e else self.ladder(on)
        if over := e and self.purse.owed(case, on) <= ladder.leave:
            self.ended[case] = (self.running.pop(case), on)
        if over or (not e and minor < ladder.enter) or minor <= ladder.leave or on in self.silence():
            return []
        if e and ladder.restart and any(self.purse.items[n].due >= e.entered for n in chased):
            self.ended.pop(case, self.running.pop(case))
        e = self.running.setdefault(case, Episode(self.ladder(on)))
        last, rungs, passed, tried, found = e.ladder.rungs[e.index], () if e.undone else e.ladder.rungs, [], [], []
        if done := {a for a in e.undone - {"task"} if minor >= last.min_minor and not self.obstacle(a, on)}:
            e.undone, e.performed = e.undone - done, on
            self.tell(on, case, e, last, "performed", dict.fromkeys(done, ""))
        for n, rung in enumerate(rungs[e.index + 1 :], e.index + 1):
            due = [self.anchor(case, on) + rung.age * DAY]
            due += [e.performed + (rung.age - last.age) * DAY] if e.performed and not e.ladder.jump else []
            small, waits = minor < rung.min_minor, rung.working_day != "on" and not works(on)
            why = {a: "below_minimum" if small else self.obstacle(a, on) for a in rung.actions}
            if not rung.is_for(minor, self.credit_class):
                why = dict.fromkeys(why, "conditions")
            elif moved(max(due), rung.working_day) > on or waits or (small and rung.mandatory):
                break
            elif rung.mandatory or not all(why.values()):
                found, why = [(e, n, list(passed))], dict.fromkeys(why, "jumped")
                if rung.mandatory or not e.ladder.jump:
                    break
            elif not small:
                tried.append((rung, why))
                why = dict.fromkeys(why, "jumped") if e.ladder.jump else why
            passed.append((rung, why))
        for rung, why in () if found else tried:
            self.tell(on, case, e, rung, "refused", why)
        return found if e.index < 0 or e.entered < on else []
