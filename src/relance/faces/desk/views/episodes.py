"""One episode of an account, and its move to another scenario while it runs."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from relance.customers.services import lock_accounts
from relance.dunning import queries as dunning
from relance.dunning import services
from relance.dunning.facts import EpisodeFacts
from relance.faces.desk.access import StaffRequest, needs, posted_data
from relance.faces.desk.account_page import found_account
from relance.faces.desk.day import as_of
from relance.faces.desk.dunning_forms import SwitchForm
from relance.faces.desk.episode_page import episode_context
from relance.faces.desk.story import scenario_names
from relance.faces.desk.switch_words import switch_effect
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def one(request: StaffRequest, account_id: int, episode_id: int) -> HttpResponse:
    """An episode: its scenario as pinned, its stages with their days and reasons, and what became of every action."""
    account = found_account(account_id)
    found = dunning.episode(account_id, episode_id)
    if found is None:
        raise Http404
    context = {"account": account, "as_of": as_of(), **episode_context(found, request.user.may)}
    return render(request, "desk/episode.html", context)


@needs(Permission.CHANGE_SCENARIO)
@require_http_methods(["GET", "POST"])
def switch(request: StaffRequest, account_id: int) -> HttpResponse:
    """Move what is under way on an account to another scenario, at its place or from the beginning."""
    account = found_account(account_id)
    running = _running(account_id)
    names = scenario_names()
    form = SwitchForm(posted_data(request), scenarios=list(names.items()), seen=_mark(running))
    valid = request.method == "POST" and form.is_valid()
    effect = switch_effect(account_id, as_of(), form.cleaned_data, names) if valid or form.is_bound else ()
    context = {"account": account, "form": form, "running": running, "names": names, "effect": effect}
    if "preview" in request.POST:
        return render(request, "desk/switch_effect.html", context)
    if valid:
        data = form.cleaned_data
        keeps = data["place"] == "keep"
        try:
            with transaction.atomic():
                lock_accounts([account_id])
                _refuse_stale(account_id, data["seen"])
                services.switch_scenario(account_id, data["scenario"], keeps, request.user.username, as_of())
                record_audit(
                    request.user, "scenario_switched", account.number,
                    {
                        "scenario": data["scenario"],
                        "place": data["place"],
                        "from": sorted({entry.scenario for entry in running}),
                        "reason": data["reason"],
                    },
                )  # fmt: skip
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("From now on: %(name)s") % {"name": names[data["scenario"]]})
            return redirect("desk:account", account_id)
    return render(request, "desk/switch.html", context, status=422 if request.method == "POST" else 200)


def _running(account_id: int) -> list[EpisodeFacts]:
    return [found for found in dunning.episodes(account_id) if found.closed_on is None]


def _mark(running: list[EpisodeFacts]) -> str:
    """Stands for these very episodes at these very stages."""
    return ",".join(f"{found.id}:{found.stage_index}" for found in sorted(running, key=lambda entry: entry.id))


def _refuse_stale(account_id: int, seen: str) -> None:
    """Raise Refusal when what is under way is not what the person saw, as after a double click."""
    if _mark(_running(account_id)) != seen:
        raise Refusal(_("What is under way has changed meanwhile; look at it again before you move it."))
