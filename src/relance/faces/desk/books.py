"""Whose books a finance page shows, for which days, and what their accounts are called."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.utils.http import urlencode

from relance.customers import queries as customers
from relance.customers.facts import CreditorFacts
from relance.faces.desk.access import plain
from relance.faces.desk.templatetags.desk import language
from relance.ledger import queries as ledger

FALLBACK_CREDITOR = "default"
"""The creditor of imported rows that name none."""

LAST_CREDITOR = "last_creditor"
"""Where a session keeps the code of the creditor whose books were looked at last."""

LONGEST_PERIOD = dt.timedelta(days=3660)
"""A page does not ask for more than about ten years at once."""


@dataclass(frozen=True, slots=True)
class Books:
    """The chosen creditor and the period, both days included; `creditors` are the ones to choose from."""

    creditor: CreditorFacts
    creditors: Sequence[CreditorFacts]
    from_on: dt.date
    to_on: dt.date

    @property
    def has_choice(self) -> bool:
        """Whether there is more than one creditor."""
        return len(self.creditors) > 1

    @property
    def period(self) -> dict[str, str]:
        """The period as an address and the audit trail say it."""
        return {"from": self.from_on.isoformat(), "to": self.to_on.isoformat()}

    @property
    def query(self) -> str:
        """What an address of these very books ends with, behind its question mark."""
        return urlencode({"creditor": self.creditor.code} | self.period)


def chosen_books(
    session: SessionBase, parameters: Mapping[str, str], first_day: dt.date, last_day: dt.date
) -> Books | None:
    """The books that an address asks for, from `first_day` to `last_day` unless it says otherwise; None: no creditor.

    An address that names no creditor means the one looked at last. What cannot be read is left at its default; a period
    the wrong way round is turned.
    """
    creditors = known_creditors()
    if not creditors:
        return None
    chosen = chosen_creditor(session, creditors, parameters.get("creditor", ""))
    from_on, to_on = day_of(parameters.get("from", "")) or first_day, day_of(parameters.get("to", "")) or last_day
    from_on, to_on = min(from_on, to_on), max(from_on, to_on)
    return Books(chosen, creditors, max(from_on, to_on - LONGEST_PERIOD), to_on)


def chosen_creditor(session: SessionBase, creditors: Sequence[CreditorFacts], code: str) -> CreditorFacts:
    """The creditor of a code, remembered for the person's next page; else the remembered one; else the first."""
    by_code = {found.code: found for found in creditors}
    if code in by_code:
        if session.get(LAST_CREDITOR, "") != code:
            session[LAST_CREDITOR] = code
        return by_code[code]
    return by_code.get(session.get(LAST_CREDITOR, ""), creditors[0])


def known_creditors() -> list[CreditorFacts]:
    """Every creditor by code; the one that files without a creditor fall to comes last, as it often owns nothing."""
    return sorted(customers.creditors(), key=lambda found: (found.code == FALLBACK_CREDITOR, found.code))


def day_of(text: str) -> dt.date | None:
    """The day of an ISO text between the years 1900 and 2999, or None."""
    try:
        found = dt.date.fromisoformat(plain(text))
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2999 else None


def account_names(creditor_id: int, on: dt.date) -> dict[str, str]:
    """What the codes of a creditor's chart are called, earlier codes included, for the reader."""
    reader = language()
    mappings = [*ledger.mapping_history(creditor_id), *ledger.account_mappings(creditor_id, on)]
    return {mapping.code: mapping.name(reader) for mapping in mappings}
