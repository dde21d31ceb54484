"""Every text in every language, with every field and with the fewest: complete, honest, safe from hostile names."""

import dataclasses
import datetime as dt
import re
from html.parser import HTMLParser

import pytest

from relance.customers.facts import AccountFacts, CreditorFacts
from relance.ledger.facts import ClaimedItem, OpenItemFacts
from relance.outbound import rules
from relance.outbound.facts import MessageContent

MONDAY = dt.date(2026, 11, 23)
CREDITOR = CreditorFacts(
    id=1, code="default", name="Télécom Horizon", country="FR", currency="EUR", timezone="Europe/Paris",
    iban="FR76 3000 6000 0112 3456 7890 189", bic="AGRIFRPP", siren="732829320", phone="+33 1 84 80 12 34",
    email="recouvrement@horizon.example", address1="12 rue des Câbles", address2="", postcode="69002", city="Lyon",
    contact_name="Camille Renaud",
)  # fmt: skip
BARE_CREDITOR = dataclasses.replace(
    CREDITOR, iban="", bic="", siren="", phone="", email="", address1="", postcode="", city="", contact_name=""
)
ALICE = AccountFacts(
    id=7, number="C0001234", creditor_id=1, name="Alice Martin", kind="consumer", segment="", credit_class="standard",
    language="", email="alice@example.com", mobile="06 12 34 56 78", phone="", address1="", address2="", postcode="", city="",
    country="FR", siren="", payment_method="transfer", sales_rep="", opened_on=None,
)  # fmt: skip


