"""What the pages of message texts call parts, fields and mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relance.outbound.facts import PartProblem

PARTS: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "subject": (gettext_lazy("Subject"), gettext_lazy("Of the mail.")),
    "title": (gettext_lazy("Heading"), gettext_lazy("Of the mail and of the letter.")),
    "opening": (gettext_lazy("Opening"), gettext_lazy("What has happened. The list of invoices follows it.")),
    "demand": (gettext_lazy("What we ask for"), gettext_lazy("Below the list and its total.")),
    "next": (gettext_lazy("What happens next"), ""),
    "contact": (gettext_lazy("A question or a difficulty?"), gettext_lazy("The contact's name and phone follow it.")),
    "short": (gettext_lazy("Text message"), gettext_lazy("The whole message, on one line. It must name the amount.")),
    "spoken": (gettext_lazy("Spoken message"), gettext_lazy("What a recorded call says.")),
}
"""The name of each part of a text, and where it stands."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a text may use: its name for people, and what is written in the text."""

    title: str | Promise
    written: str


FIELDS: Sequence[Field] = (
    Field(gettext_lazy("Amount to pay"), "{{ money(m.total_minor) }}"),
    Field(gettext_lazy("Amount to pay, stressed"), "{{ money(m.total_minor) | strong }}"),
    Field(gettext_lazy("Pay by"), "{{ day(m.deadline_on) }}"),
    Field(gettext_lazy("Pay by, in short"), "{{ short_day(m.deadline_on) }}"),
    Field(gettext_lazy("Customer’s name"), "{{ m.customer_name }}"),
    Field(gettext_lazy("Account number"), "{{ m.account_number }}"),
    Field(gettext_lazy("Payment reference"), "{{ m.payment_reference }}"),
    Field(gettext_lazy("Our name"), "{{ m.creditor_name }}"),
    Field(gettext_lazy("Our phone"), "{{ m.contact_phone }}"),
    Field(gettext_lazy("Our e-mail"), "{{ m.contact_email }}"),
    Field(gettext_lazy("Our contact’s name"), "{{ m.contact_name }}"),
    Field(gettext_lazy("Number of invoices"), "{{ m.lines | length }}"),
    Field(gettext_lazy("First invoice’s number"), "{{ m.lines[0].number }}"),
    Field(gettext_lazy("Principal"), "{{ money(m.principal_minor) }}"),
    Field(gettext_lazy("Interest"), "{{ money(m.interest_minor) }}"),
    Field(gettext_lazy("Accessories"), "{{ money(m.accessories_minor) }}"),
    Field(gettext_lazy("Next step, as a sentence"), "{{ words.next_step() }}"),
    Field(gettext_lazy("For one invoice or several"), "{% if one %}…{% else %}…{% endif %}"),
    Field(gettext_lazy("Only where we have a phone"), "{% if m.contact_phone %}…{% endif %}"),
)


def problem_words(problem: PartProblem) -> str:
    """What is wrong with a part, and what would be right."""
    told = _WRONG.get(problem.wrong)
    words = (told() if told else problem.wrong) % {"detail": problem.detail}
    return _("Line %(line)d: %(words)s") % {"line": problem.line, "words": words} if problem.line else words


_WRONG = {
    "unknown_part": lambda: _("this text has no such part"),
    "empty": lambda: _("Write something; this part cannot be empty."),
    "too_long": lambda: _("Too long: at most %(detail)s characters."),
    "syntax": lambda: _("a field or condition is not closed or not known (%(detail)s)."),
    "unknown_field": lambda: _("“%(detail)s” is no field; take one from the list of fields."),
    "wrong_field": lambda: _("“%(detail)s” needs a field of its kind: money an amount, day a date."),
    "not_allowed": lambda: _("“%(detail)s” cannot be used in a text; only fields and conditions can."),
    "no_amount": lambda: _("The text message must name the amount to pay."),
    "no_legal_words": lambda: _(
        "The heading or the opening must hold the words “%(detail)s”, or the law does not count it."
    ),
    "cannot_be_written": lambda: _(
        "some customers could not be written to: %(detail)s. Ask for the field first with a condition."
    ),
}
