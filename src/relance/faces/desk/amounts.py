"""Amounts as people type them in the desk, where the contract's plain decimal is not what a French keyboard gives."""

import re

from django.utils.translation import gettext as _

from relance.kit.money import AmountError, exponent, parse_amount

_SPACES = re.compile(r"[\u00a0\u202f ]")
_FRENCH = re.compile(r"^\d{1,3}( \d{3})*(,\d+)?$|^\d+(,\d+)?$")


def typed_amount(text: str, currency: str, language: str) -> int:
    """Minor units of an amount above zero as somebody typed it.

    A reader of French may write a decimal comma and spaces between thousands, where that can mean one thing only:
    `1 234,50` is read, `1,234` in euros is not (it may be a thousand). Raises AmountError with a sentence in the
    reader's language.
    """
    typed = _SPACES.sub(" ", text.strip())
    for symbol in ("€", currency):
        typed = typed.removeprefix(symbol).removesuffix(symbol).strip()
    if language == "fr" and _FRENCH.match(typed):
        typed = typed.replace(" ", "").replace(",", ".")
    try:
        if not typed.isascii():
            raise AmountError(typed)
        minor = parse_amount(typed, currency)
    except AmountError:
        raise AmountError(_hint(typed, currency, language)) from None
    if minor <= 0:
        raise AmountError(_("The amount must be above zero."))
    return minor


def _hint(typed: str, currency: str, language: str) -> str:
    decimals = exponent(currency)
    if re.fullmatch(r"\d+[.,]\d+", typed) and len(re.split("[.,]", typed)[1]) > decimals:
        return _("“%(typed)s” has more decimals than %(currency)s allows (%(decimals)s).") % {
            "typed": typed,
            "currency": currency,
            "decimals": decimals,
        }
    if re.fullmatch(rf"[0-9]+(\.[0-9]{{1,{max(decimals, 1)}}})?", typed):
        return _("“%(typed)s” is too large for one amount.") % {"typed": typed}
    example = "12" if decimals == 0 else ("12," if language == "fr" else "12.") + "34567"[:decimals]
    return _("“%(typed)s” cannot be read as one amount; write for example %(example)s.") % {
        "typed": typed,
        "example": example,
    }
