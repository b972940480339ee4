"""Saving from a form that was opened on some edition of a draft, so that no words are lost."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from gateway.console.mapping.desk import actor
from gateway.flows.errors import RulesDraftStale
from gateway.flows.mapping import drafting
from mapping.merging import merged
from mapping.models import Draft

_TRIES = 3  # others may save between ours

Content = dict[str, Any]


def save(draft: Draft, edition: int, content: Content, request: HttpRequest) -> None:
    """Where others changed only other things meanwhile, theirs and ours stand together."""
    for left in reversed(range(_TRIES)):
        try:
            drafting.save(draft.pk, edition, content, actor=actor(request), now=timezone.now())
        except RulesDraftStale as stale:
            both = merged(stale.base, stale.mine, stale.theirs)
            if both.conflicts or not left:
                raise
            content, edition = both.content, stale.edition
        else:
            return


def content_at(draft: Draft, edition: int) -> Content:
    """The draft as it was when the form was opened."""
    if edition == draft.edition:
        return dict(draft.content)
    found = draft.editions.filter(edition=edition).first()
    return dict(found.content if found else draft.content)


def edition_of(request: HttpRequest) -> int:
    """That on which the form was opened; of nonsense, one that no draft has."""
    told = request.POST.get("edition", "")
    return int(told) if re.fullmatch("[0-9]{1,9}", told) else 0


def back(draft: Draft) -> HttpResponse:
    return HttpResponseRedirect(reverse("mapping-draft", args=[draft.pk]))
