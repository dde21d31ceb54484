"""Experiments over the real database: who gets which scenario, for how long, and what is told of the outcome."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, connections, transaction

from relance.customers.queries import accounts_by_number
from relance.cycle.services import run
from relance.dunning import queries
from relance.dunning.experiments import CHALLENGER, CHAMPION, arm
from relance.dunning.facts import ExperimentFacts
from relance.dunning.services import (
    import_scenario,
    override_scenario,
    start_experiment,
    stop_experiment,
    switch_scenario,
)
from relance.insight.facts import Verdict
from relance.insight.reports.experiment import REPORT
from relance.kit.refusal import Refusal
from tests.cast import Office
from tests.services.test_dunning import scenario

TODAY = dt.date(2026, 1, 1)
FEBRUARY, APRIL = dt.date(2026, 2, 1), dt.date(2026, 4, 30)
COSTS = {"costs": '{email: "0.015"}'}


def house_and_trial() -> None:
    import_scenario(scenario("house", **COSTS), "test")
    import_scenario(scenario("trial", priority="-2000", enter='{min_amount: "10.00"}', **COSTS), "test")


def started(code: str = "soft", share: int = 50, until: dt.date = APRIL, **more: str) -> ExperimentFacts:
    two = {"champion": "house", "challenger": "trial"} | more
    return start_experiment(code, two["champion"], two["challenger"], share, FEBRUARY, until, "claire", TODAY)


def open_accounts(office: Office, count: int) -> list[str]:
    numbers = [f"X{number:03}" for number in range(count)]
    office.bring(
        "accounts", *({"number": number, "name": number, "email": f"{number}@example.test"} for number in numbers)
    )
    return numbers


def bill(office: Office, numbers: list[str], amount: str = "30.00", due_on: str = "2026-01-31") -> None:
    office.bring(
        "invoices",
        *({"account": number, "number": f"F-{number}", "amount": amount, "issued_on": "2026-01-01", "due_on": due_on}
          for number in numbers),
    )  # fmt: skip


def scenarios_of_episodes() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.number, s.code FROM dunning_episode e JOIN customers_billingaccount b ON b.id = e.account_id "
            "JOIN dunning_scenarioversion v ON v.id = e.version_id JOIN dunning_scenario s ON s.id = v.scenario_id"
        )
        return dict(cursor.fetchall())


def test_the_hash_deals_the_accounts_and_never_changes_its_mind(office: Office) -> None:
    house_and_trial()
    experiment = started()
    numbers = open_accounts(office, 40)
    bill(office, numbers)
    run(FEBRUARY)
    expected = {number: "trial" if arm(number, experiment.salt, 50) == CHALLENGER else "house" for number in numbers}
    assert scenarios_of_episodes() == expected
    assert set(expected.values()) == {"house", "trial"}


def test_outside_its_period_everybody_gets_the_champion(office: Office) -> None:
    house_and_trial()
    started(until=FEBRUARY)
    numbers = open_accounts(office, 20)
    bill(office, numbers[:10], due_on="2026-01-30")
    bill(office, numbers[10:], due_on="2026-02-01")
    run(dt.date(2026, 1, 31))
    run(dt.date(2026, 2, 2))
    assert set(scenarios_of_episodes().values()) == {"house"}
    assert len(scenarios_of_episodes()) == 20


def test_when_an_experiment_begins_everything_overdue_is_looked_at_again(office: Office) -> None:
    """The challenger opens from 10.00 where the champion waits for 15.00: its accounts owed 12.00 long before."""
    house_and_trial()
    experiment = started()
    numbers = open_accounts(office, 20)
    bill(office, numbers, "12.00", "2026-01-10")
    run(dt.date(2026, 1, 31))
    assert scenarios_of_episodes() == {}
    run(FEBRUARY)
    assert scenarios_of_episodes() == {
        number: "trial" for number in numbers if arm(number, experiment.salt, 50) == CHALLENGER
    }


def test_a_chosen_scenario_is_no_part_of_it(office: Office) -> None:
    house_and_trial()
    experiment = started()
    numbers = open_accounts(office, 20)
    chosen = [
        next(number for number in numbers if arm(number, experiment.salt, 50) == side)
        for side in (CHAMPION, CHALLENGER)
    ]
    found = queries.experiments_running(FEBRUARY)["house"]
    for account in accounts_by_number(chosen).values():
        override_scenario(account.id, "house", "claire")
    bill(office, numbers)
    run(FEBRUARY)
    assert {scenarios_of_episodes()[number] for number in chosen} == {"house"}
    assert len(queries.trial_episodes(found, FEBRUARY)) == 18


def test_a_stopped_one_shares_no_more_and_leaves_episodes_alone(office: Office) -> None:
    house_and_trial()
    started()
    numbers = open_accounts(office, 20)
    bill(office, numbers[:10])
    run(FEBRUARY)
    before = scenarios_of_episodes()
    stopped = stop_experiment("soft", "denis", FEBRUARY + dt.timedelta(days=1))
    assert (stopped.last_on, stopped.stopped_by) == (FEBRUARY, "denis")
    assert stop_experiment("soft", "erik", APRIL) == stopped
    bill(office, numbers[10:])
    run(FEBRUARY + dt.timedelta(days=1))
    after = scenarios_of_episodes()
    assert {number: after[number] for number in before} == before
    assert {after[number] for number in numbers[10:]} == {"house"}


@pytest.mark.django_db
def test_what_makes_no_experiment_is_refused() -> None:
    house_and_trial()
    import_scenario(scenario("single", priority="-3000", level="invoice"), "test")
    import_scenario(scenario("third", priority="-3000"), "test")
    wrong: list[tuple[str, dict[str, str], int, dt.date, dt.date]] = [
        ("Soft One", {}, 50, FEBRUARY, APRIL),
        ("a", {"challenger": "house"}, 50, FEBRUARY, APRIL),
        ("a", {"challenger": "none"}, 50, FEBRUARY, APRIL),
        ("a", {"challenger": "single"}, 50, FEBRUARY, APRIL),
        ("a", {}, 0, FEBRUARY, APRIL),
        ("a", {}, 100, FEBRUARY, APRIL),
        ("a", {}, 50, dt.date(2025, 12, 31), APRIL),
        ("a", {}, 50, APRIL, FEBRUARY),
        ("a", {}, 50, FEBRUARY, FEBRUARY + dt.timedelta(days=366)),
    ]
    for code, more, share, begins, ends in wrong:
        two = {"champion": "house", "challenger": "trial"} | more
        with pytest.raises(Refusal):
            start_experiment(code, two["champion"], two["challenger"], share, begins, ends, "claire", TODAY)
    started()
    for more in ({}, {"challenger": "third"}, {"champion": "third"}, {"champion": "trial", "challenger": "third"},
                 {"champion": "third", "challenger": "house"}):  # fmt: skip
        with pytest.raises(Refusal, match="takes part in the experiment soft until 2026-04-30"):
            started("other", **more)
    with pytest.raises(Refusal, match="named soft exists"):
        started()
    stop_experiment("soft", "claire", TODAY)
    assert started("other").code == "other"


@pytest.mark.django_db
def test_the_database_itself_keeps_one_at_a_time() -> None:
    house_and_trial()
    started()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dunning_experiment (code, champion_id, challenger_id, share_percent, salt, from_on, until_on, "
            "created_by, stopped_by) SELECT 'b', champion_id, challenger_id, 5, 'b', until_on, until_on, '', '' "
            "FROM dunning_experiment"
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_started_at_once_one_runs() -> None:
    house_and_trial()

    def start(code: str) -> bool:
        try:
            started(code)
        except Refusal:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(start, ("one", "two"))) == [False, True]


def test_the_report_judges_what_is_thirty_days_old(office: Office) -> None:
    house_and_trial()
    experiment = started()
    numbers = open_accounts(office, 12)
    arms = {number: arm(number, experiment.salt, 50) for number in numbers}
    late = {side: next(number for number in numbers if arms[number] == side) for side in (CHAMPION, CHALLENGER)}
    bill(office, [number for number in numbers if number not in late.values()])
    bill(office, list(late.values()), due_on="2026-02-20")
    run(FEBRUARY)
    run(dt.date(2026, 2, 7))
    run(dt.date(2026, 2, 21))
    payer = next(number for number in numbers if arms[number] == CHALLENGER and number not in late.values())
    office.pay(payer, "P1", "30.00", "2026-02-10")
    slow = next(number for number in numbers if arms[number] == CHAMPION and number not in late.values())
    office.pay(slow, "P2", "30.00", "2026-03-10")
    run(dt.date(2026, 3, 10))
    report = REPORT.query("soft", dt.date(2026, 3, 10))
    (group,) = report.groups
    sides = {CHAMPION: group.champion, CHALLENGER: group.challenger}
    for side, figures in sides.items():
        everyone = [number for number in numbers if arms[number] == side]
        assert (figures.opened_count, figures.judged_count) == (len(everyone), len(everyone) - 1)
    assert (group.champion.paid_count, group.challenger.paid_count) == (0, 1)
    judged = group.challenger.judged_count
    assert group.challenger.paid_percent == round(Decimal(100) / judged, 2)
    assert (group.challenger.owed_minor, group.challenger.paid_minor) == (3000 * judged, 3000)
    assert group.champion.contacts_per_episode is not None and group.champion.contacts_per_episode >= 2
    assert group.champion.cost == round(group.champion.contacts_per_episode * judged_of(group) * Decimal("0.015"), 2)
    assert group.episode_gap is not None and group.episode_gap.verdict is Verdict.TOO_EARLY
    assert [row[3] for row in report.as_sheet().rows] == [CHAMPION, CHALLENGER]


def judged_of(group: object) -> int:
    found: int = group.champion.judged_count  # type: ignore[attr-defined]
    return found


def test_a_switched_episode_is_not_judged_as_paid(office: Office) -> None:
    house_and_trial()
    experiment = started(share=1)
    number = next(number for number in (f"X{place:03}" for place in range(50)) if arm(number, "soft", 1) == CHAMPION)
    open_accounts(office, 50)
    bill(office, [number])
    run(FEBRUARY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers_billingaccount WHERE number = %s", [number])
        switch_scenario(cursor.fetchone()[0], "trial", True, "claire", FEBRUARY)
    (episode,) = queries.trial_episodes(experiment, APRIL)
    assert (episode.arm, episode.closed_on, episode.opened_minor) == (CHAMPION, None, 3000)


def test_an_episode_that_started_again_is_not_judged_as_paid(office: Office) -> None:
    import_scenario(scenario("house", new_item="restart"), "test")
    import_scenario(scenario("trial", priority="-2000", new_item="restart"), "test")
    experiment = started(share=1)
    number = next(number for number in (f"X{place:03}" for place in range(50)) if arm(number, "soft", 1) == CHAMPION)
    open_accounts(office, 50)
    bill(office, [number])
    run(FEBRUARY)
    office.bill(number, "F2", "20.00", "2026-01-15", "2026-02-05")
    run(dt.date(2026, 2, 6))
    first, second = queries.trial_episodes(experiment, APRIL)
    assert (first.opened_on, first.closed_on, first.opened_minor) == (FEBRUARY, None, 3000)
    assert (second.opened_on, second.closed_on, second.opened_minor) == (dt.date(2026, 2, 6), None, 5000)
    office.pay(number, "P1", "50.00", "2026-02-10")
    run(dt.date(2026, 2, 10))
    assert [episode.closed_on for episode in queries.trial_episodes(experiment, APRIL)] == [None, dt.date(2026, 2, 10)]


@pytest.mark.django_db
def test_an_unknown_experiment_has_no_report() -> None:
    with pytest.raises(Refusal):
        REPORT.query("none", APRIL)
