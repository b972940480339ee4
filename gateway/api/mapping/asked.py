"""Who may ask what about the rules, and how a flow's refusal is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gateway.api.authentication import Caller
from gateway.api.endpoint import Need
from gateway.api_tokens.models import Scope
from gateway.flows.mapping import permits
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.web.problems import FieldsInvalid
from mapping.errors import RuleInvalid

_DRAFT, _PUBLISH = Scope.RULES_DRAFT, Scope.RULES_PUBLISH
READ = Need(scopes=frozenset({Scope.RULES_READ, _DRAFT, _PUBLISH}), permission=permits.may_see)
EXPLAIN = Need(scopes=frozenset({Scope.PEOPLE_READ}), permission=permits.may_see_claims)
DRAFT = Need(scopes=frozenset({_DRAFT}), permission=permits.may_draft)
PREVIEW = Need(scopes=frozenset({_DRAFT, _PUBLISH}), permission=permits.may_see)
TAKE_BACK = Need(scopes=frozenset({_DRAFT}), permission=permits.may_see)
APPROVE = Need(scopes=frozenset(), permission=permits.APPROVE)
PUBLISH = Need(scopes=frozenset({_PUBLISH}), permission=permits.PUBLISH)


def actor(request: Any) -> str:  # noqa: ANN401
    """The person, of a token as well: it is she who may, and her change that others approve."""
    caller: Caller = request.auth
    return str(caller.account.pk)


@contextmanager
def by_field(place: str = "content") -> Iterator[None]:
    """What a flow finds wrong, beside the fields of what was sent. Raises FieldsInvalid."""
    try:
        yield
    except DefinitionInvalid as error:
        raise FieldsInvalid(error.faults) from error
    except RuleInvalid as error:
        field = f"{place}.{error.field}" if error.field else place
        raise FieldsInvalid((FieldFault(field=field, problem=error.problem),)) from error
