"""What a change would do before it is live: at once where people are few, else as a job."""

import uuid
from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from gateway.api.endpoint import Endpoint
from gateway.api.mapping.asked import PREVIEW, actor, by_field
from gateway.api.mapping.drafts import found
from gateway.api.mapping.preview_shapes import Asked, RulesPreview
from gateway.api.problem_shape import problems
from gateway.api.reading import checked
from gateway.flows.mapping import preview_jobs
from gateway.flows.mapping.preview_jobs import Look


class PreviewsView(Endpoint):
    needs: ClassVar = {"POST": PREVIEW}

    @extend_schema(
        operation_id="rules_previews_ask",
        request=Asked,
        responses={
            200: RulesPreview,
            202: RulesPreview,
            **problems(401, 403, 404, 409, 413, 415),
        },
    )
    def post(self, request: Any) -> Response:  # noqa: ANN401
        """Who would gain and lose what. Of few people that is answered at once (200); of many a
        worker finds it out, and `Location` says where to look (202). Content is for whoever may
        change the rules so; a draft for whoever may see it.
        """
        sent = checked(Asked(data=request.data))
        me, now = actor(request), timezone.now()
        with by_field():
            if "draft" in sent:
                look = preview_jobs.of_draft(found(sent["draft"]), actor=me, now=now)
            else:
                look = preview_jobs.of_content(sent["content"], actor=me, now=now)
        return _told(look)


class PreviewView(Endpoint):
    needs: ClassVar = {"GET": PREVIEW}

    @extend_schema(
        operation_id="rules_previews_read",
        responses={200: RulesPreview, 202: RulesPreview, **problems(401, 403, 404)},
    )
    def get(self, request: Any, preview: uuid.UUID) -> Response:  # noqa: ANN401
        """How far it is (202), and what was found (200): kept for an hour, for whoever asked."""
        return _told(preview_jobs.look(preview, actor=actor(request)))


def _told(look: Look) -> Response:
    if look.state in {"done", "failed"}:
        return Response(RulesPreview(look).data)
    answer = Response(RulesPreview(look).data, status=202)
    answer["Location"] = reverse("api-rules-preview", args=[look.id])
    answer["Retry-After"] = "2"
    return answer
