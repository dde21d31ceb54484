"""Writes on messages: prepare them, release them with their words, transmit them, take them back, try one again."""

from relance.outbound.services.deliver import deliver_batch, take_up
from relance.outbound.services.prepare import prepare
from relance.outbound.services.release import release
from relance.outbound.services.resend import resend
from relance.outbound.services.take_back import hold_back, reread
from relance.outbound.services.transmit import settle_dead_senders, transmit

__all__ = [
    "deliver_batch",
    "hold_back",
    "prepare",
    "release",
    "reread",
    "resend",
    "settle_dead_senders",
    "take_up",
    "transmit",
]
