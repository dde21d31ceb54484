"""The desk in a real Chromium: signing in, searching, an account, recording a payment, in both languages and with the
keyboard, on a phone too; and nothing the content security policy would have to block.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from relance.staff.facts import Role
from relance.staff.services import create_user
from tests.faces.conftest import PASSWORD, build_portfolio
from tests.faces.pursuit import pursue

# The browser's driver keeps an event loop in this thread; the tests themselves are ordinary synchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package `chromium`"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

WORDS = {
    "fr": {
        "home": "Accueil", "accounts": "Comptes", "title": "Connexion au bureau", "record": "Enregistrer un paiement",
        "amount": "45,50", "done": "Paiement de 45,50 € enregistré", "settled": "B-1 est soldée (45,50 €).",
        "reason": "45,50 € échus", "refused": "ne vont pas ensemble", "keys": "Raccourcis clavier",
    },
    "en": {
        "home": "Home", "accounts": "Accounts", "title": "Sign in to the desk", "record": "Record a payment",
        "amount": "45.50", "done": "Payment of €45.50 recorded", "settled": "B-1 is settled (€45.50).",
        "reason": "€45.50 is overdue", "refused": "do not go together", "keys": "Keyboard shortcuts",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Any]:
    """One Chromium for the module.

    Its driver's event loop makes Django look for the database connection elsewhere in this same thread; it shall find the
    one that knows which rows the migrations left, or no test after the first would find them.
    """
    database = connections["default"]
    with playwright.sync_playwright() as driver:
        connections["default"] = database
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


class Desk:
    """A person in front of the desk; `troubles` collects what the browser complains of."""

    def __init__(self, browser: Any, address: str, language: str, **options: Any) -> None:
        self.context = browser.new_context(locale={"fr": "fr-FR", "en": "en-GB"}[language], **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.address = address
        self.troubles: list[str] = []
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def open(self, path: str) -> None:
        """Go to an address and wait for everything that it loads."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Fill in and send the sign-in form."""
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_load_state("networkidle")


@pytest.fixture
def address(live_server: Any, tmp_path: Path) -> str:
    """The running desk with its portfolio and an agent for each language."""
    build_portfolio(tmp_path)
    create_user("camille", PASSWORD, Role.AGENT, "fr")
    create_user("kim", PASSWORD, Role.AGENT, "en")
    create_user("admin", PASSWORD, Role.ADMINISTRATOR, "en")
    return str(live_server.url)


def expect(target: Any) -> Any:
    """Playwright's patient assertion."""
    return playwright.expect(target)


@pytest.mark.parametrize(("name", "language"), [("camille", "fr"), ("kim", "en")])
def test_a_payment_from_sign_in_to_effect(browser: Any, address: str, name: str, language: str) -> None:
    words = WORDS[language]
    desk = Desk(browser, address, language)
    page = desk.page
    desk.open("/accounts/")
    expect(page.locator("h1")).to_have_text(words["title"])
    desk.sign_in(name, "not the password")
    expect(page.locator("[role=alert]")).to_contain_text(words["refused"])
    assert desk.troubles and all("422" in trouble for trouble in desk.troubles)
    desk.troubles.clear()
    desk.sign_in(name)
    expect(page.locator("h1")).to_have_text(words["accounts"])

    page.locator("[data-search-here]").press_sequentially("bru", delay=40)
    expect(page.locator("[data-row]")).to_have_count(1)
    page.wait_for_url("**text=bru**")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Bruno Promet")
    expect(page.locator(".because")).to_contain_text(words["reason"])

    page.get_by_role("link", name=words["record"]).click()
    expect(page.locator("[name=amount]")).to_be_focused()
    page.fill("[name=amount]", words["amount"])
    page.locator("#payment-slot button[type=submit]").dblclick()
    expect(page.locator(".effect h2")).to_contain_text(words["done"])
    expect(page.locator(".effect")).to_contain_text(words["settled"])
    assert page.locator(".panel", has=page.locator("#credits-title")).locator("tbody tr").count() == 1
    assert desk.troubles == []


