"""Template helpers of the page on effectiveness: shares, their bars, and what the bars say in words."""

from decimal import Decimal

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from relance.faces.desk.effect_lines import Line
from relance.faces.desk.templatetags.desk import count, language
from relance.insight.facts import Share

register = template.Library()


@register.filter
def of_hundred(value: Decimal | None) -> str:
    """A share in percent with one decimal: `52.0%`, `52,0 %`; a dash for None."""
    if value is None:
        return "–"
    text = f"{value:.1f}"
    return text.replace(".", ",") + "\u202f%" if language() == "fr" else f"{text}%"


@register.filter
def interval(share: Share) -> str:
    """The bounds of a share: `41.2 – 62.8%`; nothing where there is none."""
    return "" if share.low is None or share.high is None else f"{of_hundred(share.low)} – {of_hundred(share.high)}"


@register.filter
def grouping(code: str) -> str:
    """What contacts are grouped by, in words."""
    words = {"method": _("Method"), "template": _("Text"), "stage": _("Stage"), "month": _("Month")}
    return words.get(code) or _("All together")


@register.filter
def days_words(days: int) -> str:
    """A window: `3 days`."""
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


@register.filter
def customers_words(number: int) -> str:
    """How many customers."""
    return ngettext("%(count)s customer", "%(count)s customers", number) % {"count": count(number)}


@register.simple_tag
def effect_bar(line: Line, scale: int) -> SafeString:
    """What was paid of what was asked: the share of each window over that of the next longer one, on a common scale.

    A window that is still running is not drawn. Screen readers hear the shares.
    """
    shares = [(window.days, window.paid_percent) for window in line.group.windows if window.paid_percent is not None]
    said = ", ".join(f"{days_words(days)}: {of_hundred(share)}" for days, share in shares) or _("still running")
    title = f"{line.title} {line.under}".strip()
    rectangles = [(days, f"{float(share) * 100 / scale:.2f}") for days, share in reversed(shares)]
    return format_html(
        '<svg class="effect-bar" viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<title>{}</title><rect class="bar-track" width="100" height="14"></rect>{}</svg>',
        f"{title}: {said}",
        f"{title}: {said}",
        format_html_join("", '<rect class="within-{}" width="{}" height="14"></rect>', rectangles),
    )
