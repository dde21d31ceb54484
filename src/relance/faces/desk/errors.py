"""Pages for what went wrong. They need no database, because that may be what went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403: the role does not carry the permission."""
    return render(request, "desk/errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: no such page, account or message."""
    return render(request, "desk/errors/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """500: our fault; rendered without the request, so that nothing else can fail."""
    return render(None, "desk/errors/500.html", status=500)  # type: ignore[arg-type]
