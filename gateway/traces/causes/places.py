"""Where each vendor keeps what a remedy speaks of, in the vendor's own menu names.

By protocol, place and vendor; the vendor is the dialect of the provider's row.
"""

from collections.abc import Mapping

from gateway.traces.causes.cause import Place

VENDORS: Mapping[str, str] = {
    "keycloak": "Keycloak",
    "okta": "Okta",
    "auth0": "Auth0",
    "entra": "Microsoft Entra ID",
    "google": "Google",
    "adfs": "AD FS",
}

_EVERYWHERE: Mapping[Place, Mapping[str, str]] = {
    Place.LOGS: {
        "keycloak": "Events > User events",
        "okta": "Reports > System Log",
        "auth0": "Monitoring > Logs",
        "entra": "Monitoring & health > Sign-in logs",
        "google": "Reporting > Audit and investigation",
        "adfs": "Event Viewer > Applications and Services Logs > AD FS > Admin",
    },
    Place.PEOPLE: {
        "keycloak": "Users > (person) > Details, and Authentication for who may pass",
        "okta": "Applications > (app) > Assignments",
        "auth0": "Applications > (app) > Connections, and Actions > Triggers > post-login",
        "entra": "Enterprise applications > (app) > Users and groups",
        "google": "Apps > Web and mobile apps > (app) > User access",
        "adfs": "Relying Party Trusts > (trust) > Edit Access Control Policy",
    },
}

PATHS: Mapping[str, Mapping[Place, Mapping[str, str]]] = {
    "oidc": {
        **_EVERYWHERE,
        Place.CLIENT: {
            "keycloak": "Clients > (client) > Settings > Valid redirect URIs, and Credentials",
            "okta": "Applications > (app) > General > Client Credentials, Sign-in redirect URIs",
            "auth0": "Applications > (app) > Settings > Client ID, Allowed Callback URLs",
            "entra": "App registrations > (app) > Authentication, and Certificates & secrets",
            "google": "Google Auth Platform > Clients > (client) > Authorized redirect URIs",
            "adfs": "Application Groups > (group) > Server application",
        },
        Place.KEYS: {
            "keycloak": "Realm settings > Keys",
            "okta": "Security > API > Authorization Servers > (server) > Settings",
            "auth0": "Settings > Signing Keys",
            "entra": "App registrations > (app) > Endpoints > OpenID Connect metadata document",
            "google": "nothing to set: the keys are at googleapis.com/oauth2/v3/certs",
            "adfs": "Service > Certificates > Token-signing",
        },
        Place.CIPHERS: {
            "keycloak": "Clients > (client) > Advanced > Fine grain OpenID Connect configuration",
            "okta": "Applications > (app) > Sign On > OpenID Connect ID Token",
            "auth0": "Applications > (app) > Settings > Advanced Settings > OAuth",
            "entra": "App registrations > (app) > Manifest",
            "google": "nothing to set: Google signs with RS256",
            "adfs": "Application Groups > (group) > Web API",
        },
        Place.CLAIMS: {
            "keycloak": "Clients > (client) > Client scopes > (client)-dedicated > Mappers",
            "okta": "Applications > (app) > Sign On > OpenID Connect ID Token > Groups claim",
            "auth0": "Actions > Triggers > post-login",
            "entra": "App registrations > (app) > Token configuration",
            "google": "Google Auth Platform > Data Access",
            "adfs": "Application Groups > (group) > Web API > Issuance Transform Rules",
        },
    },
    "saml": {
        **_EVERYWHERE,
        Place.SERVICE: {
            "keycloak": "Clients > (client) > Settings > Client ID, Valid redirect URIs",
            "okta": "Applications > (app) > General > SAML Settings > Audience, SSO URL",
            "auth0": "Applications > (app) > Addons > SAML2 Web App > Settings",
            "entra": "Enterprise applications > (app) > Single sign-on > Basic SAML Configuration",
            "google": "Apps > Web and mobile apps > (app) > Service provider details",
            "adfs": "Relying Party Trusts > (trust) > Properties > Identifiers, Endpoints",
        },
        Place.KEYS: {
            "keycloak": "Realm settings > Keys > RS256 > Certificate",
            "okta": "Applications > (app) > Sign On > SAML Signing Certificates",
            "auth0": "Applications > (app) > Settings > Advanced Settings > Certificates",
            "entra": "Enterprise applications > (app) > Single sign-on > SAML Certificates",
            "google": "Apps > Web and mobile apps > (app) > Service provider details > Certificate",
            "adfs": "Service > Certificates > Token-signing",
        },
        Place.CIPHERS: {
            "keycloak": "Clients > (client) > Settings > Signature and Encryption, and Keys",
            "okta": "Applications > (app) > General > SAML Settings > Show Advanced Settings",
            "auth0": "Applications > (app) > Addons > SAML2 Web App > Settings",
            "entra": "Enterprise applications > (app) > Single sign-on > SAML Certificates > Edit",
            "google": "Apps > Web and mobile apps > (app) > Service provider details",
            "adfs": "Relying Party Trusts > (trust) > Properties > Encryption, Advanced",
        },
        Place.CLAIMS: {
            "keycloak": "Clients > (client) > Client scopes > (client)-dedicated > Mappers",
            "okta": "Applications > (app) > General > SAML Settings > Attributes",
            "auth0": "Applications > (app) > Addons > SAML2 Web App > Settings > mappings",
            "entra": "Enterprise applications > (app) > Single sign-on > Attributes & Claims",
            "google": "Apps > Web and mobile apps > (app) > SAML attribute mapping",
            "adfs": "Relying Party Trusts > (trust) > Edit Claim Issuance Policy",
        },
    },
}


def path_to(place: Place | None, protocol: str, vendor: str) -> str:
    """The way there in the vendor's menus; empty where there is none to name."""
    paths = PATHS.get(protocol, {}).get(place, {}) if place is not None else {}
    return f"{VENDORS[vendor]}: {paths[vendor]}" if vendor in paths else ""
