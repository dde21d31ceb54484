"""Drawings for scenarios: stages on a line of days past due, and the open episodes as a bar of stages."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from relance.faces.desk.labels import label
from relance.faces.desk.scenario_words import Live, Rung
from relance.faces.desk.templatetags.desk import language

register = template.Library()

_ENDS = (14, 21, 30, 45, 60, 90, 120, 150, 180, 240, 300, 365, 540, 730, 1095, 1460, 1825, 2555, 4000)
_STEPS = (1, 2, 5, 7, 10, 15, 30, 60, 90, 180, 365)
_MARGIN, _LANE, _AXIS = 5.0, 44, 12
_LETTER = 1.55
"""How many per cent of the line a letter of a label takes where the line stands beside another column."""


@dataclass(frozen=True, slots=True)
class _Stop:
    place: float
    lane: int
    rung: Rung


@register.filter
def decimal_text(text: str) -> str:
    """An amount of a scenario, which has no currency, as the reader writes it."""
    return text.replace(".", ",") if language() == "fr" else text


@register.simple_tag
def time_line(rungs: Sequence[Rung]) -> SafeString:
    """Stages as stops on a line of days past due, each a link to its details further down; drawn without any script."""
    end = next(days for days in _ENDS if days >= max(rung.stage.age_days for rung in rungs) * 1.1)
    step = next((days for days in _STEPS if days * 100 / end >= 4.5), 365)
    stops = _stops(rungs, end)
    height = _AXIS + 22 + _LANE * (1 + max(stop.lane for stop in stops))
    ticks = format_html_join(
        "", '<text class="tick" x="{}%" y="{}">{}</text>',
        ((f"{_at(day, end):.2f}", _AXIS + 20, day) for day in range(0, end + 1, step)),
    )  # fmt: skip
    return format_html(
        '<svg class="time-line" width="100%" height="{}" role="group" aria-label="{}">'
        '<line class="axis" x1="{}%" x2="{}%" y1="{}" y2="{}"></line>{}{}</svg>',
        height, _("Stages by days past due"), _MARGIN, 100 - _MARGIN, _AXIS, _AXIS, ticks,
        format_html_join("", "{}", ((_drawn(stop),) for stop in stops)),
    )  # fmt: skip


def _drawn(stop: _Stop) -> SafeString:
    stage = stop.rung.stage
    low = _AXIS + 34 + stop.lane * _LANE
    return format_html(
        '<a href="#stage-{}" class="stop-link{}"><svg x="{}%" y="0" overflow="visible"><title>{}</title>'
        '<line class="drop" y1="{}" y2="{}"></line><circle cy="{}" r="6.5"></circle>'
        '<text class="name" y="{}">{}</text><text class="under" y="{}">{}</text></svg></a>',
        stage.code, " mandatory" if stage.mandatory else "", f"{stop.place:.2f}", " · ".join(stop.rung.actions),
        _AXIS + 25, max(_AXIS + 25, low - 10), _AXIS, low + 4, label("stage", stage.code), low + 20,
        _("day %(day)s") % {"day": stage.age_days},
    )  # fmt: skip


def _stops(rungs: Sequence[Rung], end: int) -> list[_Stop]:
    """Each stage at its day, in the first lane in which its label touches no other."""
    lanes: list[float] = []
    stops = []
    for rung in rungs:
        place = _at(rung.stage.age_days, end)
        half = max(4.0, len(label("stage", rung.stage.code)) * _LETTER / 2)
        lane = next((number for number, taken in enumerate(lanes) if taken <= place - half), len(lanes))
        if lane == len(lanes):
            lanes.append(0.0)
        lanes[lane] = place + half + 1
        stops.append(_Stop(place, lane, rung))
    return stops


def _at(day: int, end: int) -> float:
    return _MARGIN + day * (100 - 2 * _MARGIN) / end


@register.simple_tag
def stage_bar(live: Live | None) -> SafeString:
    """Open episodes as one bar of stages; pointing at a part tells its stage, how many and how much."""
    parts = live.parts if live else []
    whole = sum(episodes for episodes, _tone, _words in parts)
    left, shapes = 0.0, []
    for episodes, tone, words in parts:
        width = episodes * 100 / whole
        shapes.append((tone, f"{left:.2f}", f"{max(width - 0.6, 0.4):.2f}", words))
        left += width
    return format_html(
        '<svg class="bar bar-stages" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="bar-track" width="100" height="8"></rect>{}</svg>',
        "; ".join(words for _episodes, _tone, words in parts) or _("No open episode"),
        format_html_join(
            "", '<rect class="fill-{}" x="{}" width="{}" height="8"><title>{}</title></rect>', shapes
        ),
    )  # fmt: skip
