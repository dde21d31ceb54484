"""When a phone may ring: on the clock of whoever is called, not on their holidays, and never on a guess."""

import datetime as dt

import pytest

from relance.legal.rules import contact_hours, next_opening
from relance.legal.rules.contact import GUARD


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("country", "zones", "now", "opens", "closes"),
    [
        ("FR", ["Europe/Paris"], "2026-11-24T10:30+01:00", "2026-11-24T10:30+01:00", "2026-11-24T13:00+01:00"),
        ("FR", ["Europe/Paris"], "2026-11-24T13:00+01:00", "2026-11-24T14:00+01:00", "2026-11-24T20:00+01:00"),
        ("FR", ["Europe/Paris"], "2026-11-24T03:00+01:00", "2026-11-24T10:00+01:00", "2026-11-24T13:00+01:00"),
        # Friday evening: Monday.
        ("FR", ["Europe/Paris"], "2026-11-27T20:00+01:00", "2026-11-30T10:00+01:00", "2026-11-30T13:00+01:00"),
        # 11 November is a holiday in France.
        ("FR", ["Europe/Paris"], "2026-11-11T11:00+01:00", "2026-11-12T10:00+01:00", "2026-11-12T13:00+01:00"),
        # The clock of Martinique is five hours behind Paris in winter.
        ("FR", ["America/Martinique"], "2026-11-24T10:30+01:00", "2026-11-24T10:00-04:00", "2026-11-24T13:00-04:00"),
        # The night on which clocks are put back: ten o'clock is ten o'clock.
        ("FR", ["Europe/Paris"], "2026-10-23T21:00+02:00", "2026-10-26T10:00+01:00", "2026-10-26T13:00+01:00"),
        # Nobody knows which of two zones: both must be open.
        (
            "FR",
            ["Europe/Paris", "Atlantic/Canary"],
            "2026-11-24T10:15+01:00",
            "2026-11-24T11:00+01:00",
            "2026-11-24T13:00+01:00",
        ),
    ],
)
def test_the_next_opening(country: str, zones: list[str], now: str, opens: str, closes: str) -> None:
    opening = next_opening(country, zones, at(now))
    assert (opening.opens_at, opening.closes_at) == (at(opens), at(closes))


def test_a_country_without_hours_is_guarded_by_the_narrowest() -> None:
    assert contact_hours("SE", dt.date(2026, 11, 24)) is GUARD
    assert contact_hours("FR", dt.date(2026, 11, 24)).rule == "fr.contact_hours"
    assert not GUARD.confirmed


def test_unknown_zones_are_refused() -> None:
    with pytest.raises(ValueError, match="no known time zone"):
        next_opening("FR", ["Etc/Unknown-to-all"], at("2026-11-24T10:30+01:00"))
