"""Registered letters with acknowledgement of receipt."""

from relance.outbound.post import Letter

CHANNEL = Letter(postal_days=3, registered=True)
