"""The addresses of acts on one thing, which all lie below its own address."""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path


def acts_below(address: str, thing: str, **views: Callable[..., HttpResponseBase]) -> list[URLPattern]:
    """One address per act: the act's name below `address` with dashes, called `thing`_`act`."""
    return [path(f"{address}{act.replace('_', '-')}/", view, name=f"{thing}_{act}") for act, view in views.items()]
