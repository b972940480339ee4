"""Providers: found, read, made, replaced and changed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from gateway.api import asking
from gateway.api.asking import IF_MATCH, Rehearsing
from gateway.api.authentication import Caller
from gateway.api.endpoint import Endpoint, Need
from gateway.api.problem_shape import problems
from gateway.api.provider_shapes import (
    Changes,
    Gone,
    ProviderPage,
    ProviderReplaced,
    ProviderShape,
    said,
    shown,
)
from gateway.api.reading import Strict, Text, checked, query
from gateway.api_tokens.models import Scope
from gateway.flows.configuration import Saved
from gateway.flows.configure import (
    Asked,
    amend_provider,
    check_version,
    create_provider,
    delete_provider,
    replace_provider,
    version,
)
from gateway.flows.dependents import dependents
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.web.problems import FieldsInvalid
from providers import registry
from providers.errors import ProviderMisconfigured, ProviderUnknown
from providers.models import Provider

READ = Need(
    scopes=frozenset({Scope.PROVIDERS_READ, Scope.PROVIDERS_WRITE}),
    permission="providers.view_provider",
)
ADD, CHANGE, DELETE = (
    Need(scopes=frozenset({Scope.PROVIDERS_WRITE}), permission=f"providers.{verb}_provider")
    for verb in ("add", "change", "delete")
)
LIMIT, MAX_LIMIT = 50, 200  # providers a page
# Faults that the row's own checks name; all others are of its settings.
_OF_THE_ROW = re.compile(r"(?:protocol|dialect|metadata|secrets\..+)")
_PROVIDER_OR_CHANGES = PolymorphicProxySerializer(
    component_name="ProviderOrChanges",
    serializers=[ProviderShape, Changes],
    resource_type_field_name=None,
)


class Search(Strict):
    search = Text(required=False, max_length=200, help_text="In slug and name.")
    protocol = serializers.ChoiceField(Provider.Protocol.choices, required=False)
    enabled = serializers.BooleanField(required=False, allow_null=False)
    limit = serializers.IntegerField(default=LIMIT, min_value=1, max_value=MAX_LIMIT)
    cursor = serializers.RegexField(
        r"^[-a-zA-Z0-9_]{1,50}\Z", required=False, help_text="The next_cursor of the page before."
    )


class ProvidersView(Endpoint):
    needs: ClassVar = {"GET": READ, "POST": ADD}

    @extend_schema(
        operation_id="providers_list",
        parameters=[Search],
        responses={200: ProviderPage, **problems(401, 403)},
    )
    def get(self, request: Any) -> Response:  # noqa: ANN401
        """By slug, a page at a time."""
        asked = query(Search, request.query_params)
        rows = Provider.objects.select_related("metadata_source").order_by("slug")
        if term := asked.get("search"):
            rows = rows.filter(Q(slug__icontains=term) | Q(name__icontains=term))
        exact = {name: asked[name] for name in ("protocol", "enabled") if name in asked}
        after = {"slug__gt": asked["cursor"]} if "cursor" in asked else {}
        found = list(rows.filter(**exact, **after)[: asked["limit"] + 1])
        page = found[: asked["limit"]]
        cursor = page[-1].slug if len(found) > len(page) else None
        content = {"results": [shown(row) for row in page], "next_cursor": cursor}
        return Response(ProviderPage(content).data)

    @extend_schema(
        operation_id="providers_create",
        parameters=[Rehearsing],
        request=ProviderShape,
        responses={201: ProviderShape, 200: Changes, **problems(401, 403, 409, 413, 415)},
    )
    def post(self, request: Any) -> Response:  # noqa: ANN401
        """Makes one. With `dry_run` it only says what would be made."""
        asked = _asked(request)
        sent = checked(ProviderShape(data=request.data))
        with _by_field():
            saved = create_provider(sent["slug"], said(sent), asked)
        return _done(sent["slug"], saved, asked, status=201)


class ProviderView(Endpoint):
    needs: ClassVar = {"GET": READ, "PUT": CHANGE, "PATCH": CHANGE, "DELETE": DELETE}

    @extend_schema(
        operation_id="providers_read",
        responses={200: ProviderShape, **problems(401, 403, 404)},
    )
    def get(self, request: Any, slug: str) -> Response:  # noqa: ANN401, ARG002
        """One, with the ETag that a change of it has to name."""
        return _told(slug)

    @extend_schema(
        operation_id="providers_replace",
        parameters=[Rehearsing, IF_MATCH],
        request=ProviderReplaced,
        responses={
            200: _PROVIDER_OR_CHANGES,
            **problems(401, 403, 404, 409, 412, 413, 415, 428),
        },
    )
    def put(self, request: Any, slug: str) -> Response:  # noqa: ANN401
        """Everything becomes as it is sent, but secrets that are not named stay."""
        return self._changed(request, slug, replace_provider, partial=False)

    @extend_schema(
        operation_id="providers_change",
        parameters=[Rehearsing, IF_MATCH],
        request=ProviderReplaced,
        responses={
            200: _PROVIDER_OR_CHANGES,
            **problems(401, 403, 404, 409, 412, 413, 415, 428),
        },
    )
    def patch(self, request: Any, slug: str) -> Response:  # noqa: ANN401
        """What is sent changes, as `enabled`; a setting of null is taken away."""
        return self._changed(request, slug, amend_provider, partial=True)

    @extend_schema(
        operation_id="providers_delete",
        parameters=[Rehearsing, IF_MATCH],
        request=None,
        responses={200: Gone, **problems(401, 403, 404, 409, 412, 428)},
    )
    def delete(self, request: Any, slug: str) -> Response:  # noqa: ANN401
        """Takes it away with its sessions and the roles that rest on it; accounts stay. With
        `dry_run` it only counts them.
        """
        asked, versions = _asked(request), asking.versions(request)
        row = registry.find(slug)
        check_version(row, versions)
        if asked.rehearsed:
            caller: Caller = request.auth
            found = dependents(row, account=str(caller.account.pk), now=asked.now)
            return Response(Gone({"sessions": found.sessions, "roles": found.held}).data)
        gone = delete_provider(slug, actor=asked.actor, now=asked.now)
        return Response(Gone({"sessions": gone.sessions, "roles": gone.roles}).data)

    def _changed(self, request: Any, slug: str, change: Any, *, partial: bool) -> Response:  # noqa: ANN401
        asked, versions = _asked(request), asking.versions(request)
        sent = checked(ProviderReplaced(data=request.data, partial=partial))
        if sent.get("slug", slug) != slug:
            raise FieldsInvalid((FieldFault(field="slug", problem="cannot be changed"),))
        with _by_field():
            saved = change(slug, said(sent), versions, asked)
        return _done(slug, saved, asked, status=200)


def _asked(request: Any) -> Asked:  # noqa: ANN401
    caller: Caller = request.auth
    wanted = query(Rehearsing, request.query_params)
    return Asked(actor=caller.actor, now=timezone.now(), rehearsed=wanted["dry_run"])


@contextmanager
def _by_field() -> Iterator[None]:
    """What a flow finds wrong, beside the fields of what was sent."""
    try:
        yield
    except DefinitionInvalid as error:
        raise FieldsInvalid(error.faults) from error
    except ProviderMisconfigured as error:
        own = _OF_THE_ROW.fullmatch(error.field)
        place = error.field if own else f"settings.{error.field}"
        raise FieldsInvalid((FieldFault(field=place, problem=error.problem),)) from error


def _done(slug: str, saved: Saved, asked: Asked, *, status: int) -> Response:
    if asked.rehearsed:
        return Response(Changes({"made": saved.made, "changes": saved.words()}).data)
    return _told(slug, status=status)


def _told(slug: str, status: int = 200) -> Response:
    row = Provider.objects.select_related("metadata_source").filter(slug=slug).first()
    if row is None:
        raise ProviderUnknown(slug)
    answer = Response(ProviderShape(shown(row)).data, status=status)
    answer["ETag"] = f'"{version(row)}"'
    return answer
