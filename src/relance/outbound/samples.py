"""A message text as an invented customer would get it, for whoever chooses texts. Pure."""

import datetime as dt

from relance.kit.calendars import on_or_next_working_day
from relance.outbound.facts import ClaimLine, MessageContent, RenderedMessage
from relance.outbound.rules import deadline_on, payment_reference, render

_NUMBER = "100200300"


def sample(template: str, language: str, written_on: dt.date) -> RenderedMessage:
    """The text for a customer who owes two invoices. Raises LookupError for a template we have no text of."""
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
    deadline = deadline_on(template, written_on, "FR")
    chased = sum(line.open_minor for line in lines)
    return render(
        template,
        MessageContent(
            language=language,
            creditor_name="Télécom Exemple",
            creditor_address=("1 rue de l’Exemple", "75001 Paris"),
            contact_name="",
            contact_phone="+33 1 99 00 00 00",
            contact_email="contact@example.com",
            iban="",
            bic="",
            payment_reference=payment_reference(_NUMBER),
            account_number=_NUMBER,
            customer_name="Camille Martin",
            currency="EUR",
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
            next_on=on_or_next_working_day(deadline + dt.timedelta(days=7), "FR"),
            payment_code="",
        ),
    )
