"""Configuring: providers, roles, rules and apps, whoever asks for it.

Each verb is one transaction with its own audit row, writes nothing when all is so already, and
leaves to the outbox what the edge must hear. What cannot work is refused before it is kept.
"""

from gateway.flows.configure.connecting import (
    Begun,
    CertificateFound,
    Filled,
    Found,
    begin_provider,
    certificate_found,
    connect_provider,
)
from gateway.flows.configure.editing import (
    Asked,
    MetadataDocument,
    ProviderSaid,
    amend_provider,
    check_version,
    create_provider,
    replace_provider,
    version,
)
from gateway.flows.configure.metadata_source import current_source, place_of
from gateway.flows.configure.providers import (
    certificate_changes,
    current_provider,
    save_provider,
    service_metadata,
)
from gateway.flows.configure.relying_parties import save_relying_party
from gateway.flows.configure.roles import save_role
from gateway.flows.configure.set_up_links import (
    DAYS,
    MAX_DAYS,
    OpenedLink,
    make_link,
    open_link,
    revoke_link,
)
from gateway.flows.configure.switching import (
    Deleted,
    delete_provider,
    disable_provider,
    enable_provider,
)

__all__ = [
    "DAYS",
    "MAX_DAYS",
    "Asked",
    "Begun",
    "CertificateFound",
    "Deleted",
    "Filled",
    "Found",
    "MetadataDocument",
    "OpenedLink",
    "ProviderSaid",
    "amend_provider",
    "begin_provider",
    "certificate_changes",
    "certificate_found",
    "check_version",
    "connect_provider",
    "create_provider",
    "current_provider",
    "current_source",
    "delete_provider",
    "disable_provider",
    "enable_provider",
    "make_link",
    "open_link",
    "place_of",
    "replace_provider",
    "revoke_link",
    "save_provider",
    "save_relying_party",
    "save_role",
    "service_metadata",
    "version",
]
