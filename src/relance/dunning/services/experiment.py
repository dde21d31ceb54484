"""Starting and stopping experiments: a champion scenario shares its group with a challenger for a fixed period."""

import datetime as dt
import re

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.dunning import stored_scenarios
from relance.dunning.facts import ExperimentFacts, ScenarioFacts
from relance.kit.refusal import Refusal

LONGEST_DAYS = 366
"""An experiment decides something within a year; after that the customers are others."""


@transaction.atomic
def start_experiment(
    code: str,
    champion: str,
    challenger: str,
    share_percent: int,
    from_on: dt.date,
    until_on: dt.date,
    by: str,
    as_of: dt.date,
) -> ExperimentFacts:
    """From `from_on` to `until_on`, give `share_percent` of the champion's new cases to the challenger.

    Which accounts these are is fixed by a hash of the experiment's code and their number. Raises Refusal for a code in use
    or misspelt, scenarios that are unknown, the same or of different levels, a share outside 1 to 99, a period that lies
    in the past, ends before it begins or is longer than a year, or when one of the two takes part in another experiment in
    that period.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", code):
        raise Refusal(_("name the experiment with at most 40 lower-case letters, digits, - and _"))
    _take_turns()
    if any(known.code == code for known in stored_scenarios.experiments()):
        raise Refusal(_("an experiment named %(code)s exists already; choose another name") % {"code": code})
    first, second = _scenario(champion), _scenario(challenger)
    if first.code == second.code:
        raise Refusal(_("champion and challenger are the same scenario; choose two"))
    if first.level is not second.level:
        raise Refusal(_("champion and challenger pursue at different levels, so their episodes cannot be compared"))
    if not 1 <= share_percent <= 99:
        raise Refusal(_("the challenger gets a share from 1 to 99 percent"))
    if from_on < as_of:
        raise Refusal(_("an experiment cannot begin in the past; begin it on %(today)s or later") % {"today": as_of})
    if not from_on <= until_on < from_on + dt.timedelta(days=LONGEST_DAYS):
        raise Refusal(_("an experiment ends on its first day or later, and lasts at most a year"))
    _refuse_overlap(first, second, from_on, until_on)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dunning_experiment (code, champion_id, challenger_id, share_percent, salt, from_on, until_on, "
            "created_by, stopped_by) SELECT %s, c.id, r.id, %s, %s, %s, %s, %s, '' "
            "FROM dunning_scenario c, dunning_scenario r WHERE c.code = %s AND r.code = %s",
            [code, share_percent, code, from_on, until_on, by, champion, challenger],
        )
    return _known(code)


@transaction.atomic
def stop_experiment(code: str, by: str, on: dt.date) -> ExperimentFacts:
    """Stop sharing from `on`; episodes under way keep the scenario they have. Stopping again changes nothing.

    Raises Refusal for an unknown experiment.
    """
    _take_turns()
    found = _known(code)
    if found.stopped_on is None and on <= found.until_on:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE dunning_experiment SET stopped_on = greatest(%s::date, from_on), stopped_by = %s WHERE code = %s",
                [on, by, code],
            )
    return _known(code)


def _refuse_overlap(first: ScenarioFacts, second: ScenarioFacts, from_on: dt.date, until_on: dt.date) -> None:
    for other in stored_scenarios.experiments():
        if other.from_on <= until_on and from_on <= other.last_on:
            shared = {first.code, second.code} & {other.champion, other.challenger}
            if shared:
                raise Refusal(
                    _("%(scenario)s takes part in the experiment %(code)s until %(until)s; stop that one first")
                    % {"scenario": sorted(shared)[0], "code": other.code, "until": other.last_on}
                )


def _scenario(code: str) -> ScenarioFacts:
    found = next(iter(stored_scenarios.versions_of(code)), None)
    if found is None:
        raise Refusal(_("there is no scenario %(code)s") % {"code": code})
    return found


def _known(code: str) -> ExperimentFacts:
    found = next((known for known in stored_scenarios.experiments() if known.code == code), None)
    if found is None:
        raise Refusal(_("there is no experiment %(code)s") % {"code": code})
    return found


def _take_turns() -> None:
    """Two people starting experiments at once wait for each other, so that each sees the other's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('relance.dunning.experiment'))")
