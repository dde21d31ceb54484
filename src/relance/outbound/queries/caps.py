"""Reads of the weekly caps on messages."""

from relance.outbound.models import ContactCap


def contact_caps() -> dict[tuple[int, str], int]:
    """How many messages in seven days a creditor's customers may have: by creditor and channel, empty for all together."""
    return {(cap.creditor_id, cap.channel): cap.most_a_week for cap in ContactCap.objects.all()}
