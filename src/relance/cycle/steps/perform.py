"""Perform the planned actions that wait for another try, each held against facts read anew."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from relance.cycle.chunks import plan_chunks, work_chunks
from relance.cycle.night import Night
from relance.dunning.queries import accounts_to_perform
from relance.dunning.services import perform_accounts


def STEP(night: Night, step_id: int) -> None:  # noqa: N802
    """Find the accounts with planned actions once, then perform chunk by chunk."""
    plan_chunks(night, step_id, "perform", accounts_to_perform(night.creditor_id))
    work_chunks(night, step_id, "perform", work)


def work(account_ids: Sequence[int], business_date: dt.date) -> dict[str, Any]:
    """Perform what some accounts have planned; the figures."""
    figures = perform_accounts(account_ids, business_date)
    return {"actions": dict(figures.actions), "messages": dict(figures.messages), "refused": dict(figures.refused)}
