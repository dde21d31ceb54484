"""Charges on top of a debt: for whom, of which kind, and the verdict of a country's law on one."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relance.legal.facts.words import Words

if TYPE_CHECKING:
    from relance.legal.facts.pack import Pack


class PartyKind(StrEnum):
    """Who owes: the law protects consumers and treats public buyers apart. Same values as an account's kind."""

    CONSUMER = "consumer"
    BUSINESS = "business"
    PUBLIC = "public"


class ChargeKind(StrEnum):
    """What may be added to a debt that is late."""

    LATE_FEE = "late_fee"
    INDEMNITY = "indemnity"
    INTEREST = "interest"
    RETURN_CHARGE = "return_charge"
    REMINDER_FEE = "reminder_fee"
    COLLECTION_COSTS = "collection_costs"


PARTY_NAMES = {
    PartyKind.CONSUMER: Words("consumers", "les consommateurs"),
    PartyKind.BUSINESS: Words("businesses", "les entreprises"),
    PartyKind.PUBLIC: Words("public buyers", "les acheteurs publics"),
}

CHARGE_NAMES = {
    ChargeKind.LATE_FEE: Words("a late fee", "des frais de retard"),
    ChargeKind.INDEMNITY: Words("the fixed recovery indemnity", "l'indemnité forfaitaire de recouvrement"),
    ChargeKind.INTEREST: Words("late interest", "des intérêts de retard"),
    ChargeKind.RETURN_CHARGE: Words("a charge for a returned debit", "des frais de rejet de prélèvement"),
    ChargeKind.REMINDER_FEE: Words("a reminder fee", "des frais de relance"),
    ChargeKind.COLLECTION_COSTS: Words("collection costs", "des frais de recouvrement"),
}


class Delivery(StrEnum):
    """How a first reminder went out."""

    POST = "post"
    ELECTRONIC = "electronic"


@dataclass(frozen=True, slots=True)
class FirstReminder:
    """The free letter that must go before collection costs: when and how sent, and when received if that is known."""

    sent_on: dt.date
    delivery: Delivery
    received_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a charge may be made: its amount in minor units, or 0 and why not.

    `rule` is the rule's code for logs and explanations, `words` says it in both languages, `source` cites the law.
    `earliest_on` is the first day the charge may be made, where a delay decides that.
    """

    charge: ChargeKind
    allowed: bool
    amount_minor: int
    currency: str
    rule: str
    words: Words
    source: str
    earliest_on: dt.date | None = None

    def sentence(self, language: str) -> str:
        """The verdict's reason in `fr` or `en`."""
        return self.words.said_in(language)


@dataclass(frozen=True, slots=True)
class ChargeCase:
    """What a pack's charge rule looks at. Amounts are minor units of `currency`.

    `amount_minor` is the debt's amount, `asked_minor` what the creditor wants to charge.
    """

    pack: "Pack"
    charge: ChargeKind
    kind: PartyKind
    currency: str
    as_of: dt.date
    amount_minor: int = 0
    asked_minor: int = 0
    postage_minor: int = 0
    due_dates_reminded_count: int = 0
    first_reminder: FirstReminder | None = None

    def allowed(
        self, amount_minor: int, rule: str, words: Words, source: str, earliest_on: dt.date | None = None
    ) -> Verdict:
        """The verdict that this charge may be made, for this amount."""
        return Verdict(self.charge, True, amount_minor, self.currency, rule, words, source, earliest_on)

    def refused(self, rule: str, words: Words, source: str, earliest_on: dt.date | None = None) -> Verdict:
        """The verdict that this charge may not be made."""
        return Verdict(self.charge, False, 0, self.currency, rule, words, source, earliest_on)
