"""What the rates table promises, as queries that must return no row."""

from relance.kit.laws import Law
from relance.legal.packs import packs


def _confirmed_seeds() -> str:
    """The packs' confirmed rates as rows of SQL; every value is a date, a number or a code of ours."""
    return ", ".join(
        f"('{rate.series}', DATE '{start}', {rate.percent})"
        for pack in packs().values()
        for rate in pack.rates
        if rate.confirmed
        for start in rate.half_years()
    )


LAWS: tuple[Law, ...] = (
    Law(
        "legal.rate_has_two_people",
        "no rate was approved by the person who proposed it",
        """SELECT series || ' ' || valid_from FROM legal_rate
           WHERE state IN ('approved', 'replaced') AND lower(decided_by) = lower(proposed_by)""",
    ),
    Law(
        "legal.one_rate_per_half_year",
        "no half-year of a series has two approved rates",
        """SELECT series || ' ' || valid_from FROM legal_rate WHERE state = 'approved'
           GROUP BY series, valid_from HAVING count(*) > 1""",
    ),
    Law(
        "legal.rate_fits_its_pack",
        "no approved rate contradicts a confirmed rate of a country pack without a reason",
        f"""SELECT r.series || ' ' || r.valid_from FROM legal_rate r
            JOIN (VALUES {_confirmed_seeds()}) AS seed(series, valid_from, percent)
                ON seed.series = r.series AND seed.valid_from = r.valid_from
            WHERE r.state = 'approved' AND r.percent <> seed.percent AND r.replaces_because = ''""",  # noqa: S608
    ),
    Law(
        "legal.replaced_rate_has_successor",
        "every replaced rate has a later one that says why it took its place",
        """SELECT r.series || ' ' || r.valid_from FROM legal_rate r WHERE r.state = 'replaced' AND NOT EXISTS (
               SELECT 1 FROM legal_rate n WHERE n.series = r.series AND n.valid_from = r.valid_from AND n.id > r.id
                 AND n.state IN ('approved', 'replaced') AND n.replaces_because <> '')""",
    ),
)
