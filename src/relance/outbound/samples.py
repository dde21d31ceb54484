"""A message text as an invented customer would get it, for whoever chooses and edits texts, and the trial that an edited
text must stand. Pure.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from jinja2 import TemplateError

from relance.customers.facts import CreditorFacts
from relance.kit.calendars import on_or_next_working_day
from relance.outbound import edits as editing
from relance.outbound.facts import ClaimLine, Edits, Form, MessageContent, PartProblem, RenderedMessage
from relance.outbound.rules import clean, deadline_on, payment_reference, render

ADDRESS = ("Camille Martin", "8 allée des Lilas", "31000 TOULOUSE")
_NUMBER = "100200300"


def sample(template: str, language: str, written_on: dt.date) -> RenderedMessage:
    """The text for a customer who owes two invoices. Raises LookupError for a template we have no text of."""
    return render(template, invented(template, language, written_on))


def invented(
    template: str, language: str, written_on: dt.date, creditor: CreditorFacts | None = None
) -> MessageContent:
    """What an invented customer of this creditor owes: two invoices past due."""
    lines = tuple(
        ClaimLine(
            kind="invoice", number=number, issued_on=due_on - dt.timedelta(days=30), due_on=due_on,
            amount_minor=minor, open_minor=minor, days_past_due=(written_on - due_on).days,
        )
        for number, due_on, minor in (
            ("F-2041", written_on - dt.timedelta(days=38), 4990),
            ("F-2117", written_on - dt.timedelta(days=8), 4990),
        )
    )  # fmt: skip
    country = creditor.country if creditor else "FR"
    deadline = deadline_on(template, written_on, country)
    chased = sum(line.open_minor for line in lines)
    return MessageContent(
        language=language,
        creditor_name=clean(creditor.name) if creditor else "Télécom Exemple",
        creditor_address=("1 rue de l’Exemple", "75001 Paris"),
        contact_name=clean(creditor.contact_name) if creditor else "",
        contact_phone=clean(creditor.phone) if creditor and creditor.phone else "+33 1 99 00 00 00",
        contact_email=clean(creditor.email) if creditor and creditor.email else "contact@example.com",
        iban="",
        bic="",
        payment_reference=payment_reference(_NUMBER),
        account_number=_NUMBER,
        customer_name="Camille Martin",
        currency=creditor.currency if creditor else "EUR",
        lines=lines,
        principal_minor=chased,
        interest_minor=0,
        accessories_minor=0,
        credits_minor=0,
        disputed_minor=0,
        set_aside_minor=0,
        total_minor=chased,
        written_on=written_on,
        deadline_on=deadline,
        next_stage="",
        next_on=on_or_next_working_day(deadline + dt.timedelta(days=7), country),
        payment_code="",
    )


def problems(code: str, language: str, edits: Edits, on: dt.date) -> list[PartProblem]:
    """What keeps these parts of a text from being used: what they may not say, then what some customer would not get.

    Raises LookupError for a text that we do not have.
    """
    found = editing.problems(code, language, edits)
    if found or not edits:
        return found
    for fields in _trials(code, language, on):
        for form in Form:
            try:
                render(code, fields, form, edits)
            except (TemplateError, LookupError, TypeError, ValueError, AttributeError) as trouble:
                return [PartProblem(_culprit(code, fields, form, edits), 0, "cannot_be_written", str(trouble)[:200])]
    return []


def _culprit(code: str, fields: MessageContent, form: Form, edits: Edits) -> str:
    """The part that cannot be written by itself, for the place of the error."""
    for part in edits:
        try:
            render(code, fields, form, (part,))
        except (TemplateError, LookupError, TypeError, ValueError, AttributeError):
            return part[0]
    return ""


def _trials(code: str, language: str, on: dt.date) -> Iterator[MessageContent]:
    """Customers as different as texts can meet them: one invoice or many, all fields or the fewest."""
    usual = invented(code, language, on)
    yield usual
    yield replace(
        usual, lines=usual.lines[:1], contact_name="", contact_phone="", contact_email="", next_on=None, bic="", iban=""
    )
    line = replace(usual.lines[0], kind="late_fee", document_url="https://example.com/f-2041.pdf")
    yield replace(
        usual, lines=(line, *usual.lines), credits_minor=100, disputed_minor=200, set_aside_minor=300, interest_minor=5,
        accessories_minor=4000, contact_name="Camille Renaud", next_stage="suspension", bic="AGRIFRPP",
        iban="FR7630006000011234567890189",
    )  # fmt: skip
