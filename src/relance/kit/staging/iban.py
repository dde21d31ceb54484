"""International bank account numbers: the same check in SQL for many and in words for one.

Length and pattern per country come from the registry that schwifty ships; the check digits are ISO 7064 mod 97-10.
"""

from contextlib import suppress
from functools import cache

from babel import Locale
from schwifty import IBAN, registry
from schwifty.exceptions import InvalidCountryCode, SchwiftyException


@cache
def _country_patterns() -> tuple[tuple[str, str], ...]:
    patterns = []
    for country in sorted(Locale("en").territories):
        if len(country) == 2 and country.isalpha():
            with suppress(InvalidCountryCode):
                bban = registry.get_iban_spec(country).regex.pattern.strip("^$").replace("\\d", "[0-9]")
                patterns.append((country, f"^{country}[0-9]{{2}}{bban}$"))
    return tuple(patterns)


def good_sql(value: str) -> str:
    """SQL condition: the text `value` (upper case, no spaces) has its country's pattern and right check digits."""
    patterns = " ".join(f"WHEN '{country}' THEN '{pattern}'" for country, pattern in _country_patterns())
    digits = (
        "SELECT string_agg(CASE WHEN ch BETWEEN '0' AND '9' THEN ch ELSE (ascii(ch) - 55)::text END, '' ORDER BY n) "  # noqa: S608
        f"FROM regexp_split_to_table(substr({value}, 5) || left({value}, 4), '') WITH ORDINALITY AS letters(ch, n)"
    )
    has_pattern = f"{value} ~ (CASE left({value}, 2) {patterns} END)"
    return f"CASE WHEN {has_pattern} THEN mod(({digits})::numeric, 97) = 1 ELSE false END"


def explain(text: str) -> str:
    """A sentence that says what is wrong with this account number."""
    shown = text if len(text) <= 40 else text[:39] + "…"
    try:
        IBAN(text.replace("-", ""))
    except SchwiftyException as error:
        return f"{shown!r} is not an IBAN ({str(error).rstrip('.').lower()}); check it against the signed form"
    return f"{shown!r} is not an IBAN; write letters and digits only"
