"""Deadlines, references, languages and e-mail addresses."""

import dataclasses
import datetime as dt

import pytest

from relance.outbound import rules
from relance.outbound.channels.email import usable_address
from tests.rules.test_message_texts import ALICE, CREDITOR, MONDAY, fields


@pytest.mark.parametrize(
    ("template", "written_on", "country", "deadline"),
    [
        ("reminder", dt.date(2026, 11, 23), "FR", dt.date(2026, 11, 30)),
        ("second_reminder", dt.date(2026, 11, 23), "FR", dt.date(2026, 12, 1)),
        ("formal_notice", dt.date(2026, 11, 23), "FR", dt.date(2026, 12, 7)),
        ("reminder", dt.date(2026, 11, 21), "FR", dt.date(2026, 11, 30)),  # a Saturday becomes Monday
        ("reminder", dt.date(2026, 12, 18), "FR", dt.date(2026, 12, 28)),  # Christmas and its week-end
        ("reminder", dt.date(2026, 12, 18), "XX", dt.date(2026, 12, 25)),
        ("house_text", dt.date(2026, 11, 23), "FR", dt.date(2026, 12, 1)),
    ],
)
def test_deadline(template: str, written_on: dt.date, country: str, deadline: dt.date) -> None:
    assert rules.deadline_on(template, written_on, country) == deadline


def test_payment_reference_is_iso_11649_where_it_fits() -> None:
    assert rules.payment_reference("INV20260001") == "RF16INV20260001"
    assert rules.payment_reference("539007547034") == "RF18539007547034"
    assert rules.payment_reference("c12") == rules.payment_reference("C12")
    assert len(rules.payment_reference("A" * 21)) == 25
    for number in ("A" * 22, "C-12", "É12", "٣٤"):
        assert rules.payment_reference(number) == number


@pytest.mark.parametrize(
    ("language", "country", "chosen"),
    [("fr", "DE", "fr"), ("en", "FR", "en"), ("en-GB", "FR", "en"), ("FR", "DE", "fr"), ("", "FR", "fr"),
     ("", "BE", "fr"), ("", "LU", "fr"), ("", "DE", "de"), ("nl", "BE", "nl"), ("nl", "NL", "nl"), ("", "NL", "nl"),
     ("sv", "SE", "en"), ("it", "AT", "de")],
)  # fmt: skip
def test_language(language: str, country: str, chosen: str) -> None:
    account = dataclasses.replace(ALICE, language=language)
    assert rules.language_of(account, dataclasses.replace(CREDITOR, country=country)) == chosen


def test_a_next_stage_before_the_deadline_is_told_without_its_day() -> None:
    early = fields(context={"next_stage": "second", "next_on": "2026-11-29"})
    assert early.next_stage == "second"
    assert early.next_on is None
    later = fields(context={"next_stage": "second", "next_on": dt.date(2026, 12, 2)})
    assert later.next_on == dt.date(2026, 12, 2)
    assert later.written_on == MONDAY


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("alice@example.com", "alice@example.com"),
        ("  alice.m+x@mail.example.com ", "alice.m+x@mail.example.com"),
        ("bob@crédit.example", "bob@xn--crdit-csa.example"),
    ],
)
def test_usable_address(text: str, address: str) -> None:
    assert usable_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "alice", "alice@", "@example.com", "a@b", "a@b@c.fr", "a@b.fr,c@d.fr", "a@b.fr;c@d.fr", "Alice <a@b.fr>",
     "a@b.fr\nBcc: x@y.fr", "a@b.fr\r\nDATA", "a b@c.fr", '"a b"@c.fr', "a..b@c.fr", ".a@c.fr", "a@c..fr", "a@-c.fr",
     "a@127.0.0.1", "é@c.fr", "a@" + "x" * 64 + ".fr", "a" * 65 + "@c.fr", "a@" + "b.c" * 90 + ".fr", "a@c.fr\x00"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert usable_address(text) is None
