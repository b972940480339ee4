"""The steps of a draft of rules: submitted, approved, taken back, brought up to date, published."""

import uuid
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from gateway.api.asking import IF_MATCH
from gateway.api.endpoint import Endpoint
from gateway.api.mapping.asked import APPROVE, DRAFT, PUBLISH, TAKE_BACK, actor, by_field
from gateway.api.mapping.draft_shapes import DraftShape, RebasedShape
from gateway.api.mapping.drafts import as_read, told
from gateway.api.mapping.shapes import PublishingShape, RulesShape, confirmed, shown
from gateway.api.problem_shape import problems
from gateway.api.reading import checked
from gateway.flows.mapping import drafting, publishing, reviewing

_REFUSED = problems(401, 403, 404, 409, 412, 428)
_SENT_REFUSED = problems(401, 403, 404, 409, 412, 413, 415, 428)


class SubmitView(Endpoint):
    needs: ClassVar = {"POST": DRAFT}

    @extend_schema(
        operation_id="rules_drafts_submit",
        parameters=[IF_MATCH],
        request=None,
        responses={200: DraftShape, **_REFUSED},
    )
    def post(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
        """Asks for a second person's word."""
        return _step(reviewing.submit, request, draft)


class ApproveView(Endpoint):
    needs: ClassVar = {"POST": APPROVE}

    @extend_schema(
        operation_id="rules_drafts_approve",
        auth=[{"session": []}],  # type: ignore[list-item]  # not as its author typed it
        parameters=[IF_MATCH],
        request=None,
        responses={200: DraftShape, **_REFUSED},
    )
    def post(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
        """A second person's word on what was read and on nothing else; never on one's own change.
        For browsers' sessions alone: no program has a word of its own.
        """
        return _step(reviewing.approve, request, draft)


class TakeBackView(Endpoint):
    needs: ClassVar = {"POST": TAKE_BACK}

    @extend_schema(
        operation_id="rules_drafts_take_back",
        parameters=[IF_MATCH],
        request=None,
        responses={200: DraftShape, **_REFUSED},
    )
    def post(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
        """Opens one again that waits for an approval or has it."""
        return _step(reviewing.take_back, request, draft)


class RebaseView(Endpoint):
    needs: ClassVar = {"POST": DRAFT}

    @extend_schema(
        operation_id="rules_drafts_rebase",
        parameters=[IF_MATCH],
        request=RebasedShape,
        responses={200: DraftShape, **_SENT_REFUSED},
    )
    def post(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
        """Its change on top of the version in force. A conflict (409) names under `fields` the
        rules for which `keep` has to say whose shall stand.
        """
        row = as_read(request, draft)
        sent = checked(RebasedShape(data=request.data))
        with by_field():
            done = drafting.rebase(
                draft, row.edition, keep=sent["keep"], actor=actor(request), now=timezone.now()
            )
        return told(done)


class PublishView(Endpoint):
    needs: ClassVar = {"POST": PUBLISH}

    @extend_schema(
        operation_id="rules_drafts_publish",
        parameters=[IF_MATCH],
        request=PublishingShape,
        responses={200: RulesShape, **_SENT_REFUSED},
    )
    def post(self, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
        """In force as the next version; the draft has ended."""
        row = as_read(request, draft)
        sent = checked(PublishingShape(data=request.data))
        with by_field():
            version = publishing.publish_draft(
                draft,
                row.edition,
                sent["comment"],
                actor=actor(request),
                now=timezone.now(),
                confirmed=confirmed(sent),
            )
        return Response(RulesShape(shown(version)).data)


def _step(step: Any, request: Any, draft: uuid.UUID) -> Response:  # noqa: ANN401
    row = as_read(request, draft)
    return told(step(draft, row.edition, actor=actor(request), now=timezone.now()))
