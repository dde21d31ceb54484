"""What the print house reports: tracking numbers and proofs kept, letters that came back looked after, each line once."""

import datetime as dt

import pytest

from relance.kit.refusal import Refusal
from relance.outbound import queries
from relance.outbound.services import mark_posted, prepare, seal, take_print_report
from relance.worklist.facts import WorkFilter
from relance.worklist.queries import work_page
from tests.services.test_outbound import NIGHT, creditor, keeps_every_law, only_message
from tests.services.test_print_batches import letter_to, owing

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NIGHT + dt.timedelta(days=10)
HEAD = "sequence,status,occurred_on,tracking_number,reason\n"


def posted(*names: str, **context: object) -> tuple[int, list[int]]:
    """A posted batch with a letter to each of these customers, and their accounts."""
    accounts = [owing(name, email=f"{name.lower()}@example.test") for name in names]
    ways = {"channels": ["email"], "next_stage": "second", "silence_at_minor": 500, **context}
    prepare([letter_to(each, context=ways) for each in accounts])
    batch_id = seal(creditor().id, "letter", NIGHT, "ada")
    assert batch_id is not None
    mark_posted(batch_id, NIGHT, "ada")
    return batch_id, accounts


def take(batch_id: int, *lines: str) -> int:
    return take_print_report(batch_id, (HEAD + "\n".join(lines)).encode(), LATER)


def test_tracking_proof_and_returns_are_kept_once() -> None:
    batch_id, (alice, bruno, chloe) = posted("PR1", "PR2", "PR3")
    lines = (
        f"1,delivered,{NIGHT},1A 000,",
        f"2,returned,{NIGHT},,NPAI",
        f"3,returned,{NIGHT},,refused",
        f"3,posted,{NIGHT},1A 003,",
    )
    assert take(batch_id, *lines) == 5
    assert take(batch_id, *lines) == 0
    assert only_message(alice).state == "delivered"
    back, mail = sorted(queries.messages(bruno).rows, key=lambda message: message.id)
    assert (back.state, back.reason) == ("returned", "unknown_address")
    assert (mail.channel, mail.state, mail.instead_of["id"]) == ("email", "prepared", back.id)
    assert (only_message(chloe).state, only_message(chloe).reason) == ("returned", "refused")
    assert set(queries.dead_addresses([alice, bruno, chloe])) == {bruno}
    (work,) = work_page(WorkFilter()).rows
    assert (work.kind, work.account_id) == ("address", bruno)
    (proof,) = queries.receipts(alice, only_message(alice).id)
    assert (proof.report, proof.source) == ("delivered", "print-house")
    assert [letter.tracking_number for letter in queries.printed_letters(batch_id)] == ["1A 000", "", "1A 003"]
    assert keeps_every_law()


def test_a_letter_that_was_handed_over_and_came_back_later_has_come_back() -> None:
    batch_id, (alice,) = posted("PR4")
    take(batch_id, f"1,returned,{LATER},,unclaimed", f"1,delivered,{NIGHT},,")
    assert only_message(alice).state == "returned"
    take(batch_id, f"1,delivered,{LATER},,")
    assert only_message(alice).state == "returned"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (HEAD + "9,delivered,2026-11-24,,", "row 2, sequence: '9' should be a number from 1 to 1"),
        (HEAD + "\u00b2,delivered,2026-11-24,,", "should be a number from 1 to 1"),
        (HEAD + "1,lost,2026-11-24,,", "row 2, status: 'lost' should be one of posted, delivered, returned"),
        (HEAD + "1,delivered,24/11/2026,,", "row 2, occurred_on: '24/11/2026' should be a day"),
        (HEAD + "1,delivered,2026-11-01,,", "should lie between 2026-11-23"),
        (HEAD + "1,delivered,2030-01-01,,", "should lie between"),
        (HEAD + "1,returned,2026-11-24,,", "row 2, reason: ''"),
        (HEAD + "1,delivered,2026-11-24,,refused", "row 2, reason: 'refused'"),
        (HEAD + "1,delivered,2026-11-24," + "x" * 41 + ",", "tracking_number: should be at most 40"),
        (HEAD + "1,delivered", "row 2: has 2 cells where the head has 5"),
        ("sequence,state,occurred_on\n", "row 1, state: the columns are"),
        ("", "row 1: a report has a head"),
        ("\udcff", "no CSV file in UTF-8"),
    ],
)
def test_a_file_with_a_mistake_is_refused_whole_and_says_where(data: str, said: str) -> None:
    batch_id, (alice,) = posted("PR5")
    good = "" if not data.startswith(HEAD) else "1,posted,2026-11-24,GOOD,\n"
    whole = data.replace(HEAD, HEAD + good).encode("utf-8", "surrogateescape")
    with pytest.raises(Refusal) as refusal:
        take_print_report(batch_id, whole, LATER)
    told = str(refusal.value).replace("row 3", "row 2")
    assert said in told
    assert only_message(alice).state == "sent"
    assert queries.printed_letters(batch_id)[0].tracking_number == ""


def test_only_a_posted_batch_is_reported_on() -> None:
    prepare([letter_to(owing("PR6"))])
    batch_id = seal(creditor().id, "letter", NIGHT, "ada")
    assert batch_id is not None
    for unknown in (batch_id, 999_999):
        with pytest.raises(Refusal, match="Mark the batch as posted first"):
            take(unknown, f"1,posted,{NIGHT},X,")
