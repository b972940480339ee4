"""The API is what its schema says, whatever is sent to it."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.drainage import GENERATOR_STATS
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from gateway.api.schema import document, schema
from gateway.flows.mapping import drafting
from gateway.wsgi import application
from providers.models import Provider
from tests.gateway.api.programs import BOTH, OF_RULES, Program, corp, token_of
from tests.gateway.flows.mapping.drafters import (
    NOW,
    content,
    permitted,
    roles_of_the_company,
    rule,
)
from tests.gateway.pages.signed_in import HOST, staff
from tests.house.test_shape import ROOT

SCHEMA = schemathesis.openapi.from_dict(schema())
SCHEMA.app = application

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def test_it_is_served_as_it_stands_in_the_docs() -> None:
    assert Program().get("/api/v1/schema").json() == schema()
    assert (ROOT / "docs" / "openapi.yaml").read_text() == document()
    assert yaml.safe_load(document()) == schema()
    assert not GENERATOR_STATS


@pytest.fixture
def connected() -> Iterator[None]:
    """The server shares this test's transaction, so it must not close its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(connected: None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(staff(), BOTH + OF_RULES)}"}


many = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@SCHEMA.parametrize()
@many
def test_whatever_is_sent_the_answer_is_one_that_it_names(
    case: Any, headers: dict[str, str]
) -> None:
    Provider.objects.all().delete()
    case.call_and_validate(
        base_url=f"http://{HOST}",
        headers=headers,
        excluded_checks=[
            checks.positive_data_acceptance,  # what one setting asks of another no schema says
            checks.missing_required_header,  # it knows no 428 (RFC 6585, 3)
        ],
    )


@SCHEMA.include(path="/api/v1/providers/{slug}").parametrize()
@many
def test_so_it_is_of_a_provider_that_is_there(case: Any, headers: dict[str, str]) -> None:
    Provider.objects.all().delete()
    corp()
    case.path_parameters = {"slug": "corp"}
    conforms(case, headers)


@pytest.fixture
def company(db: None) -> None:
    roles_of_the_company()


@pytest.mark.usefixtures("company")
@SCHEMA.include(path_regex=r"/drafts/\{draft\}").parametrize()
@many
def test_so_it_is_of_a_draft_that_is_there(case: Any, headers: dict[str, str]) -> None:
    said = content(rule("web"), rule("ops"))
    kim = permitted("kim", "draft_rules")
    begun = drafting.begin("Ops", said, actor=kim, now=NOW)
    case.path_parameters = {"draft": str(begun.pk)}
    conforms(case, headers)


def conforms(case: Any, headers: dict[str, str]) -> None:
    answer = case.call(base_url=f"http://{HOST}", headers=headers | {"If-Match": "*"})
    case.validate_response(
        answer,
        checks=[
            checks.not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ],
    )
