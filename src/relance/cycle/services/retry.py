"""Trying again, by hand, the work of an account that failed in a night."""

from django.db import transaction

from relance.cycle.chunks import work_within_time
from relance.cycle.facts import FailureFacts
from relance.cycle.failures import is_of_the_machine, mark_solved, record_failures
from relance.cycle.locks import only_cycle
from relance.cycle.queries import failure, last_closed
from relance.cycle.steps import decide, perform

_WORK = {"decide": decide.work, "perform": perform.work}


def retry_failure(failure_id: int) -> FailureFacts:
    """Work a failed account again and return the failure as it then stands: solved, or open with its new error.

    It is worked for the date of its night, or for the last closed one when nights have closed since. A solved one stays
    as it is. Raises LookupError for an unknown failure and CycleRunning while the creditor's night is being worked.
    """
    found = failure(failure_id)
    if found is None:
        raise LookupError(f"no failure {failure_id}")
    failed, night = found
    if failed.state == "solved":
        return failed
    with only_cycle(night.creditor.id, night.creditor.code):
        closed = last_closed(night.creditor.id)
        day = max(night.business_date, closed) if closed else night.business_date
        try:
            with transaction.atomic():
                work_within_time(_WORK[failed.step], [failed.account_id], day)
                mark_solved(failed.step, [failed.account_id])
        except Exception as error:
            if is_of_the_machine(error):
                raise
            record_failures(night.id, failed.step, [failed.account_id], error)
    again = failure(failure_id)
    if again is None:
        raise AssertionError("a failure is never deleted")
    return again[0]
