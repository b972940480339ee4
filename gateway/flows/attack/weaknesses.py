"""Settings that are allowed and weaker than they could be: chosen by somebody, so no hole."""

from collections.abc import Mapping

from gateway.flows.attack.report import Weakness
from providers.models import Provider

_OF_BOTH: Mapping[str, tuple[object, str]] = {
    "trace_claims": (True, "traces keep what the provider says of people, for seven days"),
}
_OF_OIDC: Mapping[str, tuple[object, str]] = {
    **_OF_BOTH,
    "acr_values": (None, "no way of proving the person is asked for: a password alone will do"),
    "max_age": (None, "it does not matter how long ago the provider saw the person"),
}
_OF_SAML: Mapping[str, tuple[object, str]] = {
    **_OF_BOTH,
    "authn_context": (None, "no way of proving the person is asked for: a password alone will do"),
    "allow_cbc": (True, "ciphers are taken that do not protect what they encrypt"),
    "idp_initiated": (True, "a stranger’s sign-in can be offered to a browser that asked for none"),
    "encrypted": (None, "what the provider says of people passes through their browsers readably"),
}


def weaknesses(row: Provider) -> tuple[Weakness, ...]:
    """`None` in the tables is for a setting that is not there, or is empty."""
    is_oidc = row.protocol == Provider.Protocol.OIDC
    table = _OF_OIDC if is_oidc else _OF_SAML
    said: Mapping[str, object] = row.settings
    found = [
        Weakness(setting=name, words=words)
        for name, (weak, words) in table.items()
        if (said.get(name) is True if weak else not said.get(name) and said.get(name) != 0)
    ]
    address = said.get("issuer" if is_oidc else "sso_url")
    if str(address).startswith("http:"):
        words = "plain HTTP: good for trying out on one machine alone"
        found.append(Weakness(setting="issuer" if is_oidc else "sso_url", words=words))
    if row.link_policy == Provider.LinkPolicy.VERIFIED_EMAIL:
        domains = ", ".join(map(str, row.email_domains))
        words = f"its word for an address joins accounts of {domains}"
        found.append(Weakness(setting="link_policy", words=words))
    return tuple(found)
