"""`/Me` (RFC 7644, 3.11): what a connection says of whoever is signed in here."""

from django.http import HttpRequest, HttpResponse

from gateway.scim.resources import OfKind
from gateway.scim.shown import wanted
from provisioning.models import Account
from provisioning.scim.errors import Forbidden, ResourceUnknown
from provisioning.scim.models import ScimUser
from provisioning.scim.resources import Kind


class Me(OfKind):
    """By the session of her own browser, and only to be read: her company writes it."""

    kind = Kind.USER
    row: ScimUser

    def identify(self, request: HttpRequest, connection: str) -> None:
        """Raises Forbidden, ResourceUnknown; Unproven."""
        if not isinstance(request.user, Account):
            super().identify(request, connection)
            raise Forbidden("the token of a connection is nobody")
        rows = ScimUser.objects.filter(connection__slug=connection, deleted_at=None)
        hers = rows.filter(linked_identity__account=request.user).select_related("connection")
        row = hers.first()
        if row is None:
            raise ResourceUnknown("this connection does not know you")
        self.row, self.connection = row, row.connection

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.one(self.row, wanted(self.kind, request.GET.dict()))
