"""Country packs: one file per country, named by its ISO code in small letters and offering `PACK`."""

from collections.abc import Mapping

from relance.kit.shelf import shelf
from relance.legal.facts import LegalRefusal, Pack, RateBook, Series, Words


def packs() -> Mapping[str, Pack]:
    """Every installed pack by its country code in capitals."""
    return {code.upper(): found for code, found in shelf("relance.legal.packs", "PACK").items()}


def pack(country: str) -> Pack:
    """The pack of an ISO country. Raises LegalRefusal that names the packs there are: no country stands in for another."""
    known = packs()
    if country.upper() not in known:
        there_are = ", ".join(sorted(known))
        raise LegalRefusal(
            Words(
                f"There is no country pack for {country!r}, so no fee, interest or limitation is known; "
                f"there are packs for {there_are}",
                f"Il n'y a pas de pack pour le pays {country!r} : ni frais, ni intérêts, ni prescription connus ; "
                f"packs présents : {there_are}",
            )
        )
    return known[country.upper()]


def every_series() -> tuple[Series, ...]:
    """The published rates that the packs use, by code."""
    return tuple(sorted({entry for each in packs().values() for entry in each.series}, key=lambda entry: entry.code))


def seeded_book() -> RateBook:
    """A book of the rates that the packs bring, without those that the operator entered."""
    return RateBook(tuple(rate for each in packs().values() for rate in each.rates), every_series())
