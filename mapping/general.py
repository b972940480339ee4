"""What stands beside the rules: roles that exclude each other, and the role that everybody at a
provider has.
"""

from mapping.errors import RuleInvalid
from mapping.rules import provider_slug, role_name
from mapping.shapes import mapping_of

MAX_EXCLUSIVE = 100  # groups
MAX_IN_GROUP = 20
MAX_DEFAULTS = 1_000


def exclusive_roles(shapes: object) -> tuple[tuple[str, ...], ...]:
    """Sorted, as no group's meaning depends on another's: a role stands in one group alone. Raises
    RuleInvalid.
    """
    if not isinstance(shapes, list | tuple) or len(shapes) > MAX_EXCLUSIVE:
        raise RuleInvalid(
            "exclusive_roles", f"must be a list of at most {MAX_EXCLUSIVE} lists of roles"
        )
    groups = []
    seen: set[str] = set()
    for at, shape in enumerate(shapes):
        place = f"exclusive_roles.{at}"
        if not isinstance(shape, list | tuple) or not 2 <= len(shape) <= MAX_IN_GROUP:  # noqa: PLR2004 -- one role excludes nothing
            raise RuleInvalid(place, f"must be a list of 2 to {MAX_IN_GROUP} roles, highest first")
        for step, role in enumerate(shape):
            if role_name(role, f"{place}.{step}") in seen:
                raise RuleInvalid(f"{place}.{step}", f"{role!r} stands in a list already")
            seen.add(role)
        groups.append(tuple(shape))
    return tuple(sorted(groups))


def default_roles(shapes: object) -> tuple[tuple[str, str], ...]:
    """Provider's slug and role, sorted. Raises RuleInvalid."""
    keys = mapping_of(shapes, "default_roles")
    if len(keys) > MAX_DEFAULTS:
        raise RuleInvalid("default_roles", f"has {len(keys)} providers; at most {MAX_DEFAULTS}")
    places = {provider_slug(slug, f"default_roles.{slug}"): role for slug, role in keys.items()}
    return tuple(
        (slug, role_name(role, f"default_roles.{slug}")) for slug, role in sorted(places.items())
    )
