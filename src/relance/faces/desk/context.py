"""What every page of the desk needs."""
from django.http import HttpRequest


def desk(request: HttpRequest) -> dict[str, object]:
    """Nothing yet."""
    return {}
