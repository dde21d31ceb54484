"""Letters by ordinary post."""

from relance.outbound.post import Letter

CHANNEL = Letter(postal_days=3)
