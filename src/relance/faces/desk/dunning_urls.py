"""The addresses about where accounts stand: why, their episodes, and the actions that ask for approval."""

from django.urls import URLPattern, path

from relance.faces.desk.views import actions, episodes, why


def dunning_addresses() -> list[URLPattern]:
    """All of them."""
    return [
        path("accounts/<id:account_id>/why/", why.page, name="account_why"),
        path("accounts/<id:account_id>/switch/", episodes.switch, name="account_switch"),
        path("accounts/<id:account_id>/episodes/<id:episode_id>/", episodes.one, name="episode"),
        path("accounts/<id:account_id>/actions/<id:action_id>/", actions.one, name="action"),
        path("accounts/<id:account_id>/actions/<id:action_id>/approve/", actions.approve, name="action_approve"),
        path("accounts/<id:account_id>/actions/<id:action_id>/decline/", actions.decline, name="action_decline"),
        path("actions/", actions.page, name="actions"),
    ]
