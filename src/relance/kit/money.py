"""Money as whole minor units beside a currency: the one place where amounts are read, rounded and written.

An amount is an `int` of the currency's smallest unit (`1234` with `"EUR"` is 12.34 euros). Nothing here, and nothing
anywhere else, turns money into a float.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel.core import get_global
from babel.numbers import format_decimal, get_currency_symbol

_CURRENCY_CODE = re.compile(r"^[A-Z]{3}$")
LARGEST_AMOUNT = 99_999_999_999
"""The largest amount that is taken in one piece, in the currency's unit."""

# Eleven digits before the point: nobody owes more, and a hundred thousand such amounts still add up in 64 bits.
_PLAIN_AMOUNT = re.compile(r"(-?)0*([0-9]{1,11})(?:\.([0-9]+))?")


class AmountError(ValueError):
    """An amount that cannot be read; the message says what is wrong and what would be right."""


@cache
def currency_exponents() -> dict[str, int]:
    """Number of decimals of every ISO 4217 currency in use (source: the Unicode CLDR tables shipped with Babel).

    CLDR rounds some currencies for display; ISO keeps two decimals for most of them, so only the entries that ISO
    shares (0, 3 and 4 decimals) are taken over.
    """
    fractions = get_global("currency_fractions")
    iso_other_than_two = {
        "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
        "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
        "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    }  # fmt: skip
    codes = set(get_global("all_currencies")) | set(fractions)
    return {code: iso_other_than_two.get(code, 2) for code in codes if _CURRENCY_CODE.match(code)}


def exponent(currency: str) -> int:
    """Decimals of a currency (EUR 2, JPY 0, KWD 3). Raises AmountError for a code that is not ISO 4217."""
    try:
        return currency_exponents()[currency]
    except KeyError:
        raise AmountError(f"{currency!r} is not an ISO 4217 currency code; write for example EUR") from None


def parse_amount(text: str, currency: str) -> int:
    """Minor units of a plain decimal such as `12.34`; at most the currency's own decimals.

    Raises AmountError with a sentence for a person: thousands separators, a decimal comma, too many decimals, or
    anything that is not a number.
    """
    decimals = exponent(currency)
    match = _PLAIN_AMOUNT.fullmatch(text.strip())
    if match is None:
        if re.fullmatch(r"-?0*[1-9][0-9]{11,}(\.[0-9]+)?", text.strip()):
            raise AmountError(f"{text!r} is more than this system takes in one amount (99,999,999,999)")
        raise AmountError(amount_hint(text))
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    if len(fraction) > decimals:
        raise AmountError(f"{text!r} has more decimals than {currency} allows ({decimals})")
    minor: int = int(whole) * 10**decimals + int(fraction.ljust(decimals, "0") or "0")
    return -minor if sign else minor


def amount_hint(text: str) -> str:
    """A sentence that says why this text is not an amount and how it would be written."""
    compact = re.sub(r"[\s\u00a0\u202f']", "", text.strip())
    if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", compact) or (
        compact != text.strip() and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", compact)
    ):
        return f"{text!r} has thousands separators; write {compact.replace(',', '')}"
    if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", compact):
        return (
            f"{text!r} has thousands separators and a decimal comma; write {compact.replace('.', '').replace(',', '.')}"
        )
    if re.fullmatch(r"-?[0-9]+,[0-9]+", compact):
        return f"{text!r} has a decimal comma; write {compact.replace(',', '.')}"
    return f"{text!r} is not an amount; write digits with a decimal point, for example 12.34"


def format_amount(minor: int, currency: str) -> str:
    """The contract's spelling of an amount: a decimal string in the currency's unit, `"12.34"`, never grouped."""
    decimals = exponent(currency)
    sign = "-" if minor < 0 else ""
    whole, fraction = divmod(abs(minor), 10**decimals)
    return f"{sign}{whole}.{fraction:0{decimals}d}" if decimals else f"{sign}{whole}"


def display_amount(minor: int, currency: str, language: str) -> str:
    """An amount for a reader of `language` (fr, en, de or nl), grouped and with its symbol: `1 234,50 €`, `€1,234.50`."""
    decimals = exponent(currency)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    number = format_decimal(Decimal(abs(minor)).scaleb(-decimals), format=pattern, locale=language)
    symbol = get_currency_symbol(currency, locale=language)
    sign = "\u2212" if minor < 0 else ""
    if language in ("fr", "de"):
        return f"{sign}{number}\u00a0{symbol}"
    if language == "nl":
        return f"{symbol}\u00a0{sign}{number}"
    return f"{sign}{symbol}{number}" if len(symbol) == 1 else f"{sign}{symbol}\u00a0{number}"


@lru_cache(maxsize=4096)
def threshold_minor(amount: str, currency: str) -> int:
    """A policy's amount (a decimal string without currency) in minor units of `currency`, rounded half up.

    Policies are written once for all currencies, so `"15.00"` is 1500 cents of euro and 15 yen.
    """
    scaled = Decimal(amount).scaleb(exponent(currency))
    return int(scaled.to_integral_value(rounding=ROUND_HALF_UP))
