"""What the worklist promises, as queries that must return no row."""

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.laws import Law

LAWS: tuple[Law, ...] = (
    Law(
        "worklist.account_exists",
        "every item of work belongs to an account that exists",
        f"""SELECT w.account_id || '/' || w.id FROM worklist_workitem w
            LEFT JOIN {ACCOUNT_RELATION} AS a ON a.account_id = w.account_id WHERE a.account_id IS NULL""",  # noqa: S608
    ),
    Law(
        "worklist.once_per_order",
        "no order has two items of work",
        "SELECT key::text FROM worklist_workitem GROUP BY key HAVING count(*) > 1",
    ),
    Law(
        "worklist.state_as_told",
        "an item of work stands as the last of its events says, with that outcome and in those hands",
        """SELECT w.account_id || '/' || w.id FROM worklist_workitem w
           LEFT JOIN LATERAL (
               SELECT CASE e.kind WHEN 'reopened' THEN 'open' ELSE e.kind END AS state, e.outcome, e.note, e.actor
               FROM worklist_workevent e
               WHERE e.account_id = w.account_id AND e.work_item_id = w.id AND e.kind <> 'assigned'
               ORDER BY e.id DESC LIMIT 1) ended ON TRUE
           LEFT JOIN LATERAL (
               SELECT e.assigned_to FROM worklist_workevent e
               WHERE e.account_id = w.account_id AND e.work_item_id = w.id AND e.kind = 'assigned'
               ORDER BY e.id DESC LIMIT 1) handed ON TRUE
           WHERE w.state <> coalesce(ended.state, 'open') OR w.assigned_to <> coalesce(handed.assigned_to, '')
              OR w.state <> 'open' AND (w.outcome, w.note, w.closed_by) <> (ended.outcome, ended.note, ended.actor)""",
    ),
)
