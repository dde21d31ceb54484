"""Perform the planned actions that wait for another try, each held against facts read anew."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from relance.cycle.night import Night, plan_chunks, work_chunks
from relance.dunning.queries import accounts_to_perform
from relance.dunning.services import perform_accounts


def STEP(night: Night, step_id: int) -> None:  # noqa: N802
    """Find the accounts with planned actions once, then perform chunk by chunk."""
    plan_chunks(step_id, accounts_to_perform())
    work_chunks(night, step_id, "perform", _work)


def _work(account_ids: Sequence[int], business_date: dt.date) -> dict[str, Any]:
    figures = perform_accounts(account_ids, business_date)
    return {"actions": dict(figures.actions), "messages": dict(figures.messages), "refused": dict(figures.refused)}
