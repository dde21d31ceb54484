"""Where Relance keeps what is not in the database: the embedded server, the outbox, the signing key."""

import os
import secrets
from pathlib import Path

import platformdirs

from relance.kit.refusal import Refusal


def home() -> Path:
    """`RELANCE_HOME`, else the user's data directory.

    As root the default is /var/lib/relance: the embedded server then runs as a user of its own and must be able to
    reach its files, which it cannot below /root.
    """
    configured = os.environ.get("RELANCE_HOME")
    if configured:
        path = Path(configured).expanduser().absolute()
    elif hasattr(os, "geteuid") and os.geteuid() == 0:
        path = Path("/var/lib/relance")
    else:
        path = Path(platformdirs.user_data_dir("relance"))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"RELANCE_HOME: {path} is not a folder that can be used ({error.strerror})") from None
    return path


def secret_key() -> str:
    """The signing key of sessions: `RELANCE_SECRET_KEY`, else one made once and kept readable by its owner only."""
    configured = os.environ.get("RELANCE_SECRET_KEY")
    if configured:
        return configured
    path = home() / "secret_key"
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()