def test_keyboard_help_and_places(browser: Any, address: str) -> None:
    desk = Desk(browser, address, "en")
    page = desk.page
    desk.open("/")
    desk.sign_in("kim")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("BRUNO")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Bruno Promet")
    for key, title in (("m", "Messages"), ("c", "Daily cycles"), ("a", "Accounts"), ("h", "Home")):
        page.wait_for_load_state("networkidle")
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(title)
    page.locator(".side button[value=fr]").click()
    expect(page.locator("h1")).to_have_text("Accueil")
    assert desk.troubles == []


PLACES = (
    "/", "/accounts/", "/accounts/?sort=-overdue", "/messages/", "/cycles/", "/cycles/2025-03-20/", "/scenarios/",
    "/scenarios/desk_test/", "/imports/", "/staff/", "/staff/new/", "/audit/", "/preferences/", "/approvals/",
    "/deposits/", "/deposits/new/", "/journal/", "/journal/seal/?through=2025-03-01", "/journal/balance/",
    "/journal/settings/", "/limitation/", "/rates/", "/rates/ecb_mro/",
)  # fmt: skip


ACCOUNT_PLACES = ("", "ledger/", "statement/", "allocate/", "credit-note/", "write-off/", "interest/")
ITEM_PLACES = ("", "credit-note/", "correct/", "postpone/", "split/", "dispute/", "doubtful/", "limitation/",
               "late-fee/", "indemnity/")  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_blocked_or_overflows(browser: Any, address: str, width: int) -> None:
    desk = Desk(browser, address, "en", viewport={"width": width, "height": 844})
    page = desk.page
    desk.open("/sign-in/")
    desk.sign_in("admin")
    places = list(PLACES)
    for listing in ("/accounts/?sort=-overdue", "/messages/?state=sent", "/staff/"):
        desk.open(listing)
        places.append(str(page.locator("[data-row]").first.get_attribute("href")))
    desk.open("/accounts/?text=bruno")
    account = str(page.locator("[data-row]").first.get_attribute("href"))
    desk.open(account)
    item = str(page.locator("td.code a").first.get_attribute("href"))
    places += [account + place for place in ACCOUNT_PLACES] + [item + place for place in ITEM_PLACES]
    for path in places:
        desk.open(path)
        assert desk.troubles == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is wider than {width}"


def test_the_menu_of_an_item_by_keyboard_and_a_live_effect(browser: Any, address: str) -> None:
    desk = Desk(browser, address, "en")
    page = desk.page
    desk.open("/accounts/?text=bruno")
    desk.sign_in("admin")
    page.locator("[data-row]").first.click()
    expect(page.locator("h1")).to_have_text("Bruno Promet")
    here = page.url
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".menu:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".menu:popover-open")).to_have_count(0)
    assert page.url == here, "Escape closes the menu and leaves the page alone"
    page.keyboard.press("Enter")
    expect(page.locator(".menu:popover-open a").first).to_be_focused()
    entries = page.locator(".menu:popover-open a").all_inner_texts()
    for _step in range(entries.index("Write a credit note")):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Credit note on B-1")
    page.fill("[name=amount]", "60.00")
    expect(page.locator("#effect")).to_contain_text("the remaining €14.50 stays on the account")
    page.fill("[name=reason]", "goodwill")
    page.wait_for_load_state("networkidle")
    page.locator("#act-form .form-foot button").dblclick()
    expect(page.locator("h1")).to_have_text("Bruno Promet")
    expect(page.locator("#timeline")).to_contain_text("goodwill")
    assert page.locator("#timeline", has_text="goodwill").count() == 1
    assert desk.troubles == []


def test_a_message_is_shown_and_never_run(browser: Any, address: str) -> None:
    desk = Desk(browser, address, "en")
    page = desk.page
    desk.open("/")
    desk.sign_in("kim")
    desk.open("/messages/?state=sent&text=bruno")
    page.locator("[data-row]").first.click()
    expect(page.frame_locator("iframe.letter").locator("body")).to_contain_text("B-1")
    assert page.locator("iframe.letter").get_attribute("sandbox") == ""
    assert desk.troubles == []


