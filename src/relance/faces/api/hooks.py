"""Takes the reports of message providers: delivered, opened, bounced."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from relance.outbound.facts import IncomingCall, NotAuthentic
from relance.outbound.services import take_call

_LONGEST_BODY = 1_000_000


@csrf_exempt
@require_POST
def report(request: HttpRequest, channel: str, provider: str) -> HttpResponse:
    """204 for a report that was taken or was known, 401 without the provider's signature, 400 for one that makes no sense,
    404 for a provider that is not in use: it learns nothing more.
    """
    try:
        if int(request.headers.get("Content-Length") or 0) > _LONGEST_BODY:
            return _said(413, "the report is too long")
    except ValueError:
        return _said(400, "Content-Length is not a number")
    host = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    call = IncomingCall(
        url=f"{host}{request.get_full_path()}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.read(_LONGEST_BODY + 1),
        received_at=timezone.now(),
    )
    try:
        take_call(channel, provider, call)
    except LookupError:
        return _said(404, "no such provider")
    except NotAuthentic as trouble:
        return _said(401, str(trouble))
    except ValueError as trouble:
        return _said(400, str(trouble))
    return HttpResponse(status=204)


def _said(status: int, words: str) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
