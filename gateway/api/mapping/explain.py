"""Why somebody has a role, or why she does not."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from gateway.api.endpoint import Endpoint
from gateway.api.mapping.asked import EXPLAIN
from gateway.api.mapping.explain_shapes import RulesExplanation, shown
from gateway.api.problem_shape import problems
from gateway.api.reading import Strict, Text, query
from gateway.flows.mapping.explain import explain


class About(Strict):
    account = serializers.UUIDField(help_text="Its id.")
    role = Text(max_length=150)


class ExplainView(Endpoint):
    needs: ClassVar = {"GET": EXPLAIN}

    @extend_schema(
        operation_id="rules_explain",
        parameters=[About],
        responses={200: RulesExplanation, **problems(401, 403, 404)},
    )
    def get(self, request: Any) -> Response:  # noqa: ANN401
        """What gives the role and what masks it, as it was decided; what would give it and did not
        hold of what providers last said. No value of a claim that the operator keeps nothing of.
        """
        asked = query(About, request.query_params)
        found = explain(str(asked["account"]), asked["role"], now=timezone.now())
        return Response(RulesExplanation(shown(found)).data)
