"""SAML 2.0 at providers that a company runs itself, and at any other."""

from django.utils.translation import gettext_lazy as _

from gateway.console.connecting.guides.guide import Guide, Value

_LOGOUT = _("Signing out works in both directions, by signed messages through the browser.")
OWN = (
    # Keycloak Server Administration Guide, "Creating a SAML client".
    Guide(
        vendor="keycloak",
        name="Keycloak",
        protocol="saml",
        dialect="keycloak",
        document="Keycloak, Server Administration Guide: Creating a SAML client",
        steps=(
            _(
                "Open the address of our metadata and save it. Clients > Import client: that file, "
                "then Save."
            ),
            _("Settings > SAML capabilities: Name ID format persistent, Force name ID format on."),
            _(
                "Settings > Signature and Encryption: Sign documents on, Sign assertions on, "
                "RSA_SHA256."
            ),
            _(
                "Client scopes > (client)-dedicated > Add mapper > By configuration: User Property "
                "for username, email, firstName, lastName; Group list named “groups”."
            ),
            _(
                "Metadata address to paste here: Realm settings > General > Endpoints > SAML 2.0 "
                "Identity Provider Metadata."
            ),
        ),
        copies=(
            (Value.METADATA, _("Import client > Resource file")),
            (Value.ENTITY_ID, _("Client ID")),
            (Value.ACS, _("Valid redirect URIs")),
            (Value.SLO, _("Advanced > Logout Service POST and Redirect Binding URL")),
        ),
        settings={"signed": "both"},
        groups=_(
            "Groups come as full paths, /engineering/platform, where the mapper’s Full group path "
            "is on."
        ),
        logout=_LOGOUT,
    ),
    # learn.microsoft.com/windows-server, "Create a Relying Party Trust", "Create a Rule to Send
    # LDAP Attributes as Claims".
    Guide(
        vendor="adfs",
        name="AD FS",
        protocol="saml",
        dialect="adfs",
        document="learn.microsoft.com/windows-server: Create a Relying Party Trust",
        steps=(
            _(
                "AD FS Management > Relying Party Trusts > Add Relying Party Trust > Claims aware, "
                "Start."
            ),
            _(
                "Import data about the relying party published online: the address of our metadata."
                " Next to the end."
            ),
            _(
                "Edit Claim Issuance Policy > Add Rule > Send LDAP Attributes as Claims: objectGUID"
                " to a claim of your own, E-Mail-Addresses to E-Mail Address, Display-Name to "
                "Common Name, User-Principal-Name to UPN, Token-Groups to Group."
            ),
            _(
                "Add Rule > Transform an Incoming Claim: that claim of objectGUID to Name ID, "
                "Outgoing name ID format Persistent Identifier."
            ),
            _(
                "Metadata address to paste here: https://(federation service "
                "name)/FederationMetadata/2007-06/FederationMetadata.xml"
            ),
        ),
        copies=(
            (Value.METADATA, _("Federation metadata address")),
            (Value.ENTITY_ID, _("Properties > Identifiers > Relying party identifier")),
            (Value.ACS, _("Properties > Endpoints > SAML Assertion Consumer, POST")),
            (Value.SLO, _("Properties > Endpoints > SAML Logout, POST and Redirect")),
        ),
        settings={"signed": "assertion"},
        groups=_("Groups are what the rule sends as Group. Addresses never count as verified."),
        logout=_LOGOUT,
    ),
    # docs.pingidentity.com/pingfederate, "Managing SP connections".
    Guide(
        vendor="ping",
        name="PingFederate",
        protocol="saml",
        dialect="plain",
        document="docs.pingidentity.com/pingfederate: Accessing SP connections",
        steps=(
            _(
                "Applications > Integration > SP Connections > Create Connection: Browser SSO "
                "Profiles, SAML 2.0."
            ),
            _(
                "Import Metadata: URL, with the address of our metadata; it fills identifier, "
                "endpoints and certificates."
            ),
            _(
                "Browser SSO > Assertion Creation: SAML_SUBJECT persistent; attributes email, name,"
                " username, groups."
            ),
            _(
                "Protocol Settings > Signature Policy: always sign assertion, and require signed "
                "requests."
            ),
            _(
                "Activation & Summary: on, Save. Metadata to give here: SP Connections > "
                "(connection) > Export Metadata."
            ),
        ),
        copies=(
            (Value.METADATA, _("Import Metadata > URL")),
            (Value.ENTITY_ID, _("Partner’s Entity ID")),
            (Value.ACS, _("Assertion Consumer Service URL, POST")),
            (Value.SLO, _("SLO Service URLs, POST and Redirect")),
        ),
        settings={"signed": "assertion"},
        groups=_("Groups are what the attribute contract sends as “groups”."),
        logout=_LOGOUT,
    ),
    # SAML 2.0 profiles, Web Browser SSO; saml-metadata-2.0-os.
    Guide(
        vendor="plain",
        name=_("your provider"),
        protocol="saml",
        dialect="plain",
        document="OASIS: Profiles for SAML V2.0, Metadata for SAML V2.0",
        steps=(
            _("Give the provider our metadata, or the addresses below one by one."),
            _(
                "Let it sign with RSA-SHA256 or better, send a persistent NameID, and require "
                "signed requests."
            ),
            _("Let it send the attributes mail, displayName, uid and groups (or memberOf)."),
        ),
        copies=(
            (Value.METADATA, _("Service provider metadata")),
            (Value.ENTITY_ID, _("Entity id (audience)")),
            (Value.ACS, _("Assertion consumer service, HTTP-POST")),
            (Value.SLO, _("Single logout service, HTTP-POST and HTTP-Redirect")),
        ),
        settings={"signed": "assertion"},
        groups=_("Groups are the attribute “groups”, “memberOf” or “isMemberOf”."),
        logout=_LOGOUT,
    ),
)
