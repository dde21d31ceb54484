"""One creditor's business date being worked: what a step may use."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from relance.cycle.facts import BrokenLaw
from relance.kit.laws import check, every_law

Watcher = Callable[[str, int, int], None]


@dataclass(slots=True)
class Verdict:
    """What the nightly laws say. They look at the whole database, so nights that are worked together share one look."""

    _broken: tuple[BrokenLaw, ...] | None = None

    def broken_laws(self) -> tuple[BrokenLaw, ...]:
        """The broken laws, checked at the first call."""
        if self._broken is None:
            nightly = [law for law in every_law() if law.nightly]
            self._broken = tuple(
                BrokenLaw(report.law, report.offenders, report.examples)
                for report in check(nightly)
                if report.offenders
            )
        return self._broken


@dataclass(slots=True)
class Night:
    """The cycle of one creditor and business date. `watch(step, done, total)` is told about long work.

    `broken_laws` are the laws that the verify step found broken: such a night is held open.
    """

    cycle_id: int
    creditor_id: int
    business_date: dt.date
    workers: int
    watch: Watcher
    verdict: Verdict
    broken_laws: tuple[BrokenLaw, ...] = field(default=())
