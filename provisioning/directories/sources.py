"""From a row to the source that reads it."""

from collections.abc import Callable

from providers.http import client_for
from provisioning.directories.asking import Api
from provisioning.directories.models import Directory
from provisioning.directories.readers.auth0 import Auth0Source
from provisioning.directories.readers.keycloak import KeycloakSource
from provisioning.directories.readers.ldap import LdapSource
from provisioning.directories.readers.okta import OktaSource
from provisioning.directories.settings import Settings, parse
from provisioning.directories.source import Source


def source_of(row: Directory) -> Source:
    """For one step of a run; to be closed. Raises DirectoryMisconfigured, DirectoryUnreachable."""
    settings, secret = parse(row.kind, row.settings), row.secret()
    makers: dict[Directory.Kind, Callable[[Settings, str], Source]] = {
        Directory.Kind.KEYCLOAK: _keycloak,
        Directory.Kind.LDAP: LdapSource,
        Directory.Kind.OKTA: _okta,
        Directory.Kind.AUTH0: _auth0,
    }
    return makers[Directory.Kind(row.kind)](settings, secret)


def _api(settings: Settings) -> Api:
    http = client_for(settings.reach.allowed, settings.reach.authorities)
    return Api(http=http, base=settings["url"])


def _keycloak(settings: Settings, secret: str) -> Source:
    return KeycloakSource(
        _api(settings),
        realm=settings["realm"],
        client={"client_id": settings["client_id"], "client_secret": secret},
        by_path=settings["group_names"] == "path",
    )


def _okta(settings: Settings, secret: str) -> Source:
    return OktaSource(_api(settings), token=secret, by_login=settings["subject"] == "login")


def _auth0(settings: Settings, secret: str) -> Source:
    client = {"client_id": settings["client_id"], "client_secret": secret}
    return Auth0Source(_api(settings), client=client)
