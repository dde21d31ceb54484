"""Age and decide every account on which something can have changed, and do what follows under the same lock."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from relance.cycle.chunks import plan_chunks, work_chunks
from relance.cycle.night import Night
from relance.dunning.queries import due_for_decision
from relance.dunning.services import decide_accounts


def STEP(night: Night, step_id: int) -> None:  # noqa: N802
    """Find the accounts once, then decide them chunk by chunk."""
    plan_chunks(night, step_id, "decide", due_for_decision(night.business_date, night.creditor_id))
    work_chunks(night, step_id, "decide", work)


def work(account_ids: Sequence[int], business_date: dt.date) -> dict[str, Any]:
    """Decide some accounts; the figures."""
    figures = decide_accounts(account_ids, business_date)
    return {
        "accounts_evaluated": figures.accounts_evaluated,
        "stages_entered": dict(figures.stages_entered),
        "held": figures.held,
        "actions": dict(figures.actions),
        "messages": dict(figures.messages),
        "refused": dict(figures.refused),
    }
