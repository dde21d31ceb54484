"""Acts on one account's money by the number of the item, for tests of what reads them."""

import datetime as dt
from collections.abc import Sequence

from relance.ledger import booking, chart, services
from relance.ledger.facts import Act, ExclusionKind
from relance.ledger.postings import perform
from relance.ledger.queries import open_items


def _id(account_id: int, number: str, on: dt.date) -> int:
    (found,) = (item.id for item in open_items(account_id, on) if item.number == number)
    return found


def charge(account_id: int, number: str, amount_minor: int, on: dt.date, currency: str = "EUR") -> None:
    """Charge a late fee without a due date, which no service does: it is written row by row."""

    def work(posting_id: int) -> dict[str, object]:
        item_id = booking.add_item(account_id, posting_id, "late_fee", number, currency, on, None, amount_minor)
        booking.book(account_id, item_id, on, currency, [(chart.CONTROL, chart.LATE_FEE, amount_minor)])
        return {}

    perform("late_fee_charged", Act(account_id, on, "test", "late"), {"number": number}, work)


def postpone(account_id: int, number: str, due_on: dt.date, on: dt.date) -> None:
    """Give an item another due date from a day on."""
    services.postpone(Act(account_id, on, "test", "asked for"), _id(account_id, number, on), due_on)


def dispute(account_id: int, number: str, amount_minor: int, on: dt.date) -> None:
    """Leave part of an item out of what is chased from a day on."""
    item_id = _id(account_id, number, on)
    services.exclude(Act(account_id, on, "test", "wrong price"), item_id, ExclusionKind.DISPUTED, amount_minor, "D1")


def split(account_id: int, number: str, parts: Sequence[tuple[dt.date, int]], on: dt.date) -> None:
    """Replace what is open of an item by instalments."""
    services.split(Act(account_id, on, "test", "asked for"), _id(account_id, number, on), parts)


def write_off(account_id: int, number: str, on: dt.date) -> None:
    """Give up what is open of an item: one person asks, another approves."""
    asked = services.request_write_off(
        Act(account_id, on, "test", "gone"), [_id(account_id, number, on)], recovers_vat=False
    )
    services.approve_request(Act(account_id, on, "another", "gone"), asked.ids[0])


def correct(account_id: int, number: str, on: dt.date) -> None:
    """Take an item back whole."""
    services.correct_item(Act(account_id, on, "test", "mistaken"), _id(account_id, number, on))


def doubt(account_id: int, number: str, on: dt.date) -> None:
    """Mark an item as doubtful debt."""
    services.mark_doubtful(Act(account_id, on, "test", "insolvent"), [_id(account_id, number, on)])
