"""Template helpers of experiments: decimals and differences as the reader writes them."""

from decimal import Decimal

from babel.numbers import format_decimal
from django import template

from relance.faces.desk.templatetags.desk import language
from relance.faces.desk.templatetags.finance import percentage

register = template.Library()


@register.filter
def number(value: Decimal | None) -> str:
    """A decimal with all its digits: `1.50`, `1,50`; a dash for None."""
    if value is None:
        return "–"
    places = max(0, -int(value.as_tuple().exponent))
    return str(format_decimal(value, format="#,##0." + "0" * places if places else "#,##0", locale=language()))


@register.filter
def signed(value: Decimal) -> str:
    """A difference with its sign: `+3.20`, `\u22121,05`."""
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    return sign + number(abs(value))


@register.filter
def share(value: Decimal | None) -> str:
    """A share in percent; a dash for None."""
    return "–" if value is None else percentage(value)
