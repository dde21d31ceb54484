"""Telephone numbers of customers: the one to call, and the time zones in which it may ring. Pure."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from phonenumbers.timezone import time_zones_for_number

from relance.customers.facts import AccountFacts


def number_to_call(account: AccountFacts) -> str | None:
    """The account's mobile number, else its phone number, in international form (`+33612345678`); None without one."""
    return _international(account.mobile, account.country) or _international(account.phone, account.country)


def _international(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country or None)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def zones_of(number: str) -> tuple[str, ...]:
    """The time zones in which a number in international form may be."""
    return tuple(time_zones_for_number(phonenumbers.parse(number)))
