"""Previews as jobs: asked for, worked with their progress kept, and the oldest forgotten.

A preview changes nothing in the portfolio; what is written here is the run and its result.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from relance.customers.queries import ACCOUNT_RELATION
from relance.dunning import stored_previews
from relance.dunning.installed import installed
from relance.dunning.models import PreviewRun
from relance.dunning.preview_facts import PreviewRunFacts, PreviewWanted, written
from relance.dunning.queries.preview import preview
from relance.dunning.scenario_file import parse
from relance.kit.events import publish
from relance.kit.refusal import Refusal

ACCOUNTS_AT_ONCE = 2_000
"""A house with so few accounts has its answer within a second, without a job."""
RUNS_KEPT = 5
"""Ended runs kept per draft."""

_logger = logging.getLogger(__name__)


def request_preview(content: Mapping[str, Any], as_of: dt.date, by: str) -> PreviewRunFacts:
    """Have a draft's content tried on a day: at once where there are few accounts, else by a job.

    Asked again while a run of the same content and day is under way, it is that run; one that a worker left is ended and
    another begins. Raises Refusal when the content has something wrong in it.
    """
    here = installed()
    code = parse(content, here.actions, here.channels, here.templates).code
    with transaction.atomic():
        run = _under_way(code, content, as_of, by)
        at_once = _is_small()
        if not at_once and run.state == "queued":
            publish(PreviewWanted(run.id))
    if at_once:
        work_preview(run.id)
        run.refresh_from_db()
    return stored_previews.facts(run)


def _under_way(code: str, content: Mapping[str, Any], as_of: dt.date, by: str) -> PreviewRun:
    digest = stored_previews.digest(content)
    same = PreviewRun.objects.filter(code=code, digest=digest, as_of=as_of, state__in=["queued", "running"])
    left = same.select_for_update().first()
    if left is not None and stored_previews.facts(left).state == "lost":
        _end(left.id, "failed", error="worker")
    fresh = PreviewRun(code=code, content=dict(content), digest=digest, as_of=as_of, requested_by=by)
    PreviewRun.objects.bulk_create([fresh], ignore_conflicts=True)
    found = same.first()
    if found is None:
        return _under_way(code, content, as_of, by)
    return found


def _is_small() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {ACCOUNT_RELATION} AS a LIMIT %s) AS first_ones",  # noqa: S608
            [ACCOUNTS_AT_ONCE + 1],
        )
        return int(cursor.fetchone()[0]) <= ACCOUNTS_AT_ONCE


def work_preview(run_id: int) -> None:
    """Make the preview of a run and keep its result, or why there is none.

    A run that another worker has in hand is left alone; one that a worker left is begun again.
    """
    with stored_previews.working(run_id) as beside:
        to_do = PreviewRun.objects.filter(id=run_id, state__in=["queued", "running"])
        if beside is None or not to_do.update(state="running", done_count=0):
            return
        run = PreviewRun.objects.get(id=run_id)

        def tell(done: int, total: int) -> None:
            beside.execute(
                "UPDATE dunning_previewrun SET done_count = %s, total_count = %s WHERE id = %s", [done, total, run_id]
            )

        try:
            report = preview(run.content, run.as_of, None if connection.in_atomic_block else tell)
        except Refusal as refusal:
            _end(run_id, "failed", error=str(refusal)[:1000])
        except Exception:
            _logger.exception("preview %s of scenario %s failed", run_id, run.code)
            _end(run_id, "failed", error="unexpected")
        else:
            figures, changes = written(report)
            _end(run_id, "done", report=figures, changes=changes)
    _forget_old(run.code)


def _end(run_id: int, state: str, **result: object) -> None:
    PreviewRun.objects.filter(id=run_id).update(state=state, ended_at=Now(), **result)


def _forget_old(code: str) -> None:
    ended = PreviewRun.objects.filter(code=code, state__in=["done", "failed"])
    kept = list(ended.order_by("-id").values_list("id", flat=True)[:RUNS_KEPT])
    ended.exclude(id__in=kept).delete()
