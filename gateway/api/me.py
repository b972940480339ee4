"""GET /api/v1/me: who this session is."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from gateway.api.authentication import Caller
from gateway.api.endpoint import PERSON, Endpoint
from gateway.api.problem_shape import problems
from gateway.flows.mapping.kept_back import told
from gateway.flows.masked import attributes, masked
from gateway.sessions.session import Session
from provisioning.models import Account, HeldRole, RoleInfo


@extend_schema_serializer(component_name="Reason")
class ReasonShape(serializers.Serializer):
    """Why the role is held: a rule and the claims that it matched, or a hand."""

    origin = serializers.ChoiceField(HeldRole.Origin.choices)
    rule = serializers.CharField(allow_blank=True)
    ruleset_version = serializers.IntegerField(allow_null=True)
    provider = serializers.SerializerMethodField()
    because = serializers.SerializerMethodField()
    given_by = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()

    def get_provider(self, row: HeldRole) -> str | None:
        return row.linked_identity.provider if row.linked_identity else None

    def get_because(self, row: HeldRole) -> list[str]:
        return list(told(row.because))


@extend_schema_serializer(component_name="Role")
class RoleShape(serializers.Serializer):
    role = serializers.CharField()
    label = serializers.CharField()
    reasons = ReasonShape(many=True)


@extend_schema_serializer(component_name="MaskedRole")
class MaskedShape(serializers.Serializer):
    """A role that is held and does not count: a rule denies it, or another role outranks it."""

    role = serializers.CharField()
    label = serializers.CharField()
    why = serializers.ChoiceField(["denied", "outranked"])
    by = serializers.CharField(help_text="The rule, or the role.")
    because = serializers.ListField(child=serializers.CharField())


class Me(serializers.Serializer):
    """The session as apps see it. Without `provider` it is a local one."""

    account = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_null=True)
    email_verified = serializers.BooleanField()
    roles = RoleShape(many=True)
    masked_roles = MaskedShape(many=True)
    attributes = serializers.DictField(child=serializers.CharField())
    provider = serializers.CharField(allow_null=True)
    acr = serializers.CharField(allow_null=True)
    amr = serializers.ListField(child=serializers.CharField())
    authenticated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    idle_seconds = serializers.IntegerField(help_text="It ends when unused for so long.")


class MeView(Endpoint):
    needs: ClassVar = {"GET": PERSON}

    @extend_schema(
        operation_id="me",
        auth=[{"session": []}],  # type: ignore[list-item]  # not as its author typed it
        responses={200: Me, **problems(401, 403)},
    )
    def get(self, request: Any) -> Response:  # noqa: ANN401
        """Who this session is, with the reason for each role. For browsers' sessions alone."""
        caller: Caller = request.auth
        assert caller.session is not None  # noqa: S101 -- `needs` says so
        return Response(Me(_told(caller.account, caller.session)).data)


def _told(account: Account, session: Session) -> dict[str, Any]:
    return {
        "account": account.pk,
        "username": session.username,
        "name": session.name,
        "email": session.email,
        "email_verified": session.email_verified,
        "roles": _roles(account, session),
        "masked_roles": _masked(account),
        "attributes": attributes(account),
        "provider": session.provider or None,
        "acr": session.acr,
        "amr": session.amr,
        "authenticated_at": session.authenticated_at,
        "expires_at": session.expires_at,
        "idle_seconds": int(session.idle_for.total_seconds()),
    }


def _roles(account: Account, session: Session) -> list[dict[str, Any]]:
    """Those that the session has, in which a gain may still be missing for a moment."""
    labels = _labels(session.roles)
    held = list(account.held_roles.select_related("role", "linked_identity"))
    return [
        {
            "role": name,
            "label": labels.get(name, name),
            "reasons": [row for row in held if row.role.name == name],
        }
        for name in sorted(session.roles)
    ]


def _masked(account: Account) -> list[dict[str, Any]]:
    found = masked(account)
    labels = _labels(each.role for each in found)
    return [{**asdict(each), "label": labels.get(each.role, each.role)} for each in found]


def _labels(names: Iterable[str]) -> dict[str, str]:
    infos = RoleInfo.objects.filter(role__name__in=list(names))
    return dict(infos.values_list("role__name", "label"))
