"""Which sessions the console looks for: read from the address of a page, or from its form.

People are for whoever may see people. Anybody else finds somebody by her whole username alone: part
of an address, or a role, would tell who works here as what.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest

from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import LOCAL, Search
from providers.models import Provider

MAX_TERM = 150  # letters, as many as a role's name can have
MAX_CHOICES = 200  # that one page holds; of more, those that are like what was written
_TERMS = ("person", "provider", "app", "role", "address")
_NUMBER = 18  # digits

Named = type[Provider] | type[RelyingParty]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Slugs and names to choose from, or to pick from beside a field for text."""

    options: tuple[tuple[str, str], ...]
    all: bool


def may_see_people(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("provisioning.view_account"))


def term(request: HttpRequest, name: str, most: int = MAX_TERM) -> str:
    return _told(request).get(name, "").replace("\0", "").strip()[:most]


def terms(request: HttpRequest) -> dict[str, str]:
    """A provider and an app by their slugs, so that the next page means the same."""
    said = {name: term(request, name) for name in _TERMS}
    if said["provider"] != LOCAL:
        said["provider"] = provider_slug(said["provider"])
    said["app"] = _slug(RelyingParty, said["app"])
    return {name: value for name, value in said.items() if value}


def fields(request: HttpRequest) -> dict[str, str]:
    """What the next form repeats."""
    only = term(request, "only")
    return {"only": only} if only else terms(request)


def search(request: HttpRequest) -> Search:
    """The one session that was pointed at, or what is searched for. Raises PermissionDenied for a
    role that is asked for by somebody who may not see people; to leave it out would find more.
    """
    only = term(request, "only")
    if only:
        row = SignIn.objects.filter(pk=int(only)).first() if is_number(only) else None
        return Search(session=row.handle if row is not None else "-")
    said = dict.fromkeys(_TERMS, "") | terms(request)
    people = may_see_people(request)
    if said["role"] and not people:
        raise PermissionDenied
    return Search(
        person=said["person"] if people else "",
        username="" if people else said["person"],
        provider=said["provider"],
        app=said["app"],
        role=said["role"],
        address=said["address"],
    )


def providers(request: HttpRequest) -> Choices:
    return _choices(Provider, term(request, "provider"))


def apps(request: HttpRequest) -> Choices:
    return _choices(RelyingParty, term(request, "app"))


def provider_slug(text: str) -> str:
    """Of the provider that is called so; a slug as it is."""
    return _slug(Provider, text)


def names(rows: Named, slugs: set[str]) -> dict[str, str]:
    """Of those alone that are named."""
    return dict(rows.objects.filter(slug__in=slugs).values_list("slug", "name"))


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _NUMBER


def _told(request: HttpRequest) -> Mapping[str, str]:
    return request.POST if request.method == "POST" else request.GET


def _slug(rows: Named, text: str) -> str:
    """Of the one that is called so; the text itself if it is a slug, or says nothing that is known
    (a session may have been at what is deleted by now).
    """
    if not text or rows.objects.filter(slug=text).exists():
        return text
    called = list(rows.objects.filter(name__iexact=text).values_list("slug", flat=True)[:2])
    return called[0] if len(called) == 1 else text


def _choices(rows: Named, text: str) -> Choices:
    found = list(rows.objects.order_by("name").values_list("slug", "name")[: MAX_CHOICES + 1])
    if len(found) <= MAX_CHOICES:
        return Choices(options=tuple(found), all=True)
    if text and not rows.objects.filter(slug=text).exists():
        like = rows.objects.filter(Q(slug__icontains=text) | Q(name__icontains=text))
        found = list(like.order_by("name").values_list("slug", "name")[:MAX_CHOICES])
    return Choices(options=tuple(found[:MAX_CHOICES]), all=False)
