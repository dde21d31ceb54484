"""Seal: close the days of the journal that are as old as the creditor's policy says."""

import logging

from relance.cycle.night import Night
from relance.ledger.queries import seals
from relance.ledger.services import seal_due

_logger = logging.getLogger(__name__)


def STEP(night: Night, step_id: int) -> None:  # noqa: N802, ARG001
    """Seal what is due of the creditor; a journal that is busy waits for the next night.

    The newest hash goes to the log: kept outside the database, it shows when somebody writes the chain anew.
    """
    for creditor_id, day_count in seal_due(night.business_date, creditor_id=night.creditor_id).items():
        for newest in seals(creditor_id, limit=1).rows if day_count else ():
            _logger.info("creditor %s is sealed through %s: %s", creditor_id, newest.day, newest.seal_hash)
