"""The editor of message texts: who may change them, what it refuses, what the frame beside it shows."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from relance.outbound import queries
from relance.outbound.models import TextVersion
from relance.staff.facts import Role
from relance.staff.models import AuditRow
from tests.faces.conftest import SignedIn
from tests.services.test_outbound import creditor
from tests.services.test_print_batches import owing

pytestmark = pytest.mark.django_db

PAGE = "/texts/reminder/en/"


@pytest.fixture
def supervisor(sign_in: Callable[..., SignedIn]) -> Client:
    return sign_in(Role.SUPERVISOR).client


def posted(**changes: str) -> dict[str, str]:
    """The form as it stands when somebody changes some parts of the standard text."""
    parts = {f"part_{name}": words for name, words in queries.standard_text("reminder", "en").items()}
    return {**parts, "seen": "0", "note": "kinder", **changes}


def test_a_text_is_changed_looked_up_and_taken_back(supervisor: Client) -> None:
    creditor()
    assert "standard" in supervisor.get("/texts/").content.decode()
    answer = supervisor.post(PAGE, posted(part_title="A small word from us"), follow=True)
    assert "Version 1 is in force." in answer.content.decode()
    version = TextVersion.objects.get()
    assert (version.parts, version.note) == ({"title": "A small word from us"}, "kinder")
    assert "version 1" in supervisor.get("/texts/").content.decode()
    assert "A small word from us" in supervisor.get(f"{PAGE}?version={version.id}").content.decode()
    stale = supervisor.post(PAGE, posted(part_title="Another"))
    assert stale.status_code == 422
    assert "Somebody has changed this text" in stale.content.decode()
    assert "Another" in stale.content.decode(), "what was typed is not lost"
    back = supervisor.post(f"{PAGE}standard/", {"seen": str(version.id)}, follow=True)
    assert "standard text is in force again" in back.content.decode()
    assert [entry.verb for entry in AuditRow.objects.filter(verb__startswith="text_").order_by("id")] == [
        "text_saved", "text_standard_again",
    ]  # fmt: skip


def test_a_mistake_is_named_beside_its_part_and_nothing_is_saved(supervisor: Client) -> None:
    answer = supervisor.post(PAGE, posted(part_opening="Dear {{ m.nam }}", part_short="Pay up"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“m.nam” is no field" in page
    assert "must name the amount" in page
    assert 'id="part_opening_error"' in page
    assert not TextVersion.objects.exists()


def test_agents_read_texts_and_do_not_change_them(sign_in: Callable[..., SignedIn]) -> None:
    agent = sign_in(Role.AGENT).client
    assert "Save and put in force" not in agent.get(PAGE).content.decode()
    assert agent.post(PAGE, posted(part_title="Mine")).status_code == 403
    assert agent.post(f"{PAGE}test/", posted()).status_code == 403
    assert not TextVersion.objects.exists()


def test_the_preview_shows_mail_text_and_letter_and_never_runs_what_is_typed(supervisor: Client) -> None:
    owing("P1", name="<img src=x onerror=alert(1)>")
    hostile = posted(part_opening="<script>alert(1)</script>", account="P1")
    mail = supervisor.post(f"{PAGE}preview/", hostile)
    assert "sandbox" in mail["Content-Security-Policy"]
    assert "<script" not in mail.content.decode()
    assert "<img src=x" not in mail.content.decode()
    text = supervisor.post(f"{PAGE}preview/", {**hostile, "view": "short"}).content.decode()
    assert "text message" in text
    assert "<img src=x" not in text
    letter = supervisor.post(f"{PAGE}preview/", {**hostile, "view": "letter"}).content.decode()
    assert "data:image/png;base64," in letter
    broken = supervisor.post(f"{PAGE}preview/", posted(part_title="{{")).content.decode()
    assert "cannot be sent yet" in broken
    assert supervisor.get("/texts/words/en/").status_code == 404
    assert supervisor.get("/texts/reminder/xx/").status_code == 404


def test_a_test_goes_to_oneself(supervisor: Client, settings: object, tmp_path: Path) -> None:
    settings.OUTBOX = str(tmp_path)  # type: ignore[attr-defined]
    nobody = supervisor.post(f"{PAGE}test/", posted()).content.decode()
    assert "your preferences" in nobody
    get_user_model().objects.update(email="ada@example.com")
    told = supervisor.post(f"{PAGE}test/", posted(part_title="Look at this")).content.decode()
    assert "ada@example.com" in told
    (mail,) = tmp_path.rglob("*.eml")
    assert "[Test]" in str(message_from_bytes(mail.read_bytes(), policy=default)["Subject"])
    assert AuditRow.objects.filter(verb="text_test_sent").count() == 1
