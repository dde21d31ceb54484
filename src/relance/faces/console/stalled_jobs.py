"""Has the jobs of workers that died worked again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

_CHECK_SECONDS = 30.0


@contextlib.asynccontextmanager
async def stalled_jobs_put_back(jobs: JobManager) -> AsyncIterator[None]:
    """Put back stalled jobs now, and again now and then while the body runs.

    A worker that died only just before seems alive at first, so looking once is not enough.
    """
    await put_back_stalled(jobs)
    watch = asyncio.create_task(_watch(jobs))
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def _watch(jobs: JobManager) -> None:
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        with contextlib.suppress(ConnectorException):
            await put_back_stalled(jobs)


async def put_back_stalled(jobs: JobManager) -> None:
    """Have the jobs of workers without a heartbeat for half a minute wait for a worker again.

    A job whose queueing lock another waiting job has is dropped: that one does the same work.
    """
    for job in await jobs.get_stalled_jobs():
        try:
            await jobs.retry_job(job)
        except UniqueViolation:
            await jobs.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException:
            continue  # another worker was faster
