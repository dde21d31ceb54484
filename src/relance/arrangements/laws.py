"""What the arrangements room promises, as queries that must return no row."""

from relance.arrangements.rules import MATRIX
from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.laws import Law

_ALLOWED = ", ".join(f"('{kind}', '{scope}')" for kind, rule in MATRIX.items() for scope in rule.scopes)

LAWS: tuple[Law, ...] = (
    Law(
        "arrangements.account_exists",
        "every hold is of an account that exists",
        f"""SELECT h.account_id || '/' || h.id FROM arrangements_hold h
            WHERE NOT EXISTS (SELECT 1 FROM {ACCOUNT_RELATION} AS a WHERE a.account_id = h.account_id)""",  # noqa: S608
    ),
    Law(
        "arrangements.hold_was_placed_once",
        "every hold has exactly one placing, which pauses from its first day on, and every event belongs to a hold and an act",
        """SELECT coalesce(h.account_id, e.account_id) || '/' || coalesce(h.id, e.hold_id)
           FROM arrangements_hold h
           FULL JOIN (SELECT account_id, hold_id, count(*) FILTER (WHERE act = 'placed' AND id = act_id) AS placings,
                             min(effective_on) FILTER (WHERE act = 'placed' AND pauses AND id = act_id) AS placed_on
                      FROM arrangements_holdevent GROUP BY account_id, hold_id) e
                ON e.account_id = h.account_id AND e.hold_id = h.id
           WHERE h.id IS NULL OR e.hold_id IS NULL OR e.placings <> 1 OR e.placed_on IS DISTINCT FROM h.from_on
           UNION ALL
           SELECT e.account_id || '/' || e.id FROM arrangements_holdevent e
           WHERE e.id <> e.act_id AND NOT EXISTS (
               SELECT 1 FROM arrangements_holdevent f WHERE f.account_id = e.account_id AND f.hold_id = e.hold_id
                   AND f.id = e.act_id AND f.act = e.act)""",
    ),
    Law(
        "arrangements.scope_fits_kind",
        "no hold covers what its kind cannot: over-indebtedness and insolvency hold items born before their day, a "
        "deceased or exempt customer the whole account",
        f"""SELECT account_id || '/' || id FROM (
               SELECT account_id, id, kind, CASE WHEN part_minor IS NOT NULL THEN 'part' WHEN item_id <> 0 THEN 'item'
                   WHEN born_before IS NOT NULL THEN 'born_before' ELSE 'account' END AS scope FROM arrangements_hold) h
            WHERE (kind, scope) NOT IN (VALUES {_ALLOWED})""",  # noqa: S608
    ),
)
