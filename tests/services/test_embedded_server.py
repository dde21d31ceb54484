"""The embedded server after a crash: a pid file that names a stranger or a dead process does not keep it from starting."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from relance.kit.postgres import _forget_dead_server, _forget_dead_users


def _dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("pid", [os.getpid(), None], ids=["a stranger", "nobody"])
def test_a_stale_pid_file_is_forgotten(tmp_path: Path, pid: int | None) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(f"{pid or _dead_pid()}\n{tmp_path}\n")
    _forget_dead_server(tmp_path)
    assert not pid_file.exists()


def test_killed_users_are_struck_off(tmp_path: Path) -> None:
    list_file = tmp_path / ".handle_pids.json"
    list_file.write_text(json.dumps([_dead_pid(), os.getpid()]))
    _forget_dead_users(tmp_path)
    assert json.loads(list_file.read_text()) == [os.getpid()]
