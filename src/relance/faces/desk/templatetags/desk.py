"""Template helpers of the desk: amounts, dates, words for codes, icons and drawn bars."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from relance.faces.desk.labels import label as word_for
from relance.kit.money import display_amount

register = template.Library()


def language() -> str:
    """The reader's language, fr or en."""
    return "fr" if (get_language() or "").startswith("fr") else "en"


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units as a reader writes them; nothing for None."""
    return "" if minor is None else display_amount(minor, currency, language())


@register.filter
def day(value: dt.date | dt.datetime | str | None) -> str:
    """A day such as `3 Mar 2025` or `3 mars 2025`; also from an ISO text."""
    if not value:
        return ""
    if isinstance(value, str):
        value = dt.date.fromisoformat(value[:10])
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    return _written(value, "d MMM y")


def _written(value: dt.date, pattern: str) -> str:
    """The date in the reader's language; French counts the first of a month, and only the first."""
    reader = language()
    if reader == "fr" and value.day == 1:
        pattern = pattern.replace("d ", "d'er' ", 1)
    return str(format_date(value, pattern, locale=reader))


@register.filter
def long_day(value: dt.date | None) -> str:
    """A day in full, with its weekday."""
    return _written(value, "EEEE d MMMM y") if value else ""


@register.filter
def short_day(value: dt.date | None) -> str:
    """A day without its year, where the month's heading says it."""
    return _written(value, "EEE d MMM") if value else ""


@register.filter
def month_name(value: dt.date | None) -> str:
    """A month with its year."""
    return str(format_date(value, "MMMM y", locale=language())) if value else ""


@register.filter
def percent(part: int, whole: int) -> str:
    """A part of a whole in per cent, with one decimal below ten."""
    if whole <= 0:
        return ""
    share, space = Decimal(part) / whole, "\u202f" if language() == "fr" else ""
    digits = "#,##0.0" if share * 10 < 1 else "#,##0"
    return str(format_percent(share, format=f"{digits}{space}%", locale=language()))


@register.filter
def instant(value: dt.datetime | None) -> str:
    """A day and a time of the server's time zone."""
    return str(format_datetime(timezone.localtime(value), "d MMM y, HH:mm", locale=language())) if value else ""


@register.filter
def clock_time(value: dt.datetime | None) -> str:
    """The time of an instant, without its day."""
    return str(format_datetime(timezone.localtime(value), "HH:mm", locale=language())) if value else ""


@register.filter
def count(value: int | None) -> str:
    """A whole number with its groups of thousands."""
    return "" if value is None else str(format_decimal(value, format="#,##0", locale=language()))


@register.filter
def seconds(value: float | None) -> str:
    """A duration in seconds, with the decimals that matter."""
    if value is None:
        return ""
    pattern = "#,##0" if value >= 100 else "0.0" if value >= 10 else "0.00"
    return f"{format_decimal(value, format=pattern, locale=language())} s"


@register.filter
def ago(value: dt.datetime | None) -> str:
    """How long ago an instant was."""
    if not value:
        return ""
    return str(format_timedelta(value - timezone.now(), add_direction=True, locale=language(), threshold=0.9))


@register.filter
def iban(text: str, masked: bool = False) -> str:
    """An IBAN in groups of four; masked, only its country and its end."""
    plain = re.sub(r"\s", "", text).upper()
    if masked:
        return f"{plain[:4]} •••• {plain[-4:]}" if len(plain) > 8 else ""
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


@register.filter
def masked_iban(text: str) -> str:
    """An IBAN that only those who know it recognise."""
    return iban(text, masked=True)


@register.filter
def label(code: object, family: str) -> str:
    """The desk's word for a code."""
    return word_for(family, code)


@register.filter
def in_language(texts: Mapping[str, str] | None, fallback: str = "") -> str:
    """The text of a by-language mapping for the reader; else any; else the fallback."""
    if not texts:
        return fallback
    return texts.get(language()) or next(iter(texts.values()), fallback)


@register.filter
def web_link(address: str) -> str:
    """The address when a browser may follow it, else nothing: files may carry `javascript:` and the like."""
    return address if re.fullmatch(r"https?://[!-~]+", address, re.IGNORECASE) else ""


@register.filter
def item(mapping: Mapping[Any, Any] | None, key: object) -> Any:
    """The value of a mapping at a key that is itself a variable."""
    return mapping.get(key) if mapping else None


@register.filter
def menu_id(thing: Any) -> str:
    """A name for the menu of an item or a payment, unique on its page."""
    return f"menu-{thing.id}"


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A drawing of the sprite, hidden from screen readers: the words beside it speak."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra,
        static("desk/icons.svg"),
        name,
    )


@register.simple_tag
def bar(part: int, whole: int, tone: str = "accent") -> SafeString:
    """A horizontal bar filled to `part` of `whole`; the figures stand beside it as text."""
    width = 0 if whole <= 0 or part <= 0 else max(0.8, min(100.0, part * 100 / whole))
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-track" width="100" height="8"></rect>'
        '<rect class="fill-{}" width="{}" height="8"></rect></svg>',
        tone,
        f"{width:.2f}",
    )


@register.simple_tag
def columns(figures: Sequence[int], title: str = "") -> SafeString:
    """A small column chart, oldest figure first; the title says in words what it shows."""
    most = max(figures, default=0) or 1
    wide = 100 / max(len(figures), 1)
    rectangles = [
        (f"{place * wide + wide * 0.14:.2f}", f"{40 - height:.2f}", f"{wide * 0.72:.2f}", f"{height:.2f}")
        for place, height in enumerate(max(figure * 40 / most, 0.6) for figure in figures)
    ]
    return format_html(
        '<svg class="columns" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        title,
        format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}"></rect>', rectangles),
    )


@register.simple_tag
def thousandths_bar(part: float, whole: float) -> SafeString:
    """A bar of durations, drawn to the thousandth of a second."""
    return bar(int(part * 1000), int(whole * 1000))


@register.simple_tag
def total_of(figures: Mapping[str, int]) -> str:
    """The sum of a mapping's figures."""
    return count(sum(figures.values()))


@register.simple_tag
def stacked_bar(parts: Sequence[tuple[int, str]]) -> SafeString:
    """One bar made of (amount, tone) parts side by side, with a hairline between them."""
    shown = [(int(amount), tone) for amount, tone in parts if amount > 0]
    whole = sum(amount for amount, _tone in shown)
    rectangles: list[tuple[str, str, str]] = []
    left = 0.0
    for amount, tone in shown:
        width = amount * 100 / whole
        rectangles.append((tone, f"{left:.2f}", f"{max(width - 0.4, 0.3):.2f}"))
        left += width
    return format_html(
        '<svg class="bar bar-stacked" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-track" width="100" height="8"></rect>{}</svg>',
        format_html_join("", '<rect class="fill-{}" x="{}" width="{}" height="8"></rect>', rectangles),
    )


@register.simple_tag(takes_context=True)
def with_query(context: Mapping[str, Any], **changes: object) -> str:
    """The current query string with some parameters changed; an empty value takes one away."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    text = query.urlencode()
    return f"?{text}" if text else "?"
