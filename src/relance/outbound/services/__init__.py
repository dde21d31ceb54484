"""Writes on messages: prepare them, release them with their words, transmit them, try one again."""

from relance.outbound.services.prepare import prepare
from relance.outbound.services.release import release, reread
from relance.outbound.services.resend import resend
from relance.outbound.services.transmit import settle_dead_senders, transmit

__all__ = ["prepare", "release", "reread", "resend", "settle_dead_senders", "transmit"]
