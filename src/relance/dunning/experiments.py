"""Champion and challenger: which of the two an account gets, by a hash that never changes its mind. Pure."""

from hashlib import sha256

CHAMPION, CHALLENGER = "champion", "challenger"


def arm(account_number: str, salt: str, share_percent: int) -> str:
    """`challenger` for about `share_percent` of a hundred account numbers, else `champion`.

    The answer depends on nothing but the salt and the number, so an account stays in its arm on every night and every
    machine; another salt deals the accounts anew.
    """
    drawn = int.from_bytes(sha256(f"{salt}:{account_number}".encode()).digest()[:8], "big")
    return CHALLENGER if drawn % 100 < share_percent else CHAMPION
