"""Texts as networks carry them: what is folded, what it costs, and into how many segments it is cut."""

import pytest

from relance.outbound import rules
from relance.outbound.facts import Form
from relance.outbound.short_text import fold, is_wide, length, segment_count
from tests.rules.test_message_texts import fields


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Reste dû : 1\u202f234,50\u00a0€", "Reste du : 1 234,50 €"),
        ("« Forêt » – l’été, œuvre…", '" Foret " - l\'été, oeuvre...'),
        ("ça, où, Île, ÀÉ", "ca, où, Ile, AÉ"),
        ("Straße ñandú [x] {y}", "Straße ñandu [x] {y}"),
    ],
)
def test_what_the_alphabet_lacks_is_written_with_what_it_has(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert not is_wide(folded)


def test_a_name_in_another_script_leaves_the_words_spelled_right() -> None:
    assert fold("Дарья, reste\u00a0dû") == "Дарья, reste dû"
    assert is_wide("Дарья")


@pytest.mark.parametrize(
    ("text", "cost", "segments"),
    [
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        # An escaped character that would straddle the 153rd septet goes whole into the next segment.
        ("a" * 152 + "€" + "a" * 152, 306, 3),
        ("я" * 70, 70, 1),
        ("я" * 71, 71, 2),
        ("😀" * 35, 70, 1),
        ("😀" * 36, 72, 2),
    ],
)
def test_cost_and_segments(text: str, cost: int, segments: int) -> None:
    assert length(text) == cost
    assert segment_count(text) == segments


@pytest.mark.parametrize("language", rules.LANGUAGES)
@pytest.mark.parametrize("template", rules.template_codes())
def test_every_short_text_says_who_how_much_by_when_and_how_and_fits_two_segments(template: str, language: str) -> None:
    said = fields(template, language)
    words = rules.render(template, said, Form.SHORT)
    assert (words.subject, words.html) == ("", "")
    assert segment_count(words.text) <= 2
    assert not is_wide(words.text)
    for part in (fold(said.creditor_name), said.account_number, said.payment_reference, said.contact_phone):
        assert part in words.text
    assert "{" not in words.text
