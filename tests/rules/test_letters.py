"""Letters as they come out of the typesetter: in the window, whole, with a code that pays, and unharmed by hostile text."""

import dataclasses
import datetime as dt
import re
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from relance.outbound import letters, rules
from relance.outbound.facts import MessageContent
from relance.outbound.typesetting import marked, typeset
from tests.rules.test_message_texts import CREDITOR, fields, item

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
MILLIMETRE = 72 / 25.4
ADDRESS = ("Établissements Fabre et Fils", "Bâtiment C", "12 rue des Lilas", "69003 LYON")
WINDOWS = {
    # Left, right, top and bottom of the sheet in millimetres that show wherever the sheet slips to in its envelope.
    "FR": (100, 190, 45, 79),
    "DE": (20, 105, 45, 90),
}


def preview(sheet: dict[str, Any], made_at: dt.datetime) -> bytes:
    """The PDF of one letter, without marks."""
    return typeset([sheet], "Letter", "Horizon", made_at).pdf


def content(template: str = "formal_notice", language: str = "fr", count: int = 2, **changes: Any) -> MessageContent:
    items = [item(f"F-{number:03d}", 4_500 + number, 4_500 + number, id=number + 1) for number in range(count)]
    return dataclasses.replace(fields(template, language, items=items), **changes)


def pdf_of(said: MessageContent, template: str = "formal_notice", country: str = "FR", **envelope: Any) -> Any:
    sheet = letters.sheet(template, said, letters.Envelope(ADDRESS, **envelope), country)
    return pypdfium2.PdfDocument(preview(sheet, NOW))


def words_of(page: Any) -> str:
    return str(page.get_textpage().get_text_bounded()).replace("\xa0", " ").replace("\u202f", " ")


def boxes(page: Any, text: str) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of a text on a page, in millimetres from the sheet's upper left corner."""
    textpage = page.get_textpage()
    found = textpage.search(text).get_next()
    assert found is not None, text
    rectangles = [textpage.get_charbox(found[0] + number) for number in range(found[1])]
    height = page.get_height()
    return (
        min(box[0] for box in rectangles) / MILLIMETRE,
        max(box[2] for box in rectangles) / MILLIMETRE,
        (height - max(box[3] for box in rectangles)) / MILLIMETRE,
        (height - min(box[1] for box in rectangles)) / MILLIMETRE,
    )


@pytest.mark.parametrize("country", sorted(WINDOWS))
def test_the_whole_address_stands_in_the_window_and_nothing_else_does(country: str) -> None:
    page = pdf_of(content(), country=country)[0]
    left, right, top, bottom = WINDOWS[country]
    for line in ADDRESS:
        box = boxes(page, line)
        assert left <= box[0] < box[1] <= right
        assert top <= box[2] < box[3] <= bottom
    shown = page.get_textpage().get_text_bounded(
        left * MILLIMETRE,
        page.get_height() - bottom * MILLIMETRE,
        right * MILLIMETRE,
        page.get_height() - top * MILLIMETRE,
    )
    lines = [line.strip() for line in shown.splitlines() if line.strip()]
    expected = list(ADDRESS) if country == "FR" else ["Télécom Horizon, 12 rue des Câbles", *ADDRESS]
    assert lines == expected


def test_the_longest_address_still_stands_in_the_window() -> None:
    lines = letters.address_lines("Mademoiselle " * 800, "x " * 90, "y" * 90, "69003", "Lyon " * 30, "Allemagne")
    assert lines is not None
    assert len(lines) <= 6
    said = content()
    sheet = letters.sheet("reminder", said, letters.Envelope(lines), "FR")
    page = pypdfium2.PdfDocument(preview(sheet, NOW))[0]
    for line in lines:
        box = boxes(page, line[:20].strip())
        assert 100 <= box[0] < box[1] <= 190
        assert 45 <= box[2] < box[3] <= 79


@pytest.mark.parametrize("missing", ["address", "city"])
def test_an_address_without_street_or_town_is_none(missing: str) -> None:
    street, city = ("", "Lyon") if missing == "address" else ("12 rue des Lilas", "")
    assert letters.address_lines("Alice", street, "", "69003", city, "") is None


