"""What a provider says of itself now against what it said before: does it lower security?

Pure. A change that does is held for an admin, since whoever took over the place where metadata is
published would begin with one of these.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from providers.saml.keys import strength

_ADDRESSES = ("sso_url", "slo_url")


def lowered(
    before: Mapping[str, object], after: Mapping[str, object], *, anchored: bool
) -> tuple[str, ...]:
    """In words, each way in which `after` lowers security; none if it does not.

    Both are `IdpMetadata.facts`. `anchored`: the new document is signed by a key that an admin
    named, so that it alone may replace all certificates at once.
    """
    found = []
    if before["entity_id"] != after["entity_id"]:
        found.append(f"another entity id: {after['entity_id']}")
    found += [
        f"another host: {host} in {name}"
        for name in _ADDRESSES
        if (host := _host(after.get(name))) and host not in _hosts(before)
    ]
    if before.get("slo_url") and not after.get("slo_url"):
        found.append("nobody could be signed out there any more")
    if before.get("wants_signed_requests") and not after.get("wants_signed_requests"):
        found.append("it does not ask for signed requests any more")
    return (*found, *_weaker_keys(_certificates(before), _certificates(after), anchored=anchored))


def _weaker_keys(before: list[str], after: list[str], *, anchored: bool) -> list[str]:
    found = []
    if not anchored and not set(before) & set(after):
        found.append("none of its certificates of before is left, and nobody vouches for the new")
    weakest = min(map(strength, before))
    if any(strength(certificate) < weakest for certificate in set(after) - set(before)):
        found.append("a new certificate has a weaker key than those of before")
    return found


def _certificates(facts: Mapping[str, object]) -> list[str]:
    listed = facts["certificates"]
    return [str(item) for item in listed] if isinstance(listed, list) else []


def _hosts(facts: Mapping[str, object]) -> set[str]:
    return {_host(facts.get(name)) for name in _ADDRESSES}


def _host(address: object) -> str:
    """With its scheme and port: another one is another place."""
    parts = urlsplit(str(address or ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
