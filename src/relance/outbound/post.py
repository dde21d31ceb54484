"""What the channels that go on paper share: a postal address, and no hand-over, because a print batch is sealed instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relance.customers.facts import AccountFacts
from relance.outbound.facts import (
    DeliveryNotice,
    DeliveryReceipt,
    Form,
    IncomingCall,
    Outcome,
    OutgoingMessage,
)
from relance.outbound.letters import address_lines
from relance.outbound.rules import clean

_LONGEST_RECIPIENT = 254


@dataclass(frozen=True, slots=True)
class Letter:
    """A way of sending paper; `postal_days` are added to the deadline, `red` prints it in red."""

    postal_days: int
    registered: bool = False
    red: bool = False
    form: Form = Form.LETTER

    def address_of(self, account: AccountFacts) -> str | None:
        """The postal address on one line; None when street or town is missing."""
        lines = lines_of(account, "")
        return ", ".join(lines)[:_LONGEST_RECIPIENT] if lines else None

    def repeatable(self) -> bool:
        """True: sealed once, printed as often as needed."""
        return True

    def quiet_zones(self, _address: str) -> Sequence[str]:
        """None: a letter box does not ring."""
        return ()

    def notices(self, provider: str, _call: IncomingCall) -> Sequence[DeliveryNotice]:
        """None: a print house reports by file."""
        raise LookupError(f"no {provider} carries our letters")

    def deliver(self, batch: Sequence[OutgoingMessage]) -> Iterator[DeliveryReceipt]:
        """Letters wait for their print batch; one without an address fails."""
        for message in batch:
            if "," not in message.recipient:
                yield DeliveryReceipt(message.id, Outcome.FAILED, "the customer has no usable postal address")
            else:
                yield DeliveryReceipt(message.id, Outcome.RELEASED, "waits for its print batch")


def lines_of(account: AccountFacts, country_name: str) -> tuple[str, ...] | None:
    """The account's address as printed; `country_name` is empty at home."""
    fields = (account.name, account.address1, account.address2, account.postcode, account.city, country_name)
    name, address1, address2, postcode, city, country = map(clean, fields)
    return address_lines(name, address1, address2, postcode, city, country)
