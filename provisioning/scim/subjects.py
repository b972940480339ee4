"""Under which name a provider signs somebody in whom SCIM told about."""

from providers.identity import Subject
from providers.models import Provider
from provisioning.scim.models import ScimUser


def issuer_of(provider: Provider) -> str:
    """The issuer of all subjects of this provider; empty if it has none of its own, or several."""
    told = provider.settings
    if provider.protocol == Provider.Protocol.SAML:
        entity = told.get("entity_id")
        return f"saml:{entity}" if isinstance(entity, str) and entity else ""
    issuer = told.get("issuer")
    plain = isinstance(issuer, str) and "{" not in issuer and not told.get("tenants")
    return issuer if plain and isinstance(issuer, str) else ""


def signs_in_as(user: ScimUser) -> Subject | None:
    """If the connection says that externalId names her there."""
    connection = user.connection
    issuer = issuer_of(connection.provider) if connection.external_id_is_subject else ""
    if not issuer or not user.external_id:
        return None
    return Subject(issuer=issuer, value=user.external_id)
