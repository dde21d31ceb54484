"""Red letters: printed in red, to be paid within seven days."""

from relance.outbound.post import Letter

CHANNEL = Letter(postal_days=2, red=True)
