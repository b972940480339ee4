"""PATCH (RFC 7644, 3.5.2) in the spellings that Okta and Microsoft Entra really send.

The operations themselves are those of scim2-models, which also takes `Replace` for `replace`,
paths for keys of a value, "False" for false, and a filter that finds nothing as what is to be
added. Here is what it does not: a manager as a bare id, and one value wrapped into a list.
"""

from collections.abc import Mapping
from typing import Any

from scim2_models import Context, PatchOp, Path, Resource

from provisioning.scim.errors import PathInvalid, SyntaxInvalid, TooMany
from provisioning.scim.filter import MAX_FILTER
from provisioning.scim.reading import judged
from provisioning.scim.resources import ENTERPRISE, MODELS, TOLERANT, Kind

MAX_STEPS = 1_000  # operations of one PATCH
_MANAGER = f"{ENTERPRISE}:manager".lower()
_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def operations(body: Mapping[str, object]) -> list[dict[str, Any]]:
    """As they were sent. Raises SyntaxInvalid, TooMany, PathInvalid."""
    found = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SyntaxInvalid("Operations is a list of objects")
    if len(found) > MAX_STEPS:
        raise TooMany(f"more than {MAX_STEPS} operations")
    steps = [{name.lower(): value for name, value in one.items()} for one in found]
    if any(isinstance(path := one.get("path"), str) and len(path) > MAX_FILTER for one in steps):
        raise PathInvalid(f"a path of more than {MAX_FILTER} letters")
    return steps


def patched(kind: Kind, resource: Resource[Any], steps: list[dict[str, Any]]) -> bool:
    """Changes the resource; whether anything of it is different now. Raises ScimRefused."""
    if not steps:
        return False
    model = MODELS[kind]
    message = {"schemas": [_SCHEMA], "Operations": [_plain(kind, step) for step in steps]}
    with judged():
        asked: PatchOp[Any] = PatchOp.__class_getitem__(model).model_validate(
            message, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=TOLERANT
        )
        return bool(asked.patch(resource, scim_policy=TOLERANT))


def _plain(kind: Kind, step: dict[str, Any]) -> dict[str, Any]:
    path, value = step.get("path"), step.get("value")
    if isinstance(path, str):
        value = _unwrapped(kind, path, value)
        if path.lower() == _MANAGER:
            value = _manager(value)
    elif isinstance(value, dict):
        value = {
            name: _manager(one) if name.lower() == _MANAGER else _of_extension(name, one)
            for name, one in value.items()
        }
    return {**step, "value": value} if "value" in step else step


def _of_extension(name: str, value: object) -> object:
    if name.lower() != ENTERPRISE.lower() or not isinstance(value, dict):
        return value
    return {key: _manager(one) if key.lower() == "manager" else one for key, one in value.items()}


def _manager(value: object) -> object:
    """Entra sends the bare id, and an empty text for nobody."""
    if isinstance(value, str):
        return {"value": value} if value else None
    return value


def _unwrapped(kind: Kind, path: str, value: object) -> object:
    """Entra before its 2020 correction: `[{"$ref": null, "value": "Ada"}]` for a single text."""
    match value:
        case [{"value": inner, **rest}] if not rest.keys() - {"$ref"} and _is_single(kind, path):
            return inner
    return value


def _is_single(kind: Kind, path: str) -> bool:
    with judged():
        binding = Path.__class_getitem__(MODELS[kind])(path).resolve()
    return binding is not None and not binding.target_is_multivalued
