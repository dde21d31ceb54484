"""The cycle's pages in a real Chromium: a night followed live to its end, and failures on a wide and a narrow screen."""

from typing import Any

import psycopg
import pytest
from django.db import connection

from relance.cycle.models import Cycle, Failure
from relance.cycle.services import run
from tests.cast import the
from tests.faces.conftest import TODAY
from tests.faces.test_browser import Desk, address, browser, expect, pytestmark  # noqa: F401

PAGE = f"/cycles/{TODAY}/"


def test_a_night_is_followed_live_until_it_ends(browser: Any, address: str) -> None:  # noqa: F811
    night = Cycle.objects.get(business_date=TODAY)
    Cycle.objects.filter(id=night.pk).update(state="running")
    desk = Desk(browser, address, "en")
    held = psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True)
    with held:
        held.execute("SELECT pg_advisory_lock(1380273217, %s)", [night.creditor_id])
        desk.page.goto(address + PAGE)
        desk.sign_in("admin")
        expect(desk.page.locator("#cycle-progress")).to_contain_text("Running now")
        Cycle.objects.filter(id=night.pk).update(state="closed")
        expect(desk.page.locator("#cycle-progress")).to_have_count(0)
        expect(desk.page.locator(".head .chip")).to_have_text("Closed")
    assert desk.troubles == []


@pytest.mark.parametrize("width", [1280, 390])
def test_failures_and_broken_laws_fit_the_screen(browser: Any, address: str, width: int) -> None:  # noqa: F811
    for number in ("BRUNO", "CHLOE"):
        Failure.objects.create(
            cycle=Cycle.objects.get(business_date=TODAY), step="decide", account_id=the({"number": number}).id,
            error="DataError: " + "an_error_without_any_space_" * 12,
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dunning_episode (account_id, item_id, currency, version_id, opened_on) "
            "VALUES (%s, 0, 'EUR', 1, %s)",
            [the({"number": "ALICE"}).id, TODAY],
        )
    run(TODAY.replace(day=21))
    desk = Desk(browser, address, "en", viewport={"width": width, "height": 844})
    desk.open(PAGE)
    desk.sign_in("admin")
    for path in (PAGE, "/cycles/2025-03-21/", "/cycles/", "/cycles/schedule/"):
        desk.open(path)
        assert desk.troubles == [], path
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is wider than {width}"
