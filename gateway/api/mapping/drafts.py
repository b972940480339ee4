"""Drafts of rules: begun, found, read, saved and dropped."""

import uuid
from typing import Any, ClassVar

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from gateway.api import asking
from gateway.api.asking import IF_MATCH
from gateway.api.endpoint import Endpoint
from gateway.api.mapping.asked import DRAFT, READ, actor, by_field
from gateway.api.mapping.draft_shapes import BegunShape, DraftShape, RulesDraftPage, SavedShape
from gateway.api.problem_shape import problems
from gateway.api.reading import Strict, checked, query
from gateway.flows.errors import ChangeStale, RulesDraftGone, RulesDraftStale
from gateway.flows.mapping import drafting
from gateway.relying_parties.definition import FieldFault
from gateway.web.problems import FieldsInvalid
from mapping.models import Draft

LIMIT, MAX_LIMIT = 50, 200  # drafts a page


class Search(Strict):
    state = serializers.ChoiceField(Draft.State.values, required=False)
    limit = serializers.IntegerField(default=LIMIT, min_value=1, max_value=MAX_LIMIT)
    cursor = serializers.UUIDField(required=False, help_text="The next_cursor of the page before.")


class DraftsView(Endpoint):
    needs: ClassVar = {"GET": READ, "POST": DRAFT}

    @extend_schema(
        operation_id="rules_drafts_list",
        parameters=[Search],
        responses={200: RulesDraftPage, **problems(401, 403)},
    )
    def get(self, request: Any) -> Response:  # noqa: ANN401
        """Those begun last come first, a page at a time; ended ones too."""
        asked = query(Search, request.query_params)
        rows = Draft.objects.order_by("-created_at", "pk").defer("content")
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        if "cursor" in asked:
            rows = rows.filter(_after(asked["cursor"]))
        found = list(rows[: asked["limit"] + 1])
        page = found[: asked["limit"]]
        cursor = page[-1].pk if len(found) > len(page) else None
        return Response(RulesDraftPage({"results": page, "next_cursor": cursor}).data)

    @extend_schema(
        operation_id="rules_drafts_begin",
        request=BegunShape,
        responses={201: DraftShape, **problems(401, 403, 413, 415)},
    )
    def post(self, request: Any) -> Response:  # noqa: ANN401
        """A draft of the next version."""
        sent = checked(BegunShape(data=request.data))
        with by_field():
            row = drafting.begin(
                sent["name"], sent.get("content"), actor=actor(request), now=timezone.now()
            )
        return told(row, status=201)


class DraftView(Endpoint):
    needs: ClassVar = {"GET": READ, "PUT": DRAFT, "DELETE": DRAFT}

    @extend_schema(
        operation_id="rules_drafts_read", responses={200: DraftShape, **problems(401, 403, 404)}
    )
    def get(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401, ARG002
        """One, with the ETag that every step of it has to name."""
        return told(found(draft))

    @extend_schema(
        operation_id="rules_drafts_save",
        parameters=[IF_MATCH],
        request=SavedShape,
        responses={200: DraftShape, **problems(401, 403, 404, 409, 412, 413, 415, 428)},
    )
    def put(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
        """It says this now, as its next edition, and whatever approval it had has ended."""
        row = as_read(request, draft)
        sent = checked(SavedShape(data=request.data))
        try:
            with by_field():
                return told(
                    drafting.save(
                        draft,
                        row.edition,
                        sent["content"],
                        actor=actor(request),
                        now=timezone.now(),
                    )
                )
        except RulesDraftStale as error:
            raise ChangeStale(str(error)) from error

    @extend_schema(
        operation_id="rules_drafts_drop",
        parameters=[IF_MATCH],
        request=None,
        responses={204: None, **problems(401, 403, 404, 409, 412, 428)},
    )
    def delete(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
        """Ends it unpublished; what it said stays to be read."""
        row = as_read(request, draft)
        drafting.drop(draft, row.edition, actor=actor(request), now=timezone.now())
        return Response(status=204)


def found(draft: uuid.UUID) -> Draft:
    """An ended one too. Raises RulesDraftGone."""
    row = Draft.objects.filter(pk=draft).first()
    if row is None:
        raise RulesDraftGone(str(draft))
    return row


def as_read(request: Any, draft: uuid.UUID) -> Draft:  # noqa: ANN401
    """The draft if it is still what the caller read. Raises Unconditional, ChangeStale,
    RulesDraftGone.
    """
    tags, row = asking.versions(request), found(draft)
    if tags is not None and _tag(row) not in tags:
        raise ChangeStale(f"draft {draft} is {_tag(row)} by now")
    return row


def told(row: Draft, *, status: int = 200) -> Response:
    answer = Response(DraftShape(row).data, status=status)
    answer["ETag"] = f'"{_tag(row)}"'
    if status != 200:  # noqa: PLR2004 -- it stands elsewhere than where it was asked for
        answer["Location"] = reverse("api-rules-draft", args=[row.pk])
    return answer


def _tag(row: Draft) -> str:
    return f"{row.edition}-{row.state}"


def _after(cursor: uuid.UUID) -> Q:
    last = Draft.objects.filter(pk=cursor).first()
    if last is None:
        raise FieldsInvalid((FieldFault(field="cursor", problem="is no page's next_cursor"),))
    return Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk)
