"""`POST …/.search` at the root (RFC 7644, 3.4.3): people first, then groups."""

from django.http import HttpRequest, HttpResponse
from scim2_models import SearchRequest

from gateway.scim import bounds, paging
from gateway.scim.endpoint import Endpoint, answered, body
from gateway.scim.resources import LIST
from gateway.scim.shown import shown
from provisioning.scim.errors import CursorInvalid, FilterInvalid, PathInvalid
from provisioning.scim.filter import condition
from provisioning.scim.reading import judged
from provisioning.scim.resources import MAX_PAGE, PAGE, TOLERANT, Kind


class Everything(Endpoint):
    def post(self, request: HttpRequest) -> HttpResponse:
        told = body(request)
        bounds.asking(told)
        with judged():
            search: paging.Search = SearchRequest.model_validate(told, scim_policy=TOLERANT)
        if search.sort_by is not None:
            raise PathInvalid("lists of one kind alone are sorted")
        if search.cursor is not None:
            raise CursorInvalid("lists of one kind alone have cursors")
        return self._listed(search)

    def _listed(self, search: paging.Search) -> HttpResponse:
        start = min(search.start_index or 1, paging.MAX_START)
        left = PAGE if search.count is None else min(search.count, MAX_PAGE)
        skip, total, found = start - 1, 0, []
        for kind in _kinds(search):
            rows = paging.own(self.connection, kind)
            if search.filter is not None:
                rows = rows.filter(condition(kind, str(search.filter)))
            there = rows.count()
            page = list(rows.order_by("pk")[skip : skip + left]) if left else []
            found += shown(self.connection, page, search)
            total, skip, left = total + there, max(skip - there, 0), left - len(page)
        content = {
            "schemas": [LIST],
            "totalResults": total,
            "startIndex": start,
            "itemsPerPage": len(found),
            "Resources": found,
        }
        return answered(content)


def _kinds(search: paging.Search) -> list[Kind]:
    """Of whom the filter can say anything: what a kind does not have is true of none of it
    (3.4.2.1). Raises FilterInvalid if none has it.
    """
    if search.filter is None:
        return list(Kind)
    found, refused = [], FilterInvalid("nothing has this")
    for kind in Kind:
        try:
            condition(kind, str(search.filter))
        except FilterInvalid as error:
            refused = error
        else:
            found.append(kind)
    if not found:
        raise refused
    return found
