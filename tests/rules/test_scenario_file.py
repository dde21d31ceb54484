"""Scenario files: what is read, what is wrong with one and where, and that what is written reads back the same."""

from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance.dunning.facts import CatchUp, Conditions, DoneWhen, Family, NewItem, WorkingDays
from relance.dunning.scenario_file import (
    Installed,
    as_far_as_readable,
    check,
    parse,
    read_content,
    storable,
    write_content,
)
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf

HERE = Installed(
    shelf("relance.dunning.actions", "ACTION"), ("email",), ("reminder", "second_reminder", "formal_notice")
)

FULL = """
code: residential
name: {fr: Particuliers, en: Residential}
level: account
applies_to:
  kind: [consumer]
  amount: {min: "50.00", max: "5000.00"}
  score: {min: 20, max: 60}
  strategic: false
priority: 100
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
catch_up: jump
new_item: restart
family: together
costs: {email: "0.01", late_fee: "0.0005"}
stages:
- {code: reminder, age: 1, working_day: next, actions: [{send: {channel: email, template: reminder}}]}
- code: formal
  age: 14
  when: {kind: [consumer], payment_method: [card, transfer], amount: {min: "30.00"}, score: {max: 50}, strategic: false}
  mandatory: true
  min_amount: 10
  working_day: previous
  done_when: delivered
  actions: [{send: {channel: [email, letter], template: formal_notice}}, {late_fee: {amount: "10.00"}}]
"""


def content(**changes: Any) -> dict[str, Any]:
    found = read_content(FULL)
    return found | changes


def stage(**changes: Any) -> dict[str, Any]:
    found = {"code": "one", "age": 1, "actions": [{"send": {"channel": "email", "template": "reminder"}}]} | changes
    return content(stages=[found])


def wrong(of: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.place, problem.message) for problem in check(of, HERE)[1]]


def test_every_key_is_read() -> None:
    facts = parse(read_content(FULL), HERE.actions, HERE.channels, HERE.templates)
    assert facts.applies_to == Conditions(
        kind=("consumer",), min_amount="50.00", max_amount="5000.00", min_score=20, max_score=60, strategic=False
    )
    assert (facts.catch_up, facts.new_item, facts.family) == (CatchUp.JUMP, NewItem.RESTART, Family.TOGETHER)
    assert facts.costs == {"email": "0.01", "late_fee": "0.0005"}
    first, second = facts.stages
    assert (first.working_day, first.done_when, first.when) == (WorkingDays.NEXT, DoneWhen.PERFORMED, Conditions())
    assert (second.working_day, second.done_when) == (WorkingDays.PREVIOUS, DoneWhen.DELIVERED)
    assert second.when == Conditions(
        kind=("consumer",), payment_method=("card", "transfer"), min_amount="30.00", max_score=50, strategic=False
    )
    assert (second.min_amount, second.mandatory) == ("10", True)


