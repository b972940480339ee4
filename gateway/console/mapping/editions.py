"""What one edition of a draft says otherwise than the one before it, and who made it."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gateway.console.mapping.desk import desk, page
from gateway.console.mapping.telling import told_changes
from gateway.console.mapping.who import names_of, provider_names
from gateway.flows.mapping import permits
from mapping.models import DraftEdition
from mapping.ruleset import RuleSet


@require_safe
@desk(permits.may_see)
def edition(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Of the first one there is none before; of a dropped draft none is kept."""
    editions = DraftEdition.objects.filter(draft=pk)
    after = get_object_or_404(editions.select_related("draft"), edition=number)
    before = get_object_or_404(editions, edition=number - 1)
    words = {"edition": number, "name": after.draft.name}
    return page(
        request,
        "edition",
        title=gettext("Edition %(edition)d of “%(name)s”") % words,
        draft=after.draft,
        edition=after,
        made_by=names_of([after.made_by])[after.made_by] if after.made_by else "",
        changes=told_changes(_rules(before), _rules(after), provider_names()),
        earlier=number - 1 if number > 2 else None,  # noqa: PLR2004 -- the first that changed one
        later=number + 1 if number < after.draft.edition else None,
    )


def _rules(edition: DraftEdition) -> RuleSet:
    return RuleSet.parse(edition.draft.based_on + 1, edition.content)
