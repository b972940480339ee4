"""People and groups: lists of them, and each alone."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from gateway.scim import acting, paging
from gateway.scim.endpoint import Endpoint, answered, body, versions
from gateway.scim.shown import Row, Wanted, location, shown, wanted
from provisioning.scim.resources import Kind

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class OfKind(Endpoint):
    kind: ClassVar[Kind]

    def one(self, row: Row, asked: Wanted, *, status: int = 200) -> HttpResponse:
        content = shown(self.connection, [row], asked)[0]
        headers = {"ETag": row.etag, "Location": location(self.connection, row)}
        return answered(content, status=status, headers=headers)

    def listed(self, search: paging.Search) -> HttpResponse:
        page = paging.page(self.connection, self.kind, search)
        rows = shown(self.connection, page.rows, search)
        told = {
            "schemas": [LIST],
            "totalResults": page.total,
            "startIndex": page.start,
            "itemsPerPage": len(rows),
            "nextCursor": page.next_cursor,
            "previousCursor": page.previous_cursor,
            "Resources": rows,
        }
        return answered({name: value for name, value in told.items() if value is not None})


class Several(OfKind):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.listed(paging.asked(self.kind, request.GET.dict()))

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = wanted(self.kind, request.GET.dict())
        row = acting.created(self.connection, self.kind, body(request))
        return self.one(row, asked, status=201)


class Search(OfKind):
    """`POST …/.search` (RFC 7644, 3.4.3): what would stand in an address stands in the body."""

    def post(self, request: HttpRequest) -> HttpResponse:
        return self.listed(paging.asked(self.kind, body(request)))


class One(OfKind):
    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        asked = wanted(self.kind, request.GET.dict())
        row = acting.found(self.connection, self.kind, pk)
        known = request.META.get("HTTP_IF_NONE_MATCH")
        tags = versions(known)
        if known is not None and (tags is None or row.etag in tags):
            return HttpResponse(status=304, headers={"ETag": row.etag})
        return self.one(row, asked)

    def put(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._changed(request, pk)

    def patch(self, request: HttpRequest, pk: str) -> HttpResponse:
        return self._changed(request, pk)

    def delete(self, request: HttpRequest, pk: str) -> HttpResponse:
        wanted_versions = versions(request.META.get("HTTP_IF_MATCH"))
        acting.deleted(self.connection, self.kind, pk, wanted_versions)
        return HttpResponse(status=204)

    def _changed(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Nobody is sent ten thousand members back who changed one (RFC 7644, 3.5.2)."""
        asked = wanted(self.kind, request.GET.dict())
        method = request.method or ""
        wanted_versions = versions(request.META.get("HTTP_IF_MATCH"))
        row = acting.changed(
            self.connection, (self.kind, pk), method, body(request), wanted_versions
        )
        if method == "PATCH" and self.kind is Kind.GROUP and not request.GET:
            return HttpResponse(status=204, headers={"ETag": row.etag})
        return self.one(row, asked)


class Users(Several):
    kind = Kind.USER


class User(One):
    kind = Kind.USER


class UserSearch(Search):
    kind = Kind.USER


class Groups(Several):
    kind = Kind.GROUP


class Group(One):
    kind = Kind.GROUP


class GroupSearch(Search):
    kind = Kind.GROUP
