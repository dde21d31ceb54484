"""Moving a running episode to another scenario, at the same place or from the beginning."""

import datetime as dt

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers.services import lock_accounts
from relance.dunning import stored_scenarios
from relance.dunning.cases import Case, cases
from relance.dunning.facts import PlanStep, PositionFacts, ScenarioFacts
from relance.dunning.queries import plan_ahead
from relance.dunning.rules import place_by_age
from relance.dunning.services.nudge import nudge
from relance.kit.ids import next_ids
from relance.kit.refusal import Refusal


@transaction.atomic
def switch_scenario(account_id: int, code: str, keep_place: bool, by: str, on: dt.date) -> int:
    """Close the running episodes of an account and go on under the newest version of `code`; returns how many.

    With `keep_place` the stages whose age is reached count as entered: nothing of them is done, and the next one follows
    by its interval after the last stage was performed under the old scenario. Without, the new episode starts again with
    the first stage. What waited to be done under the old one is not done any more. Raises Refusal for an unknown scenario,
    one of the other level, when no episode is running, or when all run at their place under that version already.
    """
    lock_accounts([account_id])
    target = next(iter(stored_scenarios.versions_of(code)), None)
    if target is None:
        raise Refusal(_("there is no scenario %(code)s") % {"code": code})
    running = [case for case in cases([account_id], on) if case.position is not None]
    if not running:
        raise Refusal(
            _("no pursuit is under way on this account; choose its scenario instead, which counts for the next one")
        )
    if any(case.scenario.level is not target.level for case in running):
        raise Refusal(
            _(
                "%(code)s pursues at another level than the scenario under way; choose it for the account instead, which "
                "counts for the next pursuit"
            )
            % {"code": code}
        )
    if keep_place:
        running = [case for case in running if case.scenario.version_id != target.version_id]
        if not running:
            raise Refusal(_("this account is pursued under the newest version of %(code)s already") % {"code": code})
    for case, episode_id in zip(running, next_ids(len(running)), strict=True):
        _switch(case, target, episode_id, keep_place=keep_place, by=by, on=on)
    nudge([account_id], only_pursued=False)
    return len(running)


def plan_of_switch(account_id: int, code: str, keep_place: bool, on: dt.date) -> list[PlanStep]:
    """What an account would meet from `on` if it were moved so and nothing were paid; nothing is changed.

    Raises Refusal like `switch_scenario`.
    """
    with transaction.atomic():
        switch_scenario(account_id, code, keep_place, "", on)
        plan = plan_ahead(account_id, on)
        transaction.set_rollback(True)
    return plan


def _switch(case: Case, target: ScenarioFacts, next_id: int, *, keep_place: bool, by: str, on: dt.date) -> None:
    place = case.position
    if place is None:
        raise AssertionError("only running episodes are switched")
    on = max(on, place.opened_on, place.stage_entered_on or on)
    index = place_by_age(target, _effective_days(case, on)) if keep_place else -1
    performed_on = _performed_on(place, on) if index >= 0 else None
    owed = case.situation.owed
    owed_minor = owed.overdue_minor if owed else 0
    oldest_due_on = owed.oldest_due_on if owed else on
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH stopped AS (
                UPDATE dunning_plannedaction SET state = 'refused', refusal = 'switched'
                WHERE account_id = %(account)s AND episode_id = %(old)s AND state IN ('planned', 'waiting')),
            gone AS (DELETE FROM dunning_position WHERE account_id = %(account)s AND id = %(old)s)
            UPDATE dunning_episode SET closed_on = %(on)s, ending = 'switched'
            WHERE account_id = %(account)s AND id = %(old)s""",
            {"account": case.account_id, "old": place.episode_id, "on": on},
        )
        cursor.execute(
            """
            WITH opened AS (
                INSERT INTO dunning_episode (account_id, id, item_id, currency, version_id, opened_on, opened_minor,
                                             began_index, began_performed_on)
                VALUES (%(account)s, %(new)s, %(item)s, %(currency)s, %(version)s, %(on)s, %(owed)s, %(index)s,
                        %(performed_on)s)),
            placed AS (
                INSERT INTO dunning_position (account_id, id, item_id, currency, version_id, opened_on, stage_index,
                                              stage_entered_on, holds_later, next_review_on, overdue_minor, oldest_due_on)
                VALUES (%(account)s, %(new)s, %(item)s, %(currency)s, %(version)s, %(on)s, %(index)s, %(performed_on)s,
                        FALSE, %(on)s, %(owed)s, %(oldest)s))
            INSERT INTO dunning_switch (account_id, episode_id, next_episode_id, keep_place, effective_on, switched_by)
            VALUES (%(account)s, %(old)s, %(new)s, %(keep)s, %(on)s, %(by)s)""",
            {
                "account": case.account_id, "old": place.episode_id, "new": next_id, "item": case.item_id,
                "currency": case.currency, "version": target.version_id, "on": on, "owed": owed_minor, "index": index,
                "performed_on": performed_on, "oldest": oldest_due_on, "keep": keep_place, "by": by,
            },
        )  # fmt: skip


def _effective_days(case: Case, on: dt.date) -> int:
    """How old the debt is on that day, without the days on which holds paused it; 0 when nothing is chased."""
    chased = case.situation.chased
    return (on - chased.oldest_due_on).days - case.situation.paused_days if chased else 0


def _performed_on(place: PositionFacts, on: dt.date) -> dt.date:
    """The day from which the interval to the next stage counts."""
    return place.performed_on or place.stage_entered_on or on