def test_what_is_absent_has_the_usual_meaning() -> None:
    facts = parse(
        read_content("code: a\nstages: [{code: b, age: 3, actions: [{review: }]}]"),
        HERE.actions, HERE.channels, HERE.templates,
    )  # fmt: skip
    assert (facts.catch_up, facts.new_item, facts.family) == (CatchUp.STEP, NewItem.CONTINUE, Family.APART)
    assert (facts.costs, facts.applies_to, facts.stages[0].when) == ({}, Conditions(), Conditions())
    assert (facts.name, facts.enter_min_amount, facts.leave_max_amount) == ({"fr": "a", "en": "a"}, "0.01", "0.00")


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"catch_up": "hop"}, "catch_up", "'hop' should be one of step, jump"),
        ({"catch_up": ["step"]}, "catch_up", "['step'] should be one of step, jump"),
        ({"new_item": None}, "new_item", "nothing should be one of continue, restart"),
        ({"family": True}, "family", "true should be one of apart, together"),
        ({"level": "invoice"}, "family", "together is for level: account; invoices are pursued one by one"),
        ({"costs": ["email"]}, "costs", "should be written as costs: {email: '0.01', letter: '1.20'}"),
        ({"costs": {"email": 0.01}}, "costs.email", "0.01 should be an amount such as '0.05'"),
        ({"costs": {"email": "-1"}}, "costs.email", "'-1' should be an amount such as '0.05'"),
        ({"costs": {"email": "٠.٠٥"}}, "costs.email", "'٠.٠٥' should be an amount such as '0.05'"),
        ({"priority": "high"}, "priority", "'high' should be a whole number"),
        ({"priority": "٣٤"}, "priority", "'٣٤' should be a whole number"),
        ({"enter": {"min_amount": "٣٤"}}, "enter.min_amount", "'٣٤' should be an amount such as '15.00'"),
        ({"leave": {"max_amount": "1２"}}, "leave.max_amount", "'1２' should be an amount such as '15.00'"),
        ({"enter": {"min_amount": "5.00"}}, "leave.max_amount", None),
        ({"enter": {"min_amount": 15.5}}, "enter.min_amount", "15.5 should be an amount such as '15.00'"),
        ({"enter": {"from": "1"}}, "enter.from", "unknown; known here are min_amount"),
        ({"applies_to": {"amount": {"min": "10", "max": "10.00"}}}, "applies_to.amount.max",
         "10.00 should be above min (10)"),
        ({"applies_to": {"score": {"min": "10"}}}, "applies_to.score.min", "'10' should be a whole number"),
        ({"applies_to": {"strategic": "yes"}}, "applies_to.strategic", "'yes' should be true or false"),
        ({"applies_to": {"kind": ["vip"]}}, "applies_to.kind", "'vip' should be one of consumer, business, public"),
        ({"applies_to": {"colour": ["red"]}}, "applies_to.colour", None),
        ({"name": {"fr": "Particuliers"}}, "name", "write the name in both languages, {fr: …, en: …}"),
        ({"name": {"fr": "a", "en": "x" * 121}}, "name", "should be one line of at most 120 characters"),
        ({"stages": []}, "stages", "at least one stage is needed"),
        ({"colour": "red"}, "colour", None),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_by_its_place(changes: dict[str, Any], place: str, message: str | None) -> None:
    found = wrong(content(**changes))
    assert [where for where, _ in found] == [place]
    assert message is None or found[0][1] == message


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"age": 0}, "stages[1].age", "0 should be a number of days past due, from 1"),
        ({"age": None}, "stages[1].age", "nothing should be a number of days past due, from 1"),
        ({"working_day": "never"}, "stages[1].working_day", "'never' should be one of on, next, previous"),
        ({"done_when": "read"}, "stages[1].done_when", "'read' should be one of performed, sent, delivered"),
        ({"mandatory": "yes"}, "stages[1].mandatory", "'yes' should be true or false"),
        ({"when": ["consumer"]}, "stages[1].when", "should be written as stages[1].when: {kind: [consumer]}"),
        ({"when": {"amount": {"from": "3"}}}, "stages[1].when.amount.from", "unknown; known here are min, max"),
        ({"min_amount": "50", "when": {"amount": {"max": "50"}}}, "stages[1].when.amount.max",
         "50 should be above min_amount (50), or the stage would never happen"),
        ({"actions": [{"sing": {}}]}, "stages[1].actions[1]", None),
        ({"actions": [{"late_fee": {"amount": "ten"}}]}, "stages[1].actions[1].late_fee.amount",
         "'ten' should be an amount above zero such as '15.00'"),
        ({"actions": [{"late_fee": {"amount": "٣٤"}}]}, "stages[1].actions[1].late_fee.amount",
         "'٣٤' should be an amount above zero such as '15.00'"),
        ({"actions": [{"send": {"channel": "pigeon", "template": "reminder"}}]}, "stages[1].actions[1].send.channel",
         None),
        ({"actions": [{"send": {"channel": "email", "template": "hymn"}}]}, "stages[1].actions[1].send.template",
         "'hymn' should be one of formal_notice, reminder, second_reminder"),
        ({"actions": [{"send": {}, "review": {}}]}, "stages[1].actions[1]", None),
    ],
)  # fmt: skip
def test_a_wrong_stage_is_named_by_its_place(changes: dict[str, Any], place: str, message: str | None) -> None:
    found = wrong(stage(**changes))
    assert [where for where, _ in found] == [place]
    assert message is None or found[0][1] == message


