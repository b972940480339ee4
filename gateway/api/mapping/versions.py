"""The rules in force, all versions that ever were, and what lies between any two of them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from gateway.api import asking
from gateway.api.asking import IF_MATCH
from gateway.api.endpoint import Endpoint
from gateway.api.mapping.asked import PUBLISH, READ, actor, by_field
from gateway.api.mapping.draft_shapes import DraftShape
from gateway.api.mapping.drafts import told as told_draft
from gateway.api.mapping.shapes import (
    RollBackShape,
    RulesDifferences,
    RulesPage,
    RulesShape,
    WrittenShape,
    confirmed,
    shown,
)
from gateway.api.problem_shape import problems
from gateway.api.reading import Strict, checked, query
from gateway.flows.configuration import Saved, changes
from gateway.flows.errors import ChangeStale
from gateway.flows.mapping import publishing
from mapping import models as mapping_models
from mapping.differences import differences
from mapping.errors import RuleSetStale, RuleSetUnknown
from mapping.models import Draft, RuleSetVersion
from mapping.pieces import pieces

LIMIT, MAX_LIMIT = 50, 200  # versions a page
MAX_VERSION = 2**31 - 1


class Page(Strict):
    limit = serializers.IntegerField(default=LIMIT, min_value=1, max_value=MAX_LIMIT)
    cursor = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_VERSION,
        help_text="The next_cursor of the page before.",
    )


class Until(Strict):
    to = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_VERSION,
        help_text="A version; without it the one in force.",
    )


class RulesView(Endpoint):
    needs: ClassVar = {"GET": READ, "PUT": PUBLISH}

    @extend_schema(operation_id="rules_read", responses={200: RulesShape, **problems(401, 403)})
    def get(self, request: Any) -> Response:  # noqa: ANN401, ARG002
        """Those in force, with the ETag that a change of them has to name."""
        return _told(RuleSetVersion.objects.first())

    @extend_schema(
        operation_id="rules_publish",
        parameters=[IF_MATCH],
        request=WrittenShape,
        responses={200: RulesShape, **problems(401, 403, 409, 412, 413, 415, 428)},
    )
    def put(self, request: Any) -> Response:  # noqa: ANN401
        """In force as the next version, without a draft; unchanged if they say so already. Where
        the operator wants a second person's word, a draft is the only way. POST rules/previews
        tells beforehand what it would do.
        """
        tags = asking.versions(request)
        sent = checked(WrittenShape(data=request.data))
        with _as_read(tags) as based_on, by_field():
            row = publishing.publish_content(
                sent["content"],
                sent["comment"],
                based_on=based_on,
                actor=actor(request),
                now=timezone.now(),
                confirmed=confirmed(sent),
            )
        return _told(row or RuleSetVersion.objects.first())


class VersionsView(Endpoint):
    needs: ClassVar = {"GET": READ}

    @extend_schema(
        operation_id="rules_versions_list",
        parameters=[Page],
        responses={200: RulesPage, **problems(401, 403)},
    )
    def get(self, request: Any) -> Response:  # noqa: ANN401
        """All that ever were, the newest first, a page at a time."""
        asked = query(Page, request.query_params)
        before = {"version__lt": asked["cursor"]} if "cursor" in asked else {}
        found = list(RuleSetVersion.objects.filter(**before).defer("content")[: asked["limit"] + 1])
        page = found[: asked["limit"]]
        cursor = page[-1].version if len(found) > len(page) else None
        return Response(RulesPage({"results": page, "next_cursor": cursor}).data)


class VersionView(Endpoint):
    needs: ClassVar = {"GET": READ}

    @extend_schema(
        operation_id="rules_versions_read", responses={200: RulesShape, **problems(401, 403, 404)}
    )
    def get(self, request: Any, version: int) -> Response:  # noqa: ANN401, ARG002
        """One, with what it says. It never changes."""
        row = RuleSetVersion.objects.filter(version=version).first()
        if row is None:
            raise RuleSetUnknown(str(version))
        return Response(RulesShape(shown(row)).data)


class DifferencesView(Endpoint):
    needs: ClassVar = {"GET": READ}

    @extend_schema(
        operation_id="rules_versions_differences",
        parameters=[Until],
        responses={200: RulesDifferences, **problems(401, 403, 404)},
    )
    def get(self, request: Any, version: int) -> Response:  # noqa: ANN401
        """What became other from this version to another one. Version 0 has no rules."""
        asked = query(Until, request.query_params)
        before = mapping_models.at_version(version)
        after = mapping_models.at_version(asked["to"]) if "to" in asked else mapping_models.active()
        words = Saved(subject="rules", made=False, changes=changes(pieces(before), pieces(after)))
        found = [
            {"kind": each.kind, "name": each.name, "fields": each.fields}
            for each in differences(before, after)
        ]
        content = {
            "before": before.version,
            "after": after.version,
            "differences": found,
            "words": words.words(),
        }
        return Response(RulesDifferences(content).data)


class RollBackView(Endpoint):
    needs: ClassVar = {"POST": PUBLISH}

    @extend_schema(
        operation_id="rules_roll_back",
        parameters=[IF_MATCH],
        request=RollBackShape,
        responses={
            200: RulesShape,
            202: DraftShape,
            **problems(401, 403, 404, 409, 412, 413, 415, 428),
        },
    )
    def post(self, request: Any) -> Response:  # noqa: ANN401
        """What an older version said is in force as the next one. Where the operator wants a second
        person's word, that is so for the version that was in force just before; an older one, or a
        second step back, is a draft now that waits for it (202).
        """
        tags = asking.versions(request)
        sent = checked(RollBackShape(data=request.data))
        with _as_read(tags) as based_on, by_field("version"):
            done = publishing.roll_back(
                sent["version"],
                sent["comment"],
                based_on=based_on,
                actor=actor(request),
                now=timezone.now(),
                confirmed=confirmed(sent),
            )
        return told_draft(done, status=202) if isinstance(done, Draft) else _told(done)


@contextmanager
def _as_read(tags: Collection[str] | None) -> Iterator[int]:
    """The version in force, which is one of these, and still is when it is changed. Raises
    ChangeStale.
    """
    based_on = mapping_models.active().version
    if tags is not None and str(based_on) not in tags:
        raise ChangeStale(f"version {based_on} is in force by now")
    try:
        yield based_on
    except RuleSetStale as error:
        raise ChangeStale(str(error)) from error


def _told(row: RuleSetVersion | None) -> Response:
    content = shown(row)
    answer = Response(RulesShape(content).data)
    answer["ETag"] = f'"{content["version"]}"'
    return answer
