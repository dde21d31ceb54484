"""The scenario editor in a real Chromium: stages dragged and moved with the keyboard, troubles told as one types, two
people on one draft, undo, and the publication by a second person.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from relance.dunning import queries
from relance.staff.facts import Role
from relance.staff.services import create_user
from tests.faces.conftest import PASSWORD, build_portfolio
from tests.faces.test_browser import Desk, expect
from tests.faces.test_browser import browser as browser
from tests.faces.test_browser import pytestmark as pytestmark

AT = "/scenarios/desk_test/draft/"


@pytest.fixture
def house(live_server: Any, tmp_path: Path) -> str:
    """The running desk with its portfolio, two supervisors and an agent."""
    build_portfolio(tmp_path)
    for name, role in (("ada", Role.SUPERVISOR), ("bob", Role.SUPERVISOR), ("al", Role.AGENT)):
        create_user(name, PASSWORD, role, "en")
    return str(live_server.url)


@pytest.fixture
def desk(browser: Any, house: str) -> Desk:
    """Ada in front of a fresh draft."""
    return opened(browser, house, "ada")


def opened(browser: Any, house: str, name: str, **options: Any) -> Desk:
    """A person who edits the scenario, or opens the draft that is there."""
    desk = Desk(browser, house, "en", **options)
    desk.open("/scenarios/desk_test/")
    desk.sign_in(name)
    desk.page.locator(".head .button.primary").click()
    expect(desk.page.locator(".stop")).to_have_count(2)
    return desk


def saved(desk: Desk) -> None:
    """Wait until what is in the page is kept."""
    expect(desk.page.locator("[data-part=status]")).to_have_attribute("data-state", "saved")


def stages() -> list[tuple[str, Any]]:
    """The stages of the kept draft."""
    draft = queries.draft("desk_test")
    assert draft is not None
    return [(stage["code"], stage["age"]) for stage in draft.content["stages"]]


def drag(desk: Desk, index: int, days: float, release: bool = True) -> None:
    """Carry a stage along the line by so many days."""
    page = desk.page
    point = page.locator(".stop").nth(index).locator("i").bounding_box()
    track = page.locator("[data-track]").bounding_box()
    last = int(page.locator("[data-ticks] span").last.inner_text())
    right = page.locator("[data-ticks] span").last.bounding_box()
    day = (right["x"] + right["width"] / 2 - track["x"]) / last
    x, y = point["x"] + point["width"] / 2, point["y"] + point["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + days * day / 2, y, steps=4)
    page.mouse.move(x + days * day, y, steps=4)
    if release:
        page.mouse.up()


def test_a_stage_is_dragged_past_another(desk: Desk) -> None:
    page = desk.page
    drag(desk, 1, 4)
    expect(page.locator(".stop.chosen")).to_contain_text("day 18")
    expect(page.locator("[data-part=stage] [data-at=age]")).to_have_value("18")
    saved(desk)
    assert stages() == [("reminder", 1), ("second", 18)]
    drag(desk, 0, 19)
    expect(page.locator(".stop").last).to_contain_text("Reminder")
    expect(page.locator(".stop.chosen")).to_contain_text("Reminder")
    saved(desk)
    assert stages() == [("second", 18), ("reminder", 20)]
    page.locator("[data-do=undo]").click()
    expect(page.locator(".stop").first).to_contain_text("Reminder")
    saved(desk)
    assert stages() == [("reminder", 1), ("second", 18)], "a drag is one step to undo"
    page.keyboard.press("Control+Shift+z")
    saved(desk)
    assert stages() == [("second", 18), ("reminder", 20)]
    assert desk.troubles == []


def test_a_stage_is_moved_with_a_finger(browser: Any, house: str) -> None:
    desk = opened(browser, house, "ada", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = desk.page
    page.locator(".stop").nth(1).scroll_into_view_if_needed()
    point = page.locator(".stop").nth(1).locator("i").bounding_box()
    touch = desk.context.new_cdp_session(page)
    x, y = point["x"] + 8, point["y"] + 8

    def send(kind: str, *places: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": left, "y": top} for left, top in places]}
        )

    send("touchStart", (x, y))
    for step in range(1, 9):
        send("touchMove", (x - step * 10, y + step))
    send("touchEnd")
    saved(desk)
    assert 3 <= stages()[1][1] <= 10
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert desk.troubles == []


def test_a_stage_is_moved_and_removed_with_the_keyboard(desk: Desk) -> None:
    page = desk.page
    page.locator(".stop").first.focus()
    page.keyboard.press("PageDown")
    expect(page.locator(".stop").nth(1)).to_be_focused()
    for key, day in (("ArrowRight", 15), ("Shift+ArrowRight", 22), ("ArrowLeft", 21), ("Shift+ArrowLeft", 14)):
        page.keyboard.press(key)
        expect(page.locator(".stop").nth(1)).to_have_attribute("aria-valuenow", str(day))
        expect(page.locator(".stop").nth(1)).to_be_focused()
    page.keyboard.press("PageUp")
    for key, day in (("Shift+ArrowRight", 8), ("Shift+ArrowRight", 15), ("ArrowLeft", 13), ("ArrowRight", 15)):
        page.keyboard.press(key)
        expect(page.locator(".stop.chosen")).to_have_attribute("aria-valuenow", str(day))
    page.keyboard.press("PageUp")
    expect(page.locator(".stop.chosen")).to_contain_text("Second reminder")
    page.keyboard.press("Delete")
    dialog = page.locator("#remove-stage")
    expect(dialog).to_contain_text("Second reminder")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".stop")).to_have_count(2)
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.locator(".stop")).to_have_count(1)
    saved(desk)
    assert stages() == [("reminder", 15)]
    page.keyboard.press("Control+z")
    expect(page.locator(".stop")).to_have_count(2)
    assert desk.troubles == []


def test_troubles_are_told_at_their_field_and_counted(desk: Desk) -> None:
    page = desk.page
    count = page.locator("[data-part=problem-count]")
    expect(count).to_be_hidden()
    page.locator("[data-part=stage] [data-at=age]").fill("0")
    expect(page.locator(".field", has=page.locator("[data-at=age]")).locator(".error")).to_contain_text("from 1")
    expect(page.locator("[data-part=stage] [data-at=age]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-part=stage] [data-at=age]")).to_be_focused()
    expect(count).to_contain_text("1 thing to correct")
    expect(page.locator("[data-submit]")).to_be_disabled()
    page.locator("[data-add-action]").select_option("webhook")
    expect(page.locator(".action-card").last.locator(".error")).to_contain_text("for example crm")
    page.locator("[data-tab=settings]").click()
    page.locator('[data-at="leave.max_amount"]').fill("99")
    expect(count).to_contain_text("3 things to correct")
    count.click()
    page.locator("#problems button", has_text="crm").click()
    expect(page.locator("[data-at=endpoint]")).to_be_focused()
    page.keyboard.type("crm")
    page.locator("[data-part=stage] [data-at=age]").fill("2")
    page.locator("[data-tab=settings]").click()
    page.locator('[data-at="leave.max_amount"]').fill("5,00")
    expect(count).to_be_hidden()
    expect(page.locator("[data-submit]")).to_be_enabled()
    saved(desk)
    draft = queries.draft("desk_test")
    assert draft is not None
    assert draft.content["leave"] == {"max_amount": "5.00"}
    assert draft.content["stages"][0]["actions"][1] == {"webhook": {"endpoint": "crm"}}
    assert desk.troubles == []


def test_stages_actions_and_conditions_by_form(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Add a stage").click()
    page.keyboard.type("call-1")
    page.locator("[data-part=stage] [data-at=age]").fill("30")
    page.locator("[data-part=stage] [data-at=mandatory]").check()
    page.get_by_text("Only for some customers").click()
    page.locator("[data-part=stage]").get_by_label("Business").check()
    page.locator('[data-at="when.amount.min"]').fill("100")
    page.locator('[data-at="when.strategic"]').select_option("false")
    page.locator("[data-add-action]").select_option("task")
    page.locator(".action-card [data-at=title]").fill("Call, ask why")
    page.locator("[data-add-action]").select_option("notify")
    page.locator(".action-card").last.locator("select").select_option("@")
    page.locator(".action-card").last.locator("[type=email]").fill("boss@example.com")
    page.locator(".action-card").nth(1).locator('[data-move="-1"]').click()
    page.locator(".action-card").nth(1).locator("[data-remove]").click()
    saved(desk)
    draft = queries.draft("desk_test")
    assert draft is not None
    assert draft.content["stages"][2] == {
        "code": "call-1", "age": 30, "mandatory": True,
        "when": {"kind": ["business"], "amount": {"min": "100"}, "strategic": False},
        "actions": [{"task": {"kind": "call", "title": "Call, ask why"}}, {"notify": {"to": "boss@example.com"}}],
    }  # fmt: skip
    page.locator("[data-part=stage]").get_by_label("Business").uncheck()
    page.locator('[data-at="when.amount.min"]').fill("")
    page.locator('[data-at="when.strategic"]').select_option("")
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator(".stop.chosen")).to_contain_text("Call 2")
    saved(desk)
    kept = queries.draft("desk_test").content["stages"]  # type: ignore[union-attr]
    assert "when" not in kept[2] and [stage["code"] for stage in kept[2:]] == ["call-1", "call-2"]
    assert desk.troubles == []


def test_the_file_and_the_forms_follow_each_other(desk: Desk) -> None:
    page = desk.page
    page.locator("[data-tab=yaml]").click()
    file = page.locator("[data-part=yaml]")
    expect(file).to_have_value(re.compile("age: 14"))
    text = file.input_value()
    file.fill(text.replace("age: 14", "age: 40"))
    saved(desk)
    page.locator("[data-tab=stages]").click()
    expect(page.locator(".stop").nth(1)).to_contain_text("day 40")
    page.locator("[data-tab=yaml]").click()
    file.fill("stages: [")
    expect(page.locator("[data-part=yaml-error]")).to_contain_text("not readable YAML")
    assert stages() == [("reminder", 1), ("second", 40)], "what cannot be read changes nothing"
    page.locator("[data-tab=changes]").click()
    expect(page.locator("[data-part=changes]")).to_contain_text("14 to 40 days")
    page.locator("[data-tab=preview]").click()
    page.locator("[data-part=preview-form] button").click()
    expect(page.locator(".preview-head")).to_contain_text("would be treated otherwise")
    assert desk.troubles == []


def test_two_people_on_one_draft(desk: Desk, browser: Any, house: str) -> None:
    other = opened(browser, house, "bob")
    other.page.locator(".stop").first.focus()
    other.page.keyboard.press("ArrowRight")
    saved(other)
    desk.page.locator(".stop").nth(1).focus()
    desk.page.keyboard.press("ArrowRight")
    expect(desk.page.locator("[data-part=clash]")).to_contain_text("bob changed this draft meanwhile")
    assert stages() == [("reminder", 2), ("second", 14)]
    desk.page.locator("[data-theirs]").click()
    expect(desk.page.locator(".stop").first).to_contain_text("day 2")
    desk.page.locator(".stop").nth(1).focus()
    desk.page.keyboard.press("ArrowRight")
    saved(desk)
    assert stages() == [("reminder", 2), ("second", 15)]
    assert all("409" in trouble for trouble in desk.troubles)


def test_a_second_person_publishes(desk: Desk, browser: Any, house: str) -> None:
    page = desk.page
    page.locator(".stop").nth(1).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.locator("[data-submit]").click()
    expect(page.locator(".head .chip")).to_have_text("Waiting for a second person")
    expect(page.locator(".differences")).to_contain_text("14 to 21 days")
    expect(page.get_by_text("Publish…")).to_have_count(0)
    other = Desk(browser, house, "en")
    other.open("/scenarios/")
    other.sign_in("bob")
    other.page.locator(".draft-list a").click()
    expect(other.page.locator("#touched")).to_contain_text("not tried on this day yet")
    other.page.get_by_role("button", name="Preview on the portfolio").click()
    expect(other.page.locator("#touched")).to_contain_text("would be treated otherwise")
    other.page.reload()
    expect(other.page.locator("#touched")).to_contain_text("would be treated otherwise")
    other.page.get_by_text("Publish…").click()
    expect(other.page.locator("details.confirm")).to_contain_text("14 to 21 days")
    other.page.get_by_role("button", name="Publish now").dblclick()
    expect(other.page.locator("h1")).to_have_text("Residential")
    expect(other.page.locator(".versions")).to_contain_text("by ada, published by bob")
    scenario = queries.scenario("desk_test")
    assert scenario is not None and (scenario.version, scenario.stages[1].age_days) == (2, 21)
    assert desk.troubles == [] and other.troubles == []


def test_without_script_the_file_is_the_editor(browser: Any, house: str) -> None:
    desk = Desk(browser, house, "en", java_script_enabled=False)
    desk.page.goto(house + "/scenarios/desk_test/")
    desk.page.fill("[name=username]", "ada")
    desk.page.fill("[name=password]", PASSWORD)
    desk.page.press("[name=password]", "Enter")
    desk.page.get_by_role("button", name="Edit", exact=True).click()
    text = desk.page.locator("#plain-yaml").input_value()
    desk.page.locator("#plain-yaml").fill(text.replace("age: 14", "age: 15"))
    desk.page.get_by_role("button", name="Save").click()
    expect(desk.page.locator(".toast")).to_contain_text("The draft is saved")
    assert stages() == [("reminder", 1), ("second", 15)]
    desk.page.locator("#plain-editor").get_by_role("link", name="Compare").click()
    expect(desk.page.locator(".differences")).to_contain_text("14 to 15 days")
    desk.page.go_back()
    desk.page.get_by_role("button", name="Submit for publication").click()
    expect(desk.page.locator(".head .chip")).to_have_text("Waiting for a second person")


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_scenarios_is_blocked_or_overflows(browser: Any, house: str, width: int) -> None:
    desk = opened(browser, house, "ada", viewport={"width": width, "height": 844})
    page = desk.page
    for tab in ("settings", "yaml", "preview", "changes", "stages"):
        page.locator(f"[data-tab={tab}]").click()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    places = ("changes/", "preview/?on=2025-03-20", "discard/")
    for path in ("/scenarios/", "/scenarios/desk_test/", "/scenarios/-/new/", AT, *(AT + place for place in places)):
        desk.open(path)
        assert desk.troubles == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
