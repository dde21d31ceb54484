"""Two scenarios compared: a sentence for each thing that changed, and none for what only looks different."""

from typing import Any

from django.utils import translation

from relance.dunning.scenario_file import compare, read_content

BEFORE = """
code: house
name: {fr: Maison, en: House}
enter: {min_amount: "15.00"}
leave: {max_amount: "5.00"}
stages:
- {code: reminder, age: 1, actions: [{send: {channel: email, template: reminder}}]}
- {code: second, age: 7, min_amount: "5.00", actions: [{send: {channel: email, template: second_reminder}}, {review: {}}]}
- {code: formal, age: 14, actions: [{send: {channel: email, template: formal_notice}}]}
"""


def after(text: str = BEFORE, **changes: Any) -> dict[str, Any]:
    return read_content(text) | changes


def told(other: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry.place, entry.kind, entry.message) for entry in compare(read_content(BEFORE), other)]


def test_the_same_said_otherwise_is_no_difference() -> None:
    same = after(BEFORE.replace('"15.00"', "15").replace("age: 1,", "age: 1, mandatory: false, when: {},"))
    assert told(same | {"level": "account", "costs": {}, "applies_to": {"kind": []}}) == []


def test_thresholds() -> None:
    assert told(after(enter={"min_amount": "20.00"}, priority=3, costs={"email": "0.01"})) == [
        ("priority", "changed", "priority: 0 becomes 3"),
        ("enter.min_amount", "changed", "an episode opens from: 15 becomes 20"),
        ("costs.email", "changed", "cost of email: nothing becomes 0.01"),
    ]


def test_for_whom() -> None:
    assert told(after(applies_to={"kind": ["public", "business"], "amount": {"min": "50"}, "strategic": True})) == [
        ("applies_to.kind", "changed", "for whom: kind: any becomes business, public"),
        ("applies_to.amount", "changed", "for whom: amount: any becomes from 50"),
        ("applies_to.strategic", "changed", "for whom: strategic customers: any becomes only these"),
    ]


def test_a_stage_is_added_removed_and_moved() -> None:
    other = after(BEFORE.replace("code: formal, age: 14", "code: agency, age: 20").replace("age: 7", "age: 9"))
    assert told(other) == [
        ("stages.formal", "removed", "stage formal is removed (it came at 14 days)"),
        ("stages.second.age", "moved", "stage second moves from 7 to 9 days"),
        ("stages.agency", "added", "stage agency is added at 20 days: send (channel email, template formal_notice)"),
    ]


def test_within_a_stage() -> None:
    other = after(
        BEFORE.replace("age: 14,", "age: 14, mandatory: true, done_when: sent, working_day: next, min_amount: 9,")
    )
    assert [message for _, _, message in told(other)] == [
        "stage formal becomes mandatory",
        "stage formal: minimum: 0 becomes 9",
        "stage formal: working days: on becomes next",
        "stage formal: done when: performed becomes sent",
    ]


def test_actions() -> None:
    text = BEFORE.replace(
        "{channel: email, template: second_reminder}}, {review: {}}",
        "{channel: [email, letter], template: second_reminder}}",
    )
    text = text.replace(
        "{send: {channel: email, template: reminder}}",
        "{task: {kind: call}}, {send: {channel: email, template: reminder}}",
    )
    assert told(after(text)) == [
        ("stages.reminder.actions", "added", "stage reminder also does: task (kind call)"),
        ("stages.second.actions", "removed", "stage second no longer does: review"),
        ("stages.second.actions", "changed",
         "stage second: send (channel email, template second_reminder) becomes "
         "send (channel email or letter, template second_reminder)"),
    ]  # fmt: skip


def test_another_order_of_actions() -> None:
    swapped = after()
    swapped["stages"][1]["actions"].reverse()
    assert told(swapped) == [
        ("stages.second.actions", "moved", "stage second does its actions in another order: review, send")
    ]


def test_an_unfinished_draft_is_compared_as_far_as_it_goes() -> None:
    unfinished = after()
    unfinished["stages"][0] = {"code": "reminder"}
    unfinished["stages"].append({"age": "soon"})
    assert [kind for _, kind, _ in told(unfinished)] == ["removed", "added"]


def test_in_french() -> None:
    with translation.override("fr"):
        (difference,) = compare(read_content(BEFORE), after(BEFORE.replace("age: 7", "age: 9")))
    assert difference.message == "l’étape second passe de 7 à 9 jours"
