"""What outbound promises, as queries that must return no row."""

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.laws import Law

_WRITTEN = "'released', 'sending', 'sealed', 'sent', 'delivered', 'opened', 'bounced', 'returned', 'unknown'"

LAWS: tuple[Law, ...] = (
    Law(
        "outbound.words_kept",
        "a message that was released has its exact words, and their fingerprint fits",
        f"""SELECT account_id || '/' || id FROM outbound_dispatch
           WHERE state IN ({_WRITTEN})
             AND (text = '' OR (subject = '') <> (html = '') OR content_hash <>
                  encode(sha256(convert_to(subject || E'\\n' || text || E'\\n' || html, 'UTF8')), 'hex'))""",  # noqa: S608
    ),
    Law(
        "outbound.claims_something",
        "a message to a customer that was released claims an amount above zero",
        f"""SELECT account_id || '/' || id FROM outbound_dispatch
           WHERE state IN ({_WRITTEN}) AND coalesce(claimed_minor, 0) <= 0
             AND NOT for_staff""",  # noqa: S608
    ),
    Law(
        "outbound.silent_when_settled",
        "a message withdrawn or still waiting for its words has none",
        """SELECT account_id || '/' || id FROM outbound_dispatch
           WHERE state IN ('prepared', 'withdrawn') AND (text <> '' OR html <> '' OR claimed_minor IS NOT NULL)""",
    ),
    Law(
        "outbound.once_per_action",
        "no planned action has two messages to a customer, unless the first did not reach it",
        """SELECT idempotency_key::text FROM outbound_dispatch WHERE NOT for_staff
             AND state NOT IN ('failed', 'bounced', 'returned')
           GROUP BY idempotency_key HAVING count(*) > 1""",
    ),
    Law(
        "outbound.sent_has_its_hour",
        "a message has the hour it was sent when, and only when, it was sent",
        """SELECT account_id || '/' || id FROM outbound_dispatch
           WHERE state <> 'sending'
             AND (state IN ('sent', 'delivered', 'opened', 'bounced', 'returned')) <> (sent_at IS NOT NULL)""",
    ),
    Law(
        "outbound.printed_once",
        "a letter that was sealed lies in one print batch, and only such a letter does",
        f"""SELECT d.account_id || '/' || d.id FROM outbound_dispatch d
            LEFT JOIN outbound_printedletter p ON p.account_id = d.account_id AND p.dispatch_id = d.id
            WHERE d.state = 'sealed' AND p.id IS NULL
            UNION ALL
            SELECT p.account_id || '/' || p.dispatch_id FROM outbound_printedletter p
            LEFT JOIN outbound_dispatch d ON p.account_id = d.account_id AND p.dispatch_id = d.id
            WHERE d.id IS NULL OR d.state IN ('released', 'sending') OR d.state NOT IN ({_WRITTEN})""",  # noqa: S608
    ),
    Law(
        "outbound.batch_is_whole",
        "the parts of a print batch have the pages that it counts, unchanged since they were sealed",
        """SELECT b.id::text FROM outbound_printbatch b
           WHERE b.page_count <> (SELECT coalesce(sum(p.page_count), 0) FROM outbound_printpart p WHERE p.batch_id = b.id)
              OR b.letter_count <> (SELECT count(*) FROM outbound_printedletter l WHERE l.batch_id = b.id)
              OR b.page_count <> (SELECT sum(l.page_count) FROM outbound_printedletter l WHERE l.batch_id = b.id)
              OR EXISTS (SELECT 1 FROM outbound_printpart p
                         WHERE p.batch_id = b.id AND encode(sha256(p.pdf), 'hex') <> p.sha256)""",
    ),
    Law(
        "outbound.text_as_noted",
        "a message that names an edited text was written with a version of its own text and language",
        """SELECT d.account_id || '/' || d.id FROM outbound_dispatch d
           LEFT JOIN outbound_textversion t ON t.id = d.text_version_id
           WHERE d.text_version_id <> 0 AND (t.id IS NULL OR (t.code, t.language) <> (d.template, d.language)
             OR t.channel NOT IN ('', d.channel))""",
    ),
    Law(
        "outbound.account_exists",
        "every message, receipt, printed letter, dead address and call to another system belongs to an account that exists",
        f"""SELECT d.account_id || '/' || d.id
            FROM (SELECT account_id, id FROM outbound_dispatch UNION ALL
                  SELECT account_id, id FROM outbound_webhookcall UNION ALL
                  SELECT account_id, id FROM outbound_messagereceipt UNION ALL
                  SELECT account_id, id FROM outbound_deadaddress UNION ALL
                  SELECT account_id, id FROM outbound_printedletter) d
            LEFT JOIN {ACCOUNT_RELATION} AS a ON a.account_id = d.account_id WHERE a.account_id IS NULL""",  # noqa: S608
    ),
)