def item(number: str, open_minor: int = 4_500, amount_minor: int = 6_000, **changes: object) -> OpenItemFacts:
    plain = OpenItemFacts(
        id=1, account_id=7, kind="invoice", number=number, nature="service", currency="EUR",
        born_on=dt.date(2026, 10, 1), due_on=dt.date(2026, 11, 1), amount_minor=amount_minor, open_minor=open_minor,
        document_url="", tax_minor=0, origin_id=None, document_due_on=dt.date(2026, 11, 1), disputed_minor=0,
        in_flight_minor=0, expired_minor=0,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def fields(template: str = "reminder", language: str = "fr", **changes: object) -> MessageContent:
    arguments: dict[str, object] = {
        "account": ALICE,
        "creditor": CREDITOR,
        "items": [item("F-001"), item("F-002", 123_450, 123_450, due_on=dt.date(2026, 11, 22))],
        "template": template,
        "written_on": MONDAY,
        "context": {},
        "language": language,
    }
    said = {**arguments, **changes}
    said["claimed"] = claimed(said.pop("items"), int(said.pop("credits", 0)))  # type: ignore[arg-type, call-overload]
    return rules.content(**said)  # type: ignore[arg-type]


def claimed(items: list[OpenItemFacts], credits_minor: int) -> list[ClaimedItem]:
    """Items with what is asked for of each: credits count against the oldest first."""
    found = []
    for entry in items:
        covered = min(credits_minor, entry.chased_minor)
        credits_minor -= covered
        found.append(ClaimedItem(entry, entry.chased_minor - covered))
    return found


def plain(text: str) -> str:
    """Text with all its kinds of spaces and line breaks made one."""
    return re.sub(r"\s+", " ", text)


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.words.append(data)


def read_html(html: str) -> _Visible:
    """The visible words and the links of well-formed HTML."""
    page = _Visible()
    page.feed(html)
    assert not page.open
    return page


every_text = pytest.mark.parametrize(
    ("language", "template"), [(language, code) for language in rules.LANGUAGES for code in rules.template_codes()]
)


def test_the_same_texts_exist_in_every_language() -> None:
    assert rules.by_firmness() == ("reminder", "second_reminder", "red_letter", "suspension_warning", "formal_notice")
    for language in rules.LANGUAGES:
        assert {path.stem for path in (rules.TEXTS / language).glob("*.j2")} == {*rules.template_codes(), "words"}
    assert rules.has_template("reminder")
    assert not rules.has_template("words")
    with pytest.raises(LookupError, match="second_reminder"):
        rules.render("../reminder", fields())


@every_text
def test_a_text_with_every_field_is_complete(language: str, template: str) -> None:
    said = fields(template, language, context={"next_stage": "formal", "next_on": "2026-12-24"})
    message = rules.render(template, said)
    page = read_html(message.html)
    days = {
        "fr": ("1er octobre 2026", "1er novembre 2026", "22 novembre 2026", "24 décembre 2026"),
        "en": ("1 October 2026", "1 November 2026", "22 November 2026", "24 December 2026"),
        "de": ("1. Oktober 2026", "1. November 2026", "22. November 2026", "24. Dezember 2026"),
        "nl": ("1 oktober 2026", "1 november 2026", "22 november 2026", "24 december 2026"),
    }[language]
    amounts = {
        "fr": ("60,00 €", "45,00 €", "1 234,50 €", "1 279,50 €"),
        "en": ("€60.00", "€45.00", "€1,234.50", "€1,279.50"),
        "de": ("60,00 €", "45,00 €", "1.234,50 €", "1.279,50 €"),
        "nl": ("€ 60,00", "€ 45,00", "€ 1.234,50", "€ 1.279,50"),
    }
    lateness = {
        "fr": ("22 jours", "1 jour de"),
        "en": ("22 days late", "1 day late"),
        "de": ("seit 22 Tagen", "seit 1 Tag "),
        "nl": ("22 dagen te laat", "1 dag te laat"),
    }
    split = {"de": ("Hauptforderung", "Nebenkosten"), "nl": ("Hoofdsom", "Bijkomende")}
    text = plain(message.text)
    for needed in (
        "F-001", "F-002", *days, *amounts[language], *lateness[language], *split.get(language, ("Principal", "Access")),
        "FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP", "RF68 C000 1234", "Camille Renaud", "+33 1 84 80 12 34",
        "recouvrement@horizon.example", "Télécom Horizon", "12 rue des Câbles", "69002 Lyon", "SIREN 732 829 320",
        "C0001234", "Alice Martin",
    ):  # fmt: skip
        assert needed in text
    visible = plain(" ".join(page.words))
    short_days = {
        "fr": ("01/10/2026", "01/11/2026"),
        "en": ("1 Oct 2026", "1 Nov 2026"),
        "de": ("01.10.2026", "01.11.2026"),
        "nl": ("01-10-2026", "01-11-2026"),
    }[language]
    for needed in ("F-001", "F-002", *short_days, *amounts[language], *lateness[language], "FR76 3000 6000 0112"):
        assert needed in visible
    assert "tel:+33184801234" in page.links
    deadline = rules.wording.long_day(said.deadline_on, language)
    assert message.text.count(deadline) >= 2
    assert deadline in message.html
    assert "Télécom Horizon" in message.subject
    assert "{" not in message.text + message.subject
    assert "{{" not in message.html


@every_text
def test_a_text_with_the_fewest_fields_leaves_out_what_is_not_known(language: str, template: str) -> None:
    said = fields(template, language, creditor=BARE_CREDITOR, items=[item("F-001")])
    message = rules.render(template, said)
    for absent in (
        "IBAN",
        "BIC",
        "SIREN",
        "Camille",
        "None",
        "E-mail",
        "Téléphone",
        "Phone",
        "Telefo",
        "tel:",
        "mailto:",
    ):
        assert absent not in message.text
        assert absent not in message.html
    assert "\n\n\n\n" not in message.text
    nothing = {"fr": "rien d'autre", "en": "nothing else", "de": "nichts weiter", "nl": "niets meer"}
    assert nothing[language] in plain(message.text) or template != "reminder"
    going_on = {"fr": "nous poursuivrons", "en": "we will continue", "de": "weiter verfolgen", "nl": "blijven wij"}
    assert going_on[language] in plain(message.text)


@every_text
@pytest.mark.parametrize("stage", ["second", "formal", "suspension", "agency", "visit from our director", ""])
def test_every_next_stage_is_told_with_its_day(language: str, template: str, stage: str) -> None:
    message = rules.render(
        template, fields(template, language, context={"next_stage": stage, "next_on": "2026-12-24" if stage else ""})
    )
    day = {
        "fr": "24 décembre 2026",
        "en": "24 December 2026",
        "de": "24. Dezember 2026",
        "nl": "24 december 2026",
    }[language]
    assert (day in plain(message.text)) is bool(stage)
    assert "visit from our director" not in message.text, "a stage's code is ours, not the customer's"


@every_text
def test_five_hundred_invoices_are_all_named(language: str, template: str) -> None:
    many = [item(f"F-{number:05d}") for number in range(500)]
    message = rules.render(template, fields(template, language, items=many))
    read_html(message.html)
    for line in many:
        assert line.number in message.text
        assert line.number in message.html
    assert max(map(len, message.text.splitlines())) < 120


@every_text
def test_hostile_words_stay_words(language: str, template: str) -> None:
    evil = "Eve\r\nBcc: all@example.com\u202e<script>alert(1)</script>{{ 7*7 }}\u2028\"'&"
    said = fields(
        template,
        language,
        account=dataclasses.replace(ALICE, name=evil, number=evil),
        creditor=dataclasses.replace(CREDITOR, name=evil, contact_name=evil, phone=evil, email=evil, city=evil),
        items=[item(evil, document_url="javascript:alert(1)"), item("F-2", document_url='https://x/"><script>')],
    )
    message = rules.render(template, said)
    assert "<script" not in message.html
    assert "49" not in message.subject.replace("1 234", "")
    assert "javascript" not in message.html
    assert not re.search("[\r\n\u2028\u202e]", message.subject)
    assert "\r" not in message.text
    assert "\u202e" not in message.text + message.html
    assert len(message.subject) <= rules.SUBJECT_LENGTH
    read_html(message.html)


def test_a_document_is_linked() -> None:
    message = rules.render("reminder", fields(items=[item("F-1", document_url="https://bills.example/a?b=1&c=2")]))
    assert "https://bills.example/a?b=1&c=2" in message.text
    assert "https://bills.example/a?b=1&c=2" in read_html(message.html).links


def test_the_formal_notice_says_so_and_names_the_way_to_object() -> None:
    french = rules.render("formal_notice", fields("formal_notice", "fr"))
    assert french.subject.startswith("Mise en demeure de payer")
    assert "vous met en demeure de payer" in plain(french.text)
    assert "médiateur" in french.text
    assert "contestez" in french.text
    english = rules.render("formal_notice", fields("formal_notice", "en"))
    assert english.subject.startswith("Formal notice to pay")
    assert "formal notice to pay" in plain(english.text)
    assert "dispute" in english.text


@pytest.mark.parametrize("template", rules.template_codes())
def test_french_punctuation_never_begins_a_line(template: str) -> None:
    for stage in ("second", "suspension", ""):
        said = fields(template, "fr", context={"next_stage": stage})
        message = rules.render(template, said)
        visible = " ".join(read_html(message.html).words)
        for text in (message.text, visible):
            assert not re.search(r"[ \n][:;?!»]", text)


def test_interest_and_accessories_are_told_apart() -> None:
    said = fields(items=[item("F-1", 1_000), item("I-1", 200, kind="interest"), item("A-1", 4_000, kind="indemnity")])
    assert (said.principal_minor, said.interest_minor, said.accessories_minor) == (1_000, 200, 4_000)
    assert said.total_minor == 5_200


@pytest.mark.parametrize(("language", "received", "disputed"), [
    ("fr", "Reçu, pas encore imputé", "sont en litige"),
    ("en", "Received, not yet matched", "is in dispute"),
])  # fmt: skip
def test_money_received_and_disputes_are_shown_and_not_claimed(language: str, received: str, disputed: str) -> None:
    items = [item("F-001", disputed_minor=1_000), item("F-002", 2_000, 2_000)]
    said = fields(language=language, items=items, credits=500)
    assert (said.total_minor, said.credits_minor, said.disputed_minor) == (5_000, 500, 1_000)
    assert said.principal_minor + said.interest_minor + said.accessories_minor - said.credits_minor == said.total_minor
    words = rules.render("reminder", said)
    for form in (words.text, words.html):
        assert received in plain(form)
        assert disputed in plain(form)
    assert received not in plain(rules.render("reminder", fields(language=language)).text)


def test_charges_are_called_what_they_are() -> None:
    fee = item("LF-1", 1_000, 1_000, kind="late_fee")
    words = rules.render("reminder", fields(items=[item("F-001"), fee]))
    assert "Frais de retard LF-1" in plain(words.text)
    assert "Frais de retard" in plain(words.html)
