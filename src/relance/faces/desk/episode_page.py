"""What the page of an episode shows: its stages as a line, and every action with what became of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from relance.dunning import queries as dunning
from relance.dunning.facts import ActionSpec, EpisodeActionFacts, EpisodeFacts, ScenarioFacts, Stage
from relance.dunning.sentences import refusal_sentence
from relance.faces.desk.labels import label
from relance.faces.desk.scenario_words import action_words
from relance.faces.desk.story import scenario_name, scenario_names, sentences
from relance.faces.desk.templatetags.desk import language
from relance.outbound import queries as outbound
from relance.staff.facts import Permission
from relance.worklist import queries as worklist


@dataclass(frozen=True, slots=True)
class ActLine:
    """An action in words, why it was not done (empty where it was), and where it leads."""

    action: EpisodeActionFacts
    words: str
    refusal: str
    address: str
    link: str
    outcome: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage of the line: what it did in this episode, when and why.

    `state` is `entered`, `here` (the last one entered), `passed`, `counted` (before the place where a switch put the
    episode) or `ahead`. `on` is the day it was entered or passed.
    """

    stage: Stage
    state: str
    on: dt.date | None
    reasons: Sequence[str]
    acts: Sequence[ActLine]


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """An episode as the account page lists it."""

    episode: EpisodeFacts
    scenario: str
    ending: str


def episode_rows(account_id: int, names: Mapping[str, str]) -> list[EpisodeRow]:
    """The episodes of an account in words; `names` are the scenarios'."""
    return [
        EpisodeRow(found, names.get(found.scenario, found.scenario), ending_words(found))
        for found in dunning.episodes(account_id)
    ]


def ending_words(found: EpisodeFacts) -> str:
    """Why an episode ended; nothing while it runs."""
    if found.closed_on is None:
        return ""
    words = {
        "": _("what was owed is settled"),
        "switched": _("moved to another scenario"),
        "restarted": _("began again with a new item"),
        "joined": _("an earlier one was taken up again"),
    }
    return words.get(found.ending, found.ending)


def episode_context(found: EpisodeFacts, may: Any) -> dict[str, Any]:
    """Everything that the page of an episode shows, for a person who `may` do things."""
    scenario = dunning.pinned_scenario(found)
    names = scenario_names()
    actions = dunning.episode_actions(found.account_id, found.id)
    switches = dunning.switches(found.account_id, found.id)
    return {
        "episode": found,
        "scenario": scenario,
        "scenario_name": scenario_name(scenario.name, scenario.code),
        "ending": ending_words(found),
        "lines": _lines(found, scenario, actions, names, may),
        "came_from": next((one for one in switches if one.next_episode_id == found.id), None),
        "went_to": next((one for one in switches if one.episode_id == found.id), None),
    }


def _lines(
    found: EpisodeFacts,
    scenario: ScenarioFacts,
    actions: Sequence[EpisodeActionFacts],
    names: Mapping[str, str],
    may: Any,
) -> list[StageLine]:
    by_stage = {index: list(entries) for index, entries in groupby(actions, key=lambda action: action.stage_index)}
    links = _links(found, actions, may)
    lines = []
    for index, stage in enumerate(scenario.stages):
        done = by_stage.get(index, [])
        lines.append(
            StageLine(
                stage, _state(found, index, done), done[0].planned_on if done else None,
                sentences(done[0].because, found.currency, names) if done else (),
                [_line(action, stage.actions[action.ordinal], links) for action in done],
            )
        )  # fmt: skip
    return lines


def _state(found: EpisodeFacts, index: int, done: Sequence[EpisodeActionFacts]) -> str:
    if index == found.stage_index and (done or index <= found.began_index):
        return "here" if found.closed_on is None else "entered" if done else "counted"
    if not done:
        return "counted" if index <= found.began_index else "ahead"
    # What another message of the day stood in for was entered all the same.
    skipped = all(action.state == "passed" and action.refusal != "merged" for action in done)
    return "passed" if skipped else "entered"


Link = tuple[str, str, str]
"""Where an action leads, what the link says, and how its outcome reads."""


def _links(found: EpisodeFacts, actions: Sequence[EpisodeActionFacts], may: Any) -> dict[int, Link]:
    done = [action for action in actions if action.state == "performed"]
    links: dict[int, Link] = {}
    sent = [action.id for action in done if action.kind in ("send", "notify")]
    for key, (message_id, state) in outbound.messages_of_keys(found.account_id, sent).items() if sent else ():
        address = reverse("desk:message", args=[message_id]) if may(Permission.SEE_MESSAGES) else ""
        links[key] = (address, _("Message"), label("message_state", state))
    given = [action.id for action in done if action.kind in ("task", "review")]
    for key, work in worklist.work_of_keys(given).items() if given else ():
        links[key] = (reverse("desk:work_item", args=[work.id]), _("To the work"), label("work_state", work.state))
    return links


def _line(action: EpisodeActionFacts, spec: ActionSpec, links: Mapping[int, Link]) -> ActLine:
    address, link, outcome = links.get(action.id, ("", "", ""))
    refusal = refusal_sentence(action.refusal, language()) if action.refusal else ""
    return ActLine(action, action_words(spec), refusal, address, link, outcome)
