"""What a provider said about a person in several places, made one."""

from collections.abc import Mapping

# About one token, not about the person: checked, and then of no further use.
OF_THE_TOKEN = frozenset(
    {"aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "typ"}
)
# Userinfo, which nobody signed, has no say in these.
_SIGNED_ONLY = OF_THE_TOKEN | {"iss", "sub", "auth_time", "acr", "amr", "sid", "tid", "oid"}
# An address is verified only together with the word that said so.
_ADDRESS = frozenset({"email", "email_verified", "emailVerified", "xms_edov"})


def merged(signed: Mapping[str, object], told: Mapping[str, object]) -> dict[str, object]:
    """What was signed, and what userinfo adds to it.

    Where only one of them has the address, or each another one, the word of the other is not about
    the address that is kept.
    """
    kept, kept_out = dict(signed), _SIGNED_ONLY
    if "email" not in signed and "email" in told:
        kept = {name: value for name, value in signed.items() if name not in _ADDRESS}
    elif signed.get("email") != told.get("email"):
        kept_out = _SIGNED_ONLY | _ADDRESS
    return {name: value for name, value in told.items() if name not in kept_out} | kept
