"""Drafts of scenarios: written by some, published by another, discarded, and old versions brought back.

Each function is one transaction; the face writes the audit trail. `by` is the person's user name. Who writes hands in the
revision they saw, so nobody overwrites what they have not read. The database keeps the promise that no writer of a
version published it.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.dunning import stored_scenarios
from relance.dunning.facts import DraftFacts, DraftState, ScenarioFacts
from relance.dunning.installed import installed, not_installed
from relance.dunning.models import ScenarioDraft
from relance.dunning.scenario_file import compare, parse, storable
from relance.dunning.services.scenarios import add_version, locked_versions, look_again_at_everything_overdue
from relance.kit.refusal import Refusal

_CHANGES_OF_A_DRAFT = 1_000_000
"""Each draft counts its revisions from its own id times this, so that those of two drafts never meet."""


@transaction.atomic
def save_draft(
    code: str, content: Mapping[str, Any], by: str, revision: int | None = None, note: str = ""
) -> DraftFacts:
    """Keep this content as the draft of the scenario `code`; it may be unfinished or wrong.

    `revision` is the one the writer saw, None to begin the draft. A submitted draft that is written on is no longer
    submitted. Raises Refusal when a draft exists already, or another person changed or ended it meanwhile, when the
    content's own code is another one, or when it holds what cannot be stored.
    """
    by, kept = _known(by), storable(content)
    if kept.get("code") != code:
        raise Refusal(_("the code of a scenario stays what it is; write code: %(code)s") % {"code": code})
    note = " ".join(note.split())[:300]
    _take_turns(code)
    found = ScenarioDraft.objects.filter(code=code).first()
    if found is None:
        if revision is not None:
            raise Refusal(_("this draft was published or discarded meanwhile; begin a new one"))
        return _begin(code, kept, by, note)
    _refuse_stale(found, revision)
    changes_content = found.content != kept
    if changes_content:
        found.writers = _with(found.writers, by)
    found.content, found.note = kept, note
    return _changed(found, DraftState.EDITING, by)


@transaction.atomic
def submit_draft(code: str, by: str, revision: int) -> DraftFacts:
    """Hand the draft in for another person to publish; submitting again changes nothing.

    Raises Refusal with everything that is wrong in it, when it changes nothing, or when it changed meanwhile.
    """
    by = _known(by)
    found = _draft_at(code, revision)
    if found.state == DraftState.SUBMITTED:
        return _facts(code)
    _publishable(found)
    return _changed(found, DraftState.SUBMITTED, by)


@transaction.atomic
def publish_draft(code: str, by: str, revision: int, over: int | None, as_of: dt.date) -> ScenarioFacts:
    """Make the submitted draft the current version of its code; it counts for episodes that open from then on.

    `over` is the number of the version the publisher compared it with, None when there was none. Raises Refusal when the
    publisher wrote it, when it is not submitted, changed meanwhile, has something wrong in it, names an action or a channel
    that is not installed, or when another version came out meanwhile.
    """
    by = _known(by)
    found = _draft_at(code, revision)
    if found.state != DraftState.SUBMITTED:
        raise Refusal(_("this draft is still being written; submit it first"))
    if by.lower() in found.writers:
        raise Refusal(_("you wrote this draft; another person has to publish it"))
    current = next(iter(locked_versions(code)), None)
    if (current.version if current else None) != over:
        raise Refusal(
            _("version %(number)s came out meanwhile; compare the draft with it before you publish")
            % {"number": current.version if current else "?"}
        )
    facts = _publishable(found)
    version_id = add_version(
        facts,
        author=found.author,
        publisher=by,
        writers=found.writers,
        note=found.note,
        effective_on=_counts_from(as_of),
    )
    found.delete()
    look_again_at_everything_overdue()
    return stored_scenarios.version(version_id)


@transaction.atomic
def discard_draft(code: str, by: str, revision: int) -> None:
    """Throw the draft away. Raises Refusal when it changed meanwhile, or is gone already."""
    _known(by)
    _draft_at(code, revision).delete()


@transaction.atomic
def roll_back(code: str, number: int, by: str, note: str = "") -> DraftFacts:
    """Bring an old version back: a submitted draft with its content, which another person publishes as a new version.

    Raises Refusal for an unknown version, the current one, one that names what is not installed, or when a draft of this
    scenario exists.
    """
    by = _known(by)
    known = stored_scenarios.versions_of(code)
    old = next((version for version in known if version.version == number), None)
    if old is None:
        raise Refusal(_("%(code)s has no version %(number)s") % {"code": code, "number": number})
    reason = " ".join(note.split()) or _("Back to version %(number)s") % {"number": number}
    made = save_draft(code, old.content, by, note=reason)
    return submit_draft(code, by, made.revision)


def _begin(code: str, content: dict[str, Any], by: str, note: str) -> DraftFacts:
    base = next(iter(stored_scenarios.versions_of(code)), None)
    draft = ScenarioDraft.objects.create(
        code=code, content=content, author=by, writers=[by.lower()], note=note, updated_by=by,
        base_id=base.version_id if base else None, revision=0,
    )  # fmt: skip
    draft.revision = draft.pk * _CHANGES_OF_A_DRAFT
    draft.save(update_fields=["revision"])
    return _facts(code)


def _changed(draft: ScenarioDraft, state: DraftState, by: str) -> DraftFacts:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_scenariodraft SET content = %s, writers = %s, note = %s, state = %s, updated_by = %s, "
            "updated_at = now(), revision = revision + 1 WHERE id = %s",
            [json.dumps(draft.content), draft.writers, draft.note, state.value, by, draft.pk],
        )
    return _facts(draft.code)


def _publishable(draft: ScenarioDraft) -> ScenarioFacts:
    """The draft's facts. Raises Refusal naming everything that keeps it from being published."""
    here = installed()
    facts = parse(draft.content, here.actions, here.channels, here.templates)
    missing = not_installed(facts)
    if missing:
        told = "; ".join(f"{problem.place}: {problem.message}" for problem in missing)
        raise Refusal(_("scenario %(code)s: %(problems)s") % {"code": draft.code, "problems": told})
    current = next(iter(stored_scenarios.versions_of(draft.code)), None)
    if current is not None and not compare(current.content, draft.content):
        raise Refusal(_("this draft says the same as version %(number)s") % {"number": current.version})
    return facts


