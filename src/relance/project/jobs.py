"""The job application: which tasks exist, and nothing else."""

from procrastinate import App


def on_app_ready(app: App) -> None:
    """Tasks are found in each room's `tasks.py` by the Django integration; nothing to add yet."""
