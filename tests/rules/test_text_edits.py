"""Texts as the house edits them: words are let in, code is not, and no customer is left without a message."""

import datetime as dt

import pytest

from relance.outbound import edits as editing
from relance.outbound import rules, samples
from relance.outbound.facts import Edits, Form
from tests.rules.test_message_texts import every_text, fields, plain, read_html

MONDAY = dt.date(2026, 11, 23)


def wrong(part: str, text: str, code: str = "reminder", language: str = "en") -> set[str]:
    """What is wrong with one part of an otherwise standard text, as codes."""
    edits = editing.changed_parts(code, language, {part: text})
    return {problem.wrong for problem in samples.problems(code, language, edits, MONDAY)}


@every_text
def test_a_standard_text_saved_as_an_edit_is_the_standard_text(language: str, template: str) -> None:
    standard = editing.standard_parts(template, language)
    assert list(standard)[:2] == ["subject", "title"]
    assert editing.changed_parts(template, language, standard) == ()
    touched: Edits = tuple((part, f"{text} ") for part, text in standard.items())
    assert samples.problems(template, language, touched, MONDAY) == []
    for form in Form:
        edited, original = (rules.render(template, fields(template, language), form, each) for each in (touched, ()))
        assert plain(edited.text) == plain(original.text)
        assert edited.subject == original.subject
        assert plain("".join(read_html(edited.html).words)) == plain("".join(read_html(original.html).words))


def test_only_the_edited_parts_differ_and_fields_are_filled_in() -> None:
    edits = editing.changed_parts(
        "reminder",
        "en",
        {"opening": "Hello again!\n\nWe miss {{ money(m.total_minor) | strong }}.", "subject": "Oh no"},
    )
    mail = rules.render("reminder", fields("reminder", "en"), edits=edits)
    assert mail.subject == "Oh no"
    assert "Hello again!\n\nWe miss €1,279.50." in mail.text.replace("\u00a0", " ")
    assert "<p>Hello again!</p>" in mail.html
    assert "<strong>€1,279.50</strong>" in mail.html
    letter = rules.render("reminder", fields("reminder", "en"), Form.LETTER, edits)
    assert "Hello again!" in letter.text
    short = rules.render("reminder", fields("reminder", "en"), Form.SHORT, edits)
    assert short == rules.render("reminder", fields("reminder", "en"), Form.SHORT)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{ m.customer }}", "unknown_field"),
        ("{{ customer_name }}", "unknown_field"),
        ("{% if m.conact_name %}x{% endif %}", "unknown_field"),
        ("{% for line in m.lines %}{{ line.nummer }}{% endfor %}", "unknown_field"),
        ("{{ m.lines[1].number }}", "unknown_field"),
        ("{{ line.number }}", "unknown_field"),
        ("{{ m.lines.__class__ }}", "unknown_field"),
        ("{{ ''.__class__ }}", "unknown_field"),
        ("{{ m.total_minor", "syntax"),
        ("{% if one %}", "syntax"),
        ("{% endblock %}{% block title %}", "syntax"),
        ("{% include 'fr/words.j2' %}", "not_allowed"),
        ("{% set a = 1 %}", "not_allowed"),
        ("{% macro a() %}{% endmacro %}", "not_allowed"),
        ("{% for a in 'abc' %}{% endfor %}", "not_allowed"),
        ("{{ 10 ** 10 }}", "not_allowed"),
        ("{{ 'a' * 1000000000 }}", "not_allowed"),
        ("{{ range(9) }}", "not_allowed"),
        ("{{ m.lines | map(attribute='x') }}", "not_allowed"),
        ("{{ '<b>' | safe }}", "not_allowed"),
        ("{{ money(m.deadline_on) }}", "wrong_field"),
        ("{{ day(m.total_minor) }}", "wrong_field"),
        ("{{ money(5) }}", "wrong_field"),
        ("{{ words.transfer() }}", "not_allowed"),
        ("   ", "empty"),
        ("a" * 7000, "too_long"),
        ("Pay from {{ day(m.next_on) }}", "cannot_be_written"),
    ],
)
def test_what_is_not_words_or_a_known_field_is_refused_when_it_is_saved(text: str, code: str) -> None:
    assert wrong("opening", text) == {code}


def test_a_field_that_some_customers_lack_may_be_used_where_the_text_asks_first() -> None:
    assert wrong("opening", "{% if m.next_on %}From {{ day(m.next_on) }}{% endif %} {{ m.lines[0].number }}") == set()
    assert wrong("next", "{% for line in m.lines %}{{ line.number }}, {% endfor %}{{ words.next_step() }}") == set()
    assert wrong("short", "Pay {{ money(m.total_minor) }} {{ words.next_step() }}") == {"not_allowed"}


def test_the_amount_stays_in_the_short_form_and_the_words_of_the_law_in_a_formal_notice() -> None:
    assert wrong("short", "Please pay.") == {"no_amount"}
    for language in rules.LANGUAGES:
        assert wrong("title", "Pay", "formal_notice", language) <= {"no_legal_words"}
        both = {"title": "Pay", "opening": "Pay now."}
        edits = editing.changed_parts("formal_notice", language, both)
        assert [each.wrong for each in editing.problems("formal_notice", language, edits)] == ["no_legal_words"]


def test_markup_scripts_and_hidden_characters_of_an_edit_are_plain_words() -> None:
    hostile = "<script>alert(1)</script> & <b>bold</b> \u202eevil\u202c {{ m.customer_name }} {{ '<em>' }}"
    edits = editing.changed_parts("reminder", "en", {"opening": hostile, "subject": hostile})
    assert samples.problems("reminder", "en", edits, MONDAY) == []
    mail = rules.render("reminder", fields("reminder", "en"), edits=edits)
    assert "<script" not in mail.html
    assert "<b>bold" not in mail.html
    assert "<em>" not in mail.html
    assert "\u202e" not in mail.text + mail.html + mail.subject
    assert "alert(1)" in mail.html
    assert read_html(mail.html).words


def test_a_brace_at_the_end_of_a_part_opens_nothing() -> None:
    for end in ("{", "{{ m.account_number }}{", "%", "#", "{# a note #}"):
        assert wrong("opening", f"Hello {end}") == set()


def test_the_nearest_edit_is_written_with() -> None:
    edition = editing.Edition(
        {
            (0, "reminder", "fr", ""): (1, (("title", "a"),)),
            (7, "reminder", "fr", ""): (2, (("title", "b"),)),
            (7, "reminder", "fr", "sms"): (3, (("title", "c"),)),
        }
    )
    assert [
        edition.of(owner, "reminder", language, way)[0]
        for owner, language, way in ((7, "fr", "sms"), (7, "fr", "email"), (8, "fr", "sms"), (7, "en", "sms"))
    ] == [3, 2, 1, 0]