@pytest.mark.parametrize("language", rules.LANGUAGES)
@pytest.mark.parametrize("template", rules.template_codes())
def test_every_letter_names_every_invoice_the_split_the_deadline_and_how_to_pay(template: str, language: str) -> None:
    said = content(template, language, 40)
    document = pdf_of(said, template, registered=True)
    assert len(document) == 2
    text = "\n".join(words_of(page) for page in document)
    flat = re.sub(r"\s+", " ", text)
    for line in said.lines:
        assert line.number in text
    for part in ("FR76 3000 6000", CREDITOR.phone, "Camille Renaud", "732 829 320", said.account_number):
        assert part in flat
    assert "1/2" in words_of(document[0])
    assert "2/2" in words_of(document[1])
    assert {"fr": "recommandée", "en": "Registered", "de": "Einschreiben", "nl": "Aangetekend"}[language] in flat
    heads = [word for word in ("Montant", "Amount", "Betrag", "Bedrag") if word in words_of(document[1])]
    assert heads, "the table's head is repeated"
    assert "{" not in flat


def test_the_code_on_the_coupon_pays_this_claim() -> None:
    said = content(count=2)
    picture = pdf_of(said)[0].render(scale=3).to_pil()
    codes = [code.text for code in zxingcpp.read_barcodes(picture) if code.format == zxingcpp.BarcodeFormat.QRCode]
    assert codes == [said.payment_code]
    _, _, _, _, _, name, iban, amount, _, reference = codes[0].split("\n")
    assert (name, iban) == (said.creditor_name, said.iban)
    assert amount == f"EUR{said.total_minor // 100}.{said.total_minor % 100:02d}"
    assert reference == said.payment_reference


def test_marks_tell_the_machine_which_sheets_belong_together() -> None:
    sheets = [
        marked(
            letters.sheet("reminder", content("reminder", count=count), letters.Envelope(ADDRESS), "FR"),
            f"12/{turn}",
            1,
        )
        for turn, count in ((1, 2), (2, 45), (3, 1))
    ]
    made = typeset(sheets, "Batch 12", "Horizon", NOW)
    assert made.page_counts == (1, 2, 1)
    assert made.pdf == typeset(sheets, "Batch 12", "Horizon", NOW).pdf
    read = []
    for page in pypdfium2.PdfDocument(made.pdf):
        found = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
        read += [code.text for code in found if code.format == zxingcpp.BarcodeFormat.DataMatrix]
    assert read == ["12/1/1/1", "12/2/1/2", "12/2/2/2", "12/3/1/1"]


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>", '#panic("x") $x$ *b* _i_ @a <l> \\ `c`', "=cmd|'/C calc'!A1", "\u202egnp.exe",
        "{{ 7 * 7 }} {% for %}", "x" * 10_000, "Ελένη Дарья 山田", "\x1e\x1f\x02\x03",
    ],
)  # fmt: skip
def test_hostile_text_is_only_text(evil: str) -> None:
    said = content(creditor_name=rules.clean(evil), account_number=rules.clean(evil), customer_name=rules.clean(evil))
    document = pdf_of(said)
    text = words_of(document[0])
    assert len(document) <= 2
    assert "49" not in text.replace("7 * 7", "") or "{{" not in evil
    assert (rules.clean(evil)[:8].split(" ") or [""])[0] in text.replace("\n", "")


def test_a_sign_that_no_font_has_stops_no_batch() -> None:
    said = content(customer_name="A", account_number="A\U0001f7fe\U00013000B")
    assert "A??B" in words_of(pdf_of(said)[0])


def test_a_letter_without_a_bank_account_has_no_coupon() -> None:
    said = content(iban="", bic="", payment_code="")
    assert letters.sheet("reminder", said, letters.Envelope(ADDRESS), "FR")["coupon"] is None


def test_a_letter_is_an_archive_file() -> None:
    sheet = letters.sheet("reminder", content(), letters.Envelope(ADDRESS), "FR")
    assert b"pdfaid:part" in preview(sheet, NOW)
