"""Many processes post to the same accounts at once: nobody waits in a circle, every key counts once, and the sums are right."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tests.properties.crowd import ACCOUNT_COUNT, INVOICE_MINOR, INVOICES
from tests.separate import separate_relance

SECONDS = 20


def test_a_crowd_of_processes_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with separate_relance(tmp_path) as relance:
        done = subprocess.run(
            [sys.executable, "-m", "tests.properties.crowd", str(SECONDS)],
            cwd=Path(__file__).resolve().parents[2], env=relance.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    end = json.loads(done.stdout)
    tries = [entry for log in end["logs"] for entry in log]
    assert [entry for entry in tries if "error" in entry] == []
    assert end["broken"] == {}
    by_key: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for entry in tries:
        by_key[entry["deed"], entry["key"]].append(entry)
    owed = ACCOUNT_COUNT * INVOICES * INVOICE_MINOR + end["sums"]["recovered"] - end["sums"]["corrected"]
    taken: dict[int, int] = {}
    counts: Counter[str] = Counter()
    twice: Counter[str] = Counter()
    for (deed, key), entries in by_key.items():
        made = [entry for entry in entries if "id" in entry]
        if not made:
            continue
        counts[deed] += 1
        twice[deed] += len(entries) > 1
        assert len({entry["id"] for entry in made}) == 1, key
        if "created" in made[0]:
            assert sum(entry["created"] for entry in made) == 1, key
        if deed == "receipt":
            assert end["receipts"][key] == [1, made[0]["minor"]]
            taken[made[0]["id"]] = made[0]["minor"]
        if deed == "reversal":
            owed += taken[made[0]["id"]]
        if deed in {"receipt", "credit_note", "deposit", "approval"}:
            owed -= next(entry["minor"] for entry in made if entry.get("created", True))
    assert end["sums"]["open"] - end["sums"]["unallocated"] == owed
    print(counts, twice)
    for deed in ("receipt", "credit_note", "reversal", "approval", "deposit"):
        assert twice[deed] >= 5, f"{deed} was not tried by two at once"
    assert counts["by_hand"] >= 10
