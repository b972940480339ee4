"""How far the rules in force are live for everybody; paused and gone on with."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from gateway.api.endpoint import Endpoint
from gateway.api.mapping.asked import PUBLISH, READ, actor
from gateway.api.problem_shape import problems
from gateway.flows.mapping import rollout
from mapping.models import Rollout


@extend_schema_serializer(component_name="RulesRollout")
class RolloutShape(serializers.ModelSerializer):
    """`done` of `total` identities are decided upon; `changed` accounts have other roles now."""

    class Meta:
        model = Rollout
        fields = (
            *("version", "since", "cause", "state", "by", "total", "done", "changed"),
            *("begun_at", "ended_at"),
        )
        read_only_fields = fields


class LastRollout(serializers.Serializer):
    rollout = RolloutShape(allow_null=True, help_text="The last one; null if there was none.")
    unreadable = serializers.IntegerField(
        help_text="Identities that are not decided upon before the key is back that seals them."
    )


class RolloutView(Endpoint):
    needs: ClassVar = {"GET": READ}

    @extend_schema(
        operation_id="rules_rollout_read", responses={200: LastRollout, **problems(401, 403)}
    )
    def get(self, request: Any) -> Response:  # noqa: ANN401, ARG002
        """The last one, which may be under way."""
        return _told()


class PauseView(Endpoint):
    needs: ClassVar = {"POST": PUBLISH}

    @extend_schema(
        operation_id="rules_rollout_pause",
        request=None,
        responses={200: LastRollout, **problems(401, 403, 409)},
    )
    def post(self, request: Any) -> Response:  # noqa: ANN401
        """Until somebody resumes it; what was done stays."""
        return _turned(rollout.pause, request)


class ResumeView(Endpoint):
    needs: ClassVar = {"POST": PUBLISH}

    @extend_schema(
        operation_id="rules_rollout_resume",
        request=None,
        responses={200: LastRollout, **problems(401, 403, 409)},
    )
    def post(self, request: Any) -> Response:  # noqa: ANN401
        """Goes on with one that was paused."""
        return _turned(rollout.resume, request)


def _turned(turn: Callable[..., None], request: Any) -> Response:  # noqa: ANN401
    turn(actor=actor(request), now=timezone.now())
    return _told()


def _told() -> Response:
    found = {
        "rollout": Rollout.objects.first(),
        "unreadable": rollout.unreadable(now=timezone.now()),
    }
    return Response(LastRollout(found).data)
