"""Who else is at a draft: said on its own page and beside each form that writes it."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from gateway.console.mapping.desk import actor, desk, part
from gateway.flows.errors import RulesDraftGone
from gateway.flows.mapping import permits, presence
from gateway.flows.mapping.presence import Present
from mapping.models import Draft


@require_safe
@desk(permits.may_see)
def here(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A part of the page, asked for by a script. Of a page that names the edition it shows, also
    whether the draft changed; a form is told when it is saved, with its words kept.
    """
    row = get_object_or_404(Draft, pk=pk)
    seen = request.GET.get("edition", "")
    return part(request, "here", draft=row, seen=seen, others=others(request, row))


def others(request: HttpRequest, row: Draft) -> tuple[Present, ...]:
    """Whoever has it open beside the one who asks, which is said as well."""
    try:
        return presence.seen(row.pk, actor=actor(request), now=timezone.now()).others
    except RulesDraftGone:
        return ()
