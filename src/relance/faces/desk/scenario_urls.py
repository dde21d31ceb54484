"""The addresses of scenarios and their drafts."""

from django.urls import URLPattern, path

from relance.faces.desk.act_urls import acts_below
from relance.faces.desk.views import experiments, scenarios, scenarios_draft, scenarios_preview


def scenario_addresses() -> list[URLPattern]:
    """The list, each scenario with its versions, and the draft of its next one. No code begins with a dash."""
    return [
        path("scenarios/", scenarios.page, name="scenarios"),
        path("scenarios/-/new/", scenarios.new, name="scenario_new"),
        path("scenarios/-/experiments/", experiments.page, name="experiments"),
        path("scenarios/-/experiments/-/new/", experiments.new, name="experiment_new"),
        path("scenarios/-/experiments/<code:code>/", experiments.one, name="experiment"),
        path("scenarios/-/experiments/<code:code>/outcome/", experiments.outcome, name="experiment_outcome"),
        path("scenarios/-/experiments/<code:code>/export.csv", experiments.export, name="experiment_export"),
        path("scenarios/-/experiments/<code:code>/stop/", experiments.stop, name="experiment_stop"),
        path("scenarios/-/texts/<code:template>/", scenarios_draft.text, name="scenario_text"),
        path("scenarios/<code:code>/", scenarios.one, name="scenario"),
        path("scenarios/<code:code>/compare/", scenarios.compare, name="scenario_compare"),
        path("scenarios/<code:code>/file/", scenarios.file, name="scenario_file"),
        path("scenarios/<code:code>/edit/", scenarios.edit, name="scenario_edit"),
        path("scenarios/<code:code>/roll-back/", scenarios.roll_back, name="scenario_roll_back"),
        path("scenarios/<code:code>/draft/", scenarios_draft.one, name="scenario_draft"),
        *acts_below(
            "scenarios/<code:code>/draft/",
            "scenario_draft",
            save=scenarios_draft.save,
            read=scenarios_draft.read,
            changes=scenarios_draft.changes,
            file=scenarios_draft.file,
            submit=scenarios_draft.submit,
            reopen=scenarios_draft.reopen,
            refuse=scenarios_draft.refuse,
            publish=scenarios_draft.publish,
            discard=scenarios_draft.discard,
            preview=scenarios_preview.page,
        ),
        path(
            "scenarios/<code:code>/draft/preview/export.csv",
            scenarios_preview.export,
            name="scenario_draft_preview_export",
        ),
    ]