def test_every_problem_is_told_at_once() -> None:
    several = content(catch_up="hop", costs={"emial": "1"})
    several["stages"][1]["age"] = 1
    assert [place for place, _ in wrong(several)] == ["catch_up", "stages[2].age", "costs.emial"]
    with pytest.raises(Refusal) as refusal:
        parse(several, HERE.actions, HERE.channels, HERE.templates)
    assert str(refusal.value).startswith("scenario residential: catch_up: 'hop' should be one of step, jump; stages[2]")


def test_problems_are_told_in_french() -> None:
    with translation.override("fr"):
        assert wrong(content(catch_up="hop")) == [("catch_up", "'hop' devrait être l’une des valeurs step, jump")]
        assert wrong(stage(actions=[{"task": {"kind": "call", "due_in_days": -1}}])) == [
            ("stages[1].actions[1].task.due_in_days", "-1 devrait être un nombre de jours de 0 à 365")
        ]


def test_a_long_value_is_cut_in_the_sentence() -> None:
    (problem,) = wrong(content(catch_up="x" * 1000))
    assert len(problem[1]) < 120


def test_what_is_written_reads_back_the_same_in_the_order_of_the_documentation() -> None:
    shuffled = dict(reversed(content().items()))
    shuffled["stages"] = [dict(reversed(entry.items())) for entry in shuffled["stages"]]
    shuffled["applies_to"] = dict(reversed(shuffled["applies_to"].items()))
    text = write_content(shuffled)
    assert read_content(text) == content()
    assert text == write_content(content())
    assert [line.split(":")[0] for line in text.splitlines() if line[0].isalpha()] == [
        "code", "name", "level", "applies_to", "priority", "enter", "leave", "catch_up", "new_item", "family", "costs",
        "stages",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "- a", "a: b: c", "code: &x 1\nname: *x", "code: a\ncode: b", "1: a", 'code: "\\0"', 'code: "\\ud800"',
        "code: " + "x" * 300_000, "[" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_scenario_file_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_content(text)


def test_numbers_with_decimals_stay_text() -> None:
    assert read_content("enter: {min_amount: 15.10}\nage: 010") == {"enter": {"min_amount": "15.10"}, "age": "010"}


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\x00", "\ud800"])
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(Refusal):
        storable({"code": value})


def nested(depth: int) -> Any:
    value: Any = "x"
    for level in range(depth):
        value = [value] if level % 2 else {"within": value}
    return value


@pytest.mark.parametrize("depth", [20, 400, 100_000])
def test_what_is_nested_too_deeply_is_refused(depth: int) -> None:
    with pytest.raises(Refusal, match="at most 20 levels"):
        storable(content(colour=nested(depth)))


def test_a_scenario_may_be_nested_as_deep_as_one_is() -> None:
    assert storable(content(colour=nested(19)))["colour"]


@pytest.mark.parametrize("depth", [100, 60_000])
def test_a_file_nested_too_deeply_is_refused(depth: int) -> None:
    with pytest.raises(Refusal, match="at most 20 levels"):
        read_content(f"code: a\ncolour: {'[' * depth}{']' * depth}")


def test_text_about_an_escape_is_stored() -> None:
    assert storable({"code": "\\u0000 is no character"}) == {"code": "\\u0000 is no character"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["code", "name", "level", "applies_to", "priority", "enter", "leave", "catch_up", "costs", "stages", "age", "when",
     "actions", "min_amount", "amount", "score", "send", "kind"]
)  # fmt: skip
anything = st.dictionaries(
    keys, json_values | st.lists(st.dictionaries(keys, json_values, max_size=6), max_size=3), max_size=8
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(anything)
def test_no_content_breaks_the_checks(of: dict[str, Any]) -> None:
    facts, problems = check(of, HERE)
    assert (facts is None) == bool(problems)
    as_far_as_readable(of)