def test_a_slip_is_typed_with_the_keyboard_alone(browser: Any, address: str) -> None:
    desk = Desk(browser, address, "en")
    page = desk.page
    desk.open("/deposits/new/")
    desk.sign_in("admin")
    for place, (account, cheque, amount) in enumerate((("BRUNO", "71", "45.50"), ("CHLOE", "72", "60.00"))):
        expect(page.get_by_label(f"Account of cheque {place + 1}", exact=True)).to_be_focused()
        page.keyboard.type(account)
        expect(page.locator(f"#lookup-{place}")).to_contain_text("Bruno Promet" if account == "BRUNO" else "Chloé")
        page.keyboard.press("Tab")
        page.keyboard.type(cheque)
        page.keyboard.press("Tab")
        page.keyboard.type(amount)
        page.keyboard.press("Enter")
    expect(page.get_by_label("Account of cheque 3", exact=True)).to_be_focused()
    expect(page.locator("#deposit-total")).to_contain_text("2 cheques · €105.50")
    page.fill("[name=control]", "105.50")
    page.locator("button[value=post]").dblclick()
    expect(page.locator("h1")).to_have_text("Cheque deposit slip")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert desk.troubles == []


def test_the_phone_menu_opens(browser: Any, address: str) -> None:
    desk = Desk(browser, address, "en", viewport={"width": 390, "height": 844})
    desk.open("/")
    desk.sign_in("kim")
    expect(desk.page.locator("#side")).to_be_hidden()
    desk.page.locator(".topbar button").click()
    desk.page.locator("#side").get_by_role("link", name="Accounts").click()
    expect(desk.page.locator("h1")).to_have_text("Accounts")
    assert desk.troubles == []


@pytest.fixture
def pursued_one(live_server: Any, tmp_path: Path) -> tuple[str, int]:
    """The running desk's address, and Bruno's account."""
    account_id = pursue(tmp_path)
    create_user("kim", PASSWORD, Role.SUPERVISOR, "en")
    return str(live_server.url), account_id


def settled(page: Any) -> None:
    """Wait until what came into the page answers: it is seen some milliseconds before its fields are listened to."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def test_why_opens_beside_the_page_and_esc_gives_the_focus_back(browser: Any, pursued_one: tuple[str, int]) -> None:
    address, account_id = pursued_one
    desk = Desk(browser, address, "en", viewport={"width": 1280, "height": 800})
    desk.open(f"/accounts/{account_id}/")
    desk.sign_in("kim")
    page, drawer = desk.page, desk.page.locator("#drawer")
    page.focus("[data-why]")
    page.keyboard.press("y")
    expect(drawer).to_contain_text("19 days ago")
    expect(page.locator("#drawer-title")).to_be_focused()
    expect(page.locator("#items-title")).to_be_visible()
    settled(page)
    page.fill("#why-on", "2025-04-05")
    expect(drawer).to_contain_text("35 days ago")
    settled(page)
    page.focus("#why-on")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator("[data-why]")).to_be_focused()
    assert page.url.endswith(f"/accounts/{account_id}/")
    page.click("[data-why]")
    expect(drawer).to_be_visible()
    page.click("[data-drawer-close]")
    expect(drawer).to_be_hidden()
    assert desk.troubles == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_about_dunning_is_blocked_or_overflows(browser: Any, pursued_one: tuple[str, int], width: int) -> None:
    from relance.dunning.queries import episodes, waiting_actions

    address, account_id = pursued_one
    episode_id, action_id = episodes(account_id)[0].id, waiting_actions().rows[0].id
    desk = Desk(browser, address, "en", viewport={"width": width, "height": 844})
    desk.open("/actions/")
    desk.sign_in("kim")
    for place in (
        "/actions/",
        f"/accounts/{account_id}/why/",
        f"/accounts/{account_id}/why/?on=2025-03-11",
        f"/accounts/{account_id}/episodes/{episode_id}/",
        f"/accounts/{account_id}/actions/{action_id}/",
        f"/accounts/{account_id}/switch/",
    ):
        desk.open(place)
        wide = desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (place, wide)
    assert desk.troubles == []


def test_why_is_a_page_of_its_own_without_script(browser: Any, pursued_one: tuple[str, int]) -> None:
    address, account_id = pursued_one
    desk = Desk(browser, address, "en", java_script_enabled=False)
    desk.open(f"/accounts/{account_id}/")
    desk.sign_in("kim")
    desk.page.click("[data-why]")
    expect(desk.page.locator("h1")).to_have_text("Why?")
    desk.page.fill("#why-on", "2025-03-02")
    desk.page.click(".why-day button")
    expect(desk.page.locator(".why-page")).to_contain_text("1 day ago")
