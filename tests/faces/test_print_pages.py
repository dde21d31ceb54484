"""Print batches in the desk: seal what waits, fetch it for the print house, note that it was posted, open one letter."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from relance.faces.console.commands.print_report import COMMAND
from relance.outbound import queries
from relance.outbound.services import prepare, seal
from relance.staff.facts import Role
from tests.faces.conftest import SignedIn
from tests.faces.test_pages import text_of
from tests.services.test_outbound import NIGHT, creditor, only_message
from tests.services.test_print_batches import letter_to, owing
from tests.services.test_print_report import HEAD, LATER, posted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def supervisor(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.SUPERVISOR).client


@pytest.fixture(autouse=True)
def no_job_stays() -> Iterator[None]:
    """Jobs outlive the emptying of the tables between tests."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'outbound.seal'")


def sealed() -> tuple[int, int]:
    """A batch of two letters; its id, and the account of the first."""
    alice, bruno = owing("S1", name="=cmd|'/C calc'!A1"), owing("S2")
    prepare([letter_to(alice), letter_to(bruno)])
    batch_id = seal(creditor().id, "letter", NIGHT, "ada")
    assert batch_id is not None
    return batch_id, alice


def test_waiting_letters_are_sealed_by_a_worker(supervisor: Client) -> None:
    prepare([letter_to(owing("W1"))])
    page = supervisor.get("/print-batches/").content.decode()
    assert "Seal a batch" in page
    answer = supervisor.post("/print-batches/seal/", {"creditor": creditor().id, "channel": "letter"}, follow=True)
    assert "being sealed" in answer.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> 'actor' FROM procrastinate_jobs WHERE task_name = 'outbound.seal'")
        assert cursor.fetchall() == [(get_user_model().objects.get().username,)]
    assert supervisor.post("/print-batches/seal/", {"creditor": creditor().id, "channel": "email"}).status_code == 404


def test_a_batch_is_fetched_posted_and_read(supervisor: Client) -> None:
    batch_id, alice = sealed()
    assert f"/print-batches/{batch_id}/" in supervisor.get("/print-batches/").content.decode()
    page = supervisor.get(f"/print-batches/{batch_id}/").content.decode()
    assert "Mark as posted" in page
    pdf = supervisor.get(f"/print-batches/{batch_id}/letters.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert len(pypdfium2.PdfDocument(pdf.content)) == 2
    answer = supervisor.get(f"/print-batches/{batch_id}/index/")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [(row["sequence"], row["first_page"], row["weight_class"], row["registered"]) for row in rows] == [
        ("1", "1", "20", "no"), ("2", "2", "20", "no"),
    ]  # fmt: skip
    assert not any(value.startswith("=") for row in rows for value in row.values()), "no formula for a spreadsheet"
    told = json.loads(supervisor.get(f"/print-batches/{batch_id}/index/?format=json").content)
    assert [letter["pages"] for letter in told["letters"]] == [1, 1]
    message = only_message(alice)
    assert "Open the letter" in supervisor.get(f"/messages/{message.id}/").content.decode()
    letter = supervisor.get(f"/messages/{message.id}/letter.pdf")
    assert "F-S1" in pypdfium2.PdfDocument(letter.content)[0].get_textpage().get_text_bounded()
    early = (NIGHT - dt.timedelta(days=1)).isoformat()
    assert "cannot have been posted" in supervisor.post(
        f"/print-batches/{batch_id}/posted/", {"posted_on": early}, follow=True
    ).content.decode()  # fmt: skip
    assert "as a date" in supervisor.post(
        f"/print-batches/{batch_id}/posted/", {"posted_on": "soon"}, follow=True
    ).content.decode()  # fmt: skip
    supervisor.post(f"/print-batches/{batch_id}/posted/", {"posted_on": NIGHT.isoformat()})
    assert [message.state for message in queries.messages().rows] == ["sent", "sent"]


def test_an_agent_sees_batches_and_seals_none(sign_in: Callable[..., SignedIn]) -> None:
    batch_id, _ = sealed()
    agent = sign_in(Role.AGENT).client
    page = agent.get(f"/print-batches/{batch_id}/").content.decode()
    assert "Mark as posted" not in page
    assert agent.get(f"/print-batches/{batch_id}/letters.pdf").status_code == 403
    assert agent.get("/messages/1/letter.pdf").status_code == 404


def test_the_report_is_taken_by_command_and_on_the_batchs_page(
    sign_in: Callable[..., SignedIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id, (alice,) = posted("PR7")
    monkeypatch.setattr("relance.faces.console.commands.print_report.prepare", lambda: None)
    monkeypatch.setattr("relance.kit.clock.today", lambda: LATER)
    path = tmp_path / "report.csv"
    path.write_text(HEAD + f"1,posted,{NIGHT},TRACK-7,", encoding="utf-8")
    done = CliRunner().invoke(COMMAND, [str(batch_id), str(path), "--json"])
    assert (done.exit_code, '"new": 1' in done.output) == (0, True)
    supervisor = sign_in(Role.SUPERVISOR, "en").client
    page = text_of(supervisor.get(f"/print-batches/{batch_id}/").content)
    assert "TRACK-7" in page
    assert "Take the report" in page
    for data, said in ((b"nonsense", "the columns are"), (f"{HEAD}1,delivered,{NIGHT},,".encode(), "1 new reports")):
        upload = {"file": SimpleUploadedFile("r.csv", data)}
        answer = supervisor.post(f"/print-batches/{batch_id}/report/", upload, follow=True)
        assert said in text_of(answer.content)
    assert only_message(alice).state == "delivered"
    assert "Choose the print house" in text_of(
        supervisor.post(f"/print-batches/{batch_id}/report/", follow=True).content
    )
    assert sign_in(Role.AGENT, "en").client.post(f"/print-batches/{batch_id}/report/").status_code == 403
