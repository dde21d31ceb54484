"""Template helpers of the finance pages: rates, fingerprints, periods, and names from the journal."""

from decimal import Decimal

from babel.numbers import format_decimal
from django import template
from django.utils.translation import ngettext

from relance.faces.desk.templatetags.desk import language
from relance.ledger.journal import BOOKS, KINDS
from relance.legal.packs import packs

register = template.Library()

_SHOWN_OF_FINGERPRINT = 12


@register.filter
def percentage(value: Decimal | None) -> str:
    """A rate in percent with two decimals or more: `2.62%`, `2,62 %`; nothing for None."""
    if value is None:
        return ""
    space = "\u202f" if language() == "fr" else ""
    return f"{format_decimal(value, format='0.00######', locale=language())}{space}%"


@register.filter
def fingerprint(value: str) -> str:
    """The beginning of a hash, enough to compare by eye."""
    return value[:_SHOWN_OF_FINGERPRINT]


@register.filter
def book_name(code: str) -> str:
    """The name of a book of the journal."""
    return BOOKS[code][language()] if code in BOOKS else code


@register.filter
def entry_kind(code: str) -> str:
    """What a kind of document is called in the journal."""
    if code not in KINDS:
        return code.replace("_", " ").capitalize()
    _book, french, english = KINDS[code]
    return french if language() == "fr" else english


@register.filter
def limitation_law(rule: str) -> str:
    """A limitation rule as its period and its source: `1 year (CPCE L34-2, al. 2)`; a rule of no pack as it is."""
    country, _dot, name = rule.partition(".")
    code = f"{country}.{name.partition('.')[0]}"
    known = packs().get(country.upper())
    figures = [figure for figure in known.figures if figure.code == code] if known else []
    if not figures:
        return rule
    years = int(figures[-1].value)
    return f"{ngettext('%(count)s year', '%(count)s years', years) % {'count': years}} ({figures[-1].source})"
