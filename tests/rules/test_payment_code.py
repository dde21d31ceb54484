"""The payment code: a worked example field by field, when there is none, and its picture."""

import base64
import struct

import pytest

from relance.outbound import rules
from relance.outbound.payment_code import LARGEST_MINOR, epc_payload, picture
from tests.rules.test_message_texts import BARE_CREDITOR, fields, item, read_html

IBAN = "FR7630006000011234567890189"


def test_worked_example() -> None:
    assert epc_payload("Télécom Horizon", IBAN, 127_950, "EUR", "RF68C0001234", "AGRIFRPP").split("\n") == [
        "BCD",  # service tag
        "002",  # version
        "1",  # UTF-8
        "SCT",  # SEPA credit transfer
        "AGRIFRPP",
        "Télécom Horizon",
        IBAN,
        "EUR1279.50",
        "",  # purpose
        "RF68C0001234",  # structured reference; nothing after the last field that is filled
    ]


def test_a_reference_that_is_not_iso_11649_stands_as_text_and_the_bic_may_lack() -> None:
    lines = epc_payload("Horizon", IBAN, 5, "EUR", "C-12").split("\n")
    assert lines[4:] == ["", "Horizon", IBAN, "EUR0.05", "", "", "C-12"]
    assert epc_payload("Horizon", IBAN, 5, "EUR", "RF69C0001234").split("\n")[9:] == ["", "RF69C0001234"]
    assert epc_payload("Horizon", IBAN, 5, "EUR", "").endswith("\nEUR0.05")
    assert epc_payload("Horizon", IBAN, 5, "EUR", "", "NOT A BIC").split("\n")[4] == ""


def test_a_name_stays_one_line_of_at_most_seventy_characters() -> None:
    lines = epc_payload("Horizon\nEUR1.00 " + "é" * 80, IBAN, 5, "EUR", "C-12").split("\n")
    assert len(lines) == 11
    assert lines[5].startswith("Horizon EUR1.00 é")
    assert len(lines[5]) == 70


@pytest.mark.parametrize(
    ("changes"),
    [
        {"iban": ""}, {"iban": "FR7630006000011234567890188"}, {"iban": "nonsense"}, {"iban": "FR76 3000 6000"},
        {"iban": "TN5910006035183598478831"},  # right, but outside SEPA
        {"currency": "CHF"}, {"currency": "eur"}, {"amount_minor": 0}, {"amount_minor": -1},
        {"amount_minor": LARGEST_MINOR + 1}, {"creditor_name": " "}, {"reference": "x" * 141},
        {"creditor_name": "\U0001f4de" * 70, "reference": "é" * 70},  # more bytes than the standard's largest code
    ],
)  # fmt: skip
def test_no_code_where_no_transfer_can_be_asked_for(changes: dict[str, object]) -> None:
    plain: dict[str, object] = {
        "creditor_name": "Horizon", "iban": IBAN, "amount_minor": LARGEST_MINOR, "currency": "EUR", "reference": "C-12"
    }  # fmt: skip
    assert "\nEUR999999999.99\n" in epc_payload(**plain)  # type: ignore[arg-type]
    assert epc_payload(**{**plain, **changes}) == ""  # type: ignore[arg-type]


def test_the_picture_is_a_square_png_and_always_the_same() -> None:
    payload = epc_payload("Télécom Horizon", IBAN, 127_950, "EUR", "RF68C0001234", "AGRIFRPP")
    shown = picture(payload)
    assert picture(payload) == shown
    head, data = shown.uri.split(",")
    assert head == "data:image/png;base64"
    png = base64.b64decode(data, validate=True)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (shown.side, shown.side)
    assert len(png) < 4_000


@pytest.mark.parametrize("template", rules.template_codes())
@pytest.mark.parametrize("language", rules.LANGUAGES)
def test_every_html_shows_the_code_beside_the_iban_and_no_text_does(language: str, template: str) -> None:
    said = fields(template, language)
    assert said.payment_code == epc_payload(
        said.creditor_name, said.iban, said.total_minor, "EUR", said.payment_reference, said.bic
    )
    message = rules.render(template, said)
    assert message.html.count("<img ") == 1
    assert picture(said.payment_code).uri in message.html
    caption = {"fr": "application bancaire", "en": "banking app", "de": "Banking-App", "nl": "bankapp"}[language]
    assert caption in " ".join(read_html(message.html).words)
    assert caption not in message.text
    for without in ({"creditor": BARE_CREDITOR}, {"items": [item("F-1", currency="CHF")]}):
        plain = rules.render(template, fields(template, language, **without))
        assert "<img" not in plain.html
        assert caption not in plain.html