def _counts_from(as_of: dt.date) -> dt.date:
    """The first business date that is decided after now: nights already decided are not decided again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(%s::date, max(decided_through) + 1) FROM dunning_horizon", [as_of])
        day: dt.date = cursor.fetchone()[0]
    return day


def _draft_at(code: str, revision: int) -> ScenarioDraft:
    _take_turns(code)
    found = ScenarioDraft.objects.filter(code=code).first()
    if found is None:
        raise Refusal(_("this draft was published or discarded meanwhile; begin a new one"))
    _refuse_stale(found, revision)
    return found


def _refuse_stale(draft: ScenarioDraft, revision: int | None) -> None:
    if revision is None:
        raise Refusal(
            _("%(person)s has a draft of this scenario already; write on that one or discard it")
            % {"person": draft.author}
        )
    if revision != draft.revision:
        raise Refusal(
            _("%(person)s changed this draft meanwhile; open it again and repeat your change")
            % {"person": draft.updated_by}
        )


def _with(writers: list[str], by: str) -> list[str]:
    return writers if by.lower() in writers else [*writers, by.lower()]


def _known(by: str) -> str:
    name = by.strip()
    if not name:
        raise Refusal(_("a draft needs the name of the person who acts"))
    return name


def _facts(code: str) -> DraftFacts:
    found = stored_scenarios.draft(code)
    if found is None:
        raise AssertionError(f"the draft of {code} was written in this transaction")
    return found


def _take_turns(code: str) -> None:
    """Two people writing one draft at once wait for each other, so that each sees what the other did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('relance.dunning.draft.' || %s))", [code])
