"""The latest preview run of a draft on a day, with its kept report."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from relance.dunning import stored_previews
from relance.dunning.models import PreviewRun
from relance.dunning.preview_facts import PreviewRunFacts


def preview_run(code: str, as_of: dt.date) -> PreviewRunFacts | None:
    """The latest run of a scenario's draft on a day, or None."""
    found = PreviewRun.objects.filter(code=code, as_of=as_of).order_by("-id").first()
    return stored_previews.facts(found) if found is not None else None


def preview_digest(content: Mapping[str, Any]) -> str:
    """What a run's `digest` is when it tried this very content."""
    return stored_previews.digest(content)
