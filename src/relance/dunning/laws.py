"""What dunning promises, as queries that must return no row."""

from relance.kit.laws import Law

LAWS: tuple[Law, ...] = (
    Law(
        "dunning.position_per_open_episode",
        "every open episode has exactly its position, and every position an open episode under the same version",
        """SELECT coalesce(e.account_id, p.account_id) || '/' || coalesce(e.id, p.id)
           FROM (SELECT * FROM dunning_episode WHERE closed_on IS NULL) e
           FULL JOIN dunning_position p ON p.account_id = e.account_id AND p.id = e.id
           WHERE e.id IS NULL OR p.id IS NULL OR e.version_id <> p.version_id""",
        nightly=True,
    ),
    Law(
        "dunning.action_of_an_episode",
        "every planned action belongs to an episode and was planned while it was open",
        """SELECT a.account_id || '/' || a.id FROM dunning_plannedaction a
           LEFT JOIN dunning_episode e ON e.account_id = a.account_id AND e.id = a.episode_id
           WHERE e.id IS NULL OR a.planned_on < e.opened_on OR a.planned_on > coalesce(e.closed_on, 'infinity')""",
    ),
    Law(
        "dunning.stages_in_order",
        "no stage of an episode was entered before an earlier stage of it",
        """SELECT DISTINCT account_id || '/' || episode_id FROM (
               SELECT account_id, episode_id, stage_index, planned_on,
                      max(stage_index) OVER (PARTITION BY account_id, episode_id ORDER BY planned_on) AS furthest
               FROM dunning_plannedaction
               WHERE state IN ('planned', 'waiting', 'performed') OR refusal = 'merged') t
           WHERE stage_index < furthest""",
    ),
    Law(
        "dunning.nothing_waits_in_a_closed_episode",
        "a closed episode has no action still to perform",
        """SELECT a.account_id || '/' || a.id FROM dunning_plannedaction a
           JOIN dunning_episode e ON e.account_id = a.account_id AND e.id = a.episode_id
           WHERE a.state IN ('planned', 'waiting') AND e.closed_on IS NOT NULL""",
        nightly=True,
    ),
)
