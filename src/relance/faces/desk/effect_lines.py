"""The report on effectiveness as the desk shows it: what is asked for, the lines in words, their order, and the chart."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from relance.customers.facts import CreditorFacts
from relance.dunning.facts import ScenarioFacts
from relance.faces.desk.access import plain
from relance.faces.desk.books import known_creditors
from relance.faces.desk.labels import LABELS, label
from relance.faces.desk.story import scenario_name
from relance.faces.desk.templatetags.desk import month_name
from relance.faces.desk.work_words import kind_title
from relance.insight.facts import EFFECT_DIMENSIONS, EffectGroup, EffectReport, EffectWindow
from relance.outbound.queries import channel_codes
from relance.worklist.queries import kinds

MONTHS_OFFERED = 24
"""So many months back one may choose from."""

SHOWN, DRAWN = 200, 12
"""Lines of the table, and of the chart; the files hold all of them."""

EVERY = "every"
"""What the address says for a line per method, text, stage and month."""

SORTS = ("customers", "claimed", "3", "7", "14", "30", "new")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked for; empty texts mean all. `months` are those to choose from, the latest first."""

    from_month: dt.date
    to_month: dt.date
    by: str
    sort: str
    method: str
    stage: str
    creditor: CreditorFacts | None
    creditors: Sequence[CreditorFacts]
    months: Sequence[dt.date]
    methods: Sequence[tuple[str, str]]
    stages: Sequence[tuple[str, str]]

    @property
    def dimension(self) -> str:
        """What the report is grouped by; empty for all four dimensions."""
        return "" if self.by == EVERY else self.by

    @property
    def is_narrowed(self) -> bool:
        """Whether contacts are left out by a filter other than the months."""
        return bool(self.method or self.stage or self.creditor)


@dataclass(frozen=True, slots=True)
class Line:
    """A group in words: what it is, what tells it apart further, and its figures."""

    title: str
    under: str
    group: EffectGroup

    @property
    def told(self) -> EffectWindow | None:
        """The longest window that has something to tell."""
        return next((window for window in reversed(self.group.windows) if not window.is_open), None)


@dataclass(frozen=True, slots=True)
class CurrencyPart:
    """The report in one currency; `scale` is the share in percent at which a bar of the chart is full."""

    total: EffectGroup
    lines: Sequence[Line]
    line_count: int
    drawn: Sequence[Line]
    scale: int


def asked(parameters: Mapping[str, str], today: dt.date, scenarios: Iterable[ScenarioFacts]) -> Asked:
    """What an address asks for; what cannot be read is left at its default: the last three months, by method."""
    months = [today.replace(day=1)]
    while len(months) < MONTHS_OFFERED:
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    from_month = _month(parameters.get("from", ""), months, months[2])
    to_month = _month(parameters.get("to", ""), months, months[0])
    creditors = known_creditors()
    methods = [(code, method_words(code)) for code in _methods()]
    stages = [
        (f"{scenario.code}/{stage.code}", _stage_words(f"{scenario.code}/{stage.code}", {scenario.code: scenario.name}))
        for scenario in scenarios
        for stage in scenario.stages
    ]
    code = plain(parameters.get("creditor", ""))
    return Asked(
        min(from_month, to_month), max(from_month, to_month),
        _known(parameters.get("by", ""), (*EFFECT_DIMENSIONS, EVERY)) or "method",
        _known(parameters.get("sort", ""), SORTS),
        _known(parameters.get("method", ""), [code for code, _words in methods]),
        _known(parameters.get("stage", ""), [code for code, _words in stages]),
        next((found for found in creditors if found.code == code), None), creditors, months, methods, stages,
    )  # fmt: skip


def parts(report: EffectReport, sort: str, names: Mapping[str, Mapping[str, str]]) -> list[CurrencyPart]:
    """The report per currency, its lines in the order asked for: the most claimed first, months in their own order."""
    found = []
    for total in report.totals:
        groups = [group for group in report.groups if group.currency == total.currency]
        if sort or report.by != "month":
            groups.sort(key=lambda group: _weight(group, sort or "claimed"), reverse=True)
        lines = [Line(*_words(group, report.by, names), group) for group in groups]
        drawn = [line for line in lines[:DRAWN] if line.group.contact_count]
        most = max((window.paid_percent or 0 for line in drawn for window in line.group.windows), default=0)
        found.append(CurrencyPart(total, lines[:SHOWN], len(lines), drawn, max(10, math.ceil(most / 10) * 10)))
    return found


def method_words(code: str) -> str:
    """What a way of contacting is called."""
    return label("channel", code) if code in LABELS["channel"] else kind_title(code)


def _words(group: EffectGroup, by: str, names: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    method = method_words(group.method) if group.method else ""
    template = label("template", group.template) if group.template else _("no text")
    stage = _stage_words(group.stage or "", names)
    month = month_name(group.month)
    match by:
        case "method":
            return method, ""
        case "template":
            return template, ""
        case "stage":
            return stage, ""
        case "month":
            return month.capitalize(), ""
    return method, " · ".join((template, stage, month))


def _stage_words(code: str, names: Mapping[str, Mapping[str, str]]) -> str:
    if not code:
        return _("no stage")
    scenario, _slash, stage = code.partition("/")
    return f"{label('stage', stage)} ({scenario_name(names.get(scenario, {}), scenario)})"


def _weight(group: EffectGroup, sort: str) -> tuple[bool, int, int]:
    """What a line is ordered by; windows that are still running come last."""
    if sort == "customers":
        return True, group.customer_count, group.claimed_minor
    if sort == "claimed":
        return True, group.claimed_minor, group.customer_count
    if sort == "new":
        percent = group.windows[-1].new_debt_percent
        return percent is not None, int(100 * (percent or 0)), group.claimed_minor
    window = next(window for window in group.windows if str(window.days) == sort)
    return not window.is_open, window.paid_minor, group.claimed_minor


def _methods() -> list[str]:
    spoken = (code for code, kind in kinds().items() if any(end.reached for end in kind.outcomes))
    return [*channel_codes(), *spoken]


def _month(text: str, months: Sequence[dt.date], otherwise: dt.date) -> dt.date:
    return next((month for month in months if f"{month:%Y-%m}" == plain(text)), otherwise)


def _known(text: str, known: Iterable[str]) -> str:
    return text if text in known else ""
