"""Text messages to mobile phones, through the provider that RELANCE_SMS_PROVIDER names; without one, files in the outbox."""

from collections.abc import Iterator, Sequence

import phonenumbers
from django.conf import settings
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from relance.customers.facts import AccountFacts
from relance.kit.shelf import shelf
from relance.outbound.facts import (
    DeliveryNotice,
    DeliveryReceipt,
    Form,
    Gateway,
    IncomingCall,
    Outcome,
    OutgoingMessage,
)
from relance.outbound.phones import zones_of

_TO_MOBILES = frozenset((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE))


def mobile_number(text: str, country: str) -> str | None:
    """The number in international form (`+33612345678`) when `text` is one mobile number of the country or abroad."""
    try:
        number = phonenumbers.parse(text, country or None)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _TO_MOBILES:
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


class Sms:
    """The channel of short texts."""

    form = Form.SHORT
    postal_days = 0

    def address_of(self, account: AccountFacts) -> str | None:
        """The account's mobile number, else its phone number when that is a mobile one; None when neither is."""
        return mobile_number(account.mobile, account.country) or mobile_number(account.phone, account.country)

    def repeatable(self) -> bool:
        """True without a provider: an outbox file written twice is still one file."""
        gateway = _gateway()
        return gateway is None or gateway.repeatable()

    def quiet_zones(self, address: str) -> Sequence[str]:
        """The time zones in which this number may be; none where nobody is disturbed, because no provider is set up."""
        gateway = _gateway()
        if gateway is None or not gateway.reaches_people() or mobile_number(address, "") is None:
            return ()
        return zones_of(address)

    def notices(self, provider: str, call: IncomingCall) -> Sequence[DeliveryNotice]:
        """What the provider that is set up reports."""
        gateway = _gateway()
        if gateway is None or provider != settings.SMS_PROVIDER:
            raise LookupError(f"{provider} is not the provider that carries our texts")
        return gateway.notices(call)

    def deliver(self, batch: Sequence[OutgoingMessage]) -> Iterator[DeliveryReceipt]:
        """Hand the texts over one by one, each when its receipt is asked for, in order."""
        gateway = _gateway()
        trouble = gateway.trouble() if gateway else _nobody()
        for message in batch:
            recipient = mobile_number(message.recipient, "")
            if recipient is None:
                yield DeliveryReceipt(message.id, Outcome.FAILED, "the customer has no usable mobile number")
            elif gateway is None or trouble:
                yield DeliveryReceipt(message.id, Outcome.RELEASED, f"no text can be sent: {trouble}")
            else:
                yield gateway.send(message, recipient)


def _gateway() -> Gateway | None:
    """The provider that is set; None for a name that no provider has, so that other channels go on meanwhile."""
    known: dict[str, Gateway] = shelf("relance.outbound.gateways", "GATEWAY")
    return known.get(settings.SMS_PROVIDER)


def _nobody() -> str:
    known = ", ".join(sorted(shelf("relance.outbound.gateways", "GATEWAY")))
    return f"RELANCE_SMS_PROVIDER is {settings.SMS_PROVIDER!r}; it can be {known}"


CHANNEL = Sms()
