"""Bodies of requests as resources, and resources as rows; what is sent is judged by the models."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, Error, Resource, SCIMException

from provisioning.scim.errors import ValueInvalid, refusal
from provisioning.scim.filter import comparable, storable
from provisioning.scim.models import MAX_TEXT, ScimGroup, ScimUser, ScimValue
from provisioning.scim.places import EXACT_TEXTS, SEVERAL, TEXTS
from provisioning.scim.resources import ENTERPRISE, MODELS, TOLERANT, Kind

MAX_VALUES = 100  # of one attribute of several
_NOT_OURS = ("id", "meta", "groups", "schemas", "members")


@contextmanager
def judged() -> Iterator[None]:
    """What the library refuses, as a refusal of ours."""
    try:
        yield
    except ValidationError as error:
        raise _told(error) from error
    except SCIMException as error:
        if isinstance(error.__cause__, ValidationError):
            raise _told(error.__cause__) from error
        raise refusal(error.scim_type, error.detail) from error
    except RecursionError as error:
        raise ValueInvalid("nested too deep") from error


def _told(error: ValidationError) -> Exception:
    first = Error.from_validation_errors(error)[0]
    return refusal(first.scim_type, first.detail)


def resource(kind: Kind, body: Mapping[str, object], context: Context) -> Resource[Any]:
    """Raises SyntaxInvalid, ValueInvalid."""
    with judged():
        return MODELS[kind].model_validate(body, scim_ctx=context, scim_policy=TOLERANT)


def as_kept(row: ScimUser | ScimGroup) -> Resource[Any]:
    """The resource of a row, without what is worked out anew each time it is served."""
    return MODELS[kind_of(row)].model_validate({**content_of(row), "id": str(row.pk)})


def kind_of(row: ScimUser | ScimGroup) -> Kind:
    return Kind.USER if isinstance(row, ScimUser) else Kind.GROUP


def content_of(row: ScimUser | ScimGroup) -> dict[str, Any]:
    if isinstance(row, ScimUser):
        return dict(row.content)
    told = {"displayName": row.display_name, "externalId": row.external_id}
    return {name: text for name, text in told.items() if text}


def fill(row: ScimUser | ScimGroup, told: Resource[Any]) -> None:
    """What the resource says, into the row. Raises ValueInvalid."""
    content = told.model_dump(scim_ctx=Context.DEFAULT)
    content = {name: value for name, value in content.items() if name not in _NOT_OURS}
    _refuse_unkept(content)
    row.external_id = _short("externalId", content.get("externalId", ""))
    if isinstance(row, ScimGroup):
        row.display_name = _needed("displayName", content)
        row.display_name_key = comparable(row.display_name)
        return
    row.user_name = _needed("userName", content)
    row.user_name_key = comparable(row.user_name)
    # Who says nothing of it says nothing new: nobody comes back by what is left out.
    row.active = content["active"] = content.get("active", row.active)
    row.content = content
    row.sought = dict(_sought(content))
    for name in SEVERAL:
        if len(content.get(name, ())) > MAX_VALUES:
            raise ValueInvalid(f"more than {MAX_VALUES} {name}")


def _refuse_unkept(value: object) -> None:
    """The filter in a path of a PATCH has a spelling of its own for letters that no text has."""
    match value:
        case str() if not storable(value):
            raise ValueInvalid("a text with what no text has in it")
        case dict():
            for one in value.values():
                _refuse_unkept(one)
        case list():
            for one in value:
                _refuse_unkept(one)


def values(row: ScimUser) -> list[ScimValue]:
    """The rows by which filters find its attributes of several values."""
    return [
        ScimValue(user=row, attribute=attribute, keys=_keys(entry, names))
        for attribute, names in SEVERAL.items()
        for entry in row.content.get(attribute, ())
    ]


def text_at(content: Mapping[str, Any], path: str) -> str:
    """What stands at `name.givenName`, or behind the schema of the extension; empty for nothing."""
    value: Any = content
    if path.startswith(f"{ENTERPRISE}:"):
        value, path = content.get(ENTERPRISE), path.removeprefix(f"{ENTERPRISE}:")
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _sought(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path in (*TEXTS, *EXACT_TEXTS):
        if text := text_at(content, path):
            yield path, comparable(text, exact=path in EXACT_TEXTS)


def _keys(entry: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    found = {name: entry[name] for name in names if name in entry}
    return {
        name: comparable(value) if isinstance(value, str) else str(value).lower()
        for name, value in found.items()
    }


def _needed(name: str, content: Mapping[str, Any]) -> str:
    text = _short(name, content.get(name) or "")
    if not text.strip():
        raise ValueInvalid(f"{name} is required")
    return text


def _short(name: str, text: str) -> str:
    if len(text) > MAX_TEXT or len(comparable(text)) > MAX_TEXT:
        raise ValueInvalid(f"{name} has more than {MAX_TEXT} letters")
    return text
