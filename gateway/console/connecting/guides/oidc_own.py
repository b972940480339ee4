"""OpenID Connect at providers that a company runs itself, and at any other."""

from django.utils.translation import gettext_lazy as _

from gateway.console.connecting.guides.guide import Ask, Form, Guide, Value

_NO_BACK_CHANNEL = _(
    "Signing out here offers to sign out there too. The other way round it tells nobody."
)
_BOTH_WAYS = _("Signing out works in both directions, without the browser’s help.")
OWN = (
    # Keycloak Server Administration Guide, "Managing OpenID Connect clients".
    Guide(
        vendor="keycloak",
        name="Keycloak",
        protocol="oidc",
        dialect="keycloak",
        document="Keycloak, Server Administration Guide: Managing OpenID Connect clients",
        steps=(
            _("Choose the realm, then Clients > Create client. Client type: OpenID Connect."),
            _("Capability config: Client authentication on; of the flows, Standard flow alone."),
            _("Login settings: paste the redirect URIs below, then Save."),
            _(
                "Settings > Logout settings: Front channel logout off, Backchannel logout session "
                "required on."
            ),
            _(
                "Credentials > Client Authenticator: Client Id and Secret, or Signed JWT for our "
                "own keys."
            ),
            _(
                "Client scopes > (client)-dedicated > Add mapper > By configuration > Group "
                "Membership, named “groups”."
            ),
        ),
        afterwards=(
            _(
                "With our own keys: Keys > Use JWKS URL on, and paste the address of our public "
                "keys."
            ),
        ),
        copies=(
            (Value.REDIRECT_URI, _("Valid redirect URIs")),
            (Value.SIGN_OUT, _("Valid post logout redirect URIs")),
            (Value.BACK_CHANNEL, _("Backchannel logout URL")),
            (Value.INITIATE_LOGIN, _("Home URL")),
            (Value.JWKS, _("Keys > JWKS URL")),
        ),
        asks=(
            Ask(
                name="address",
                label=_("Address of Keycloak"),
                form=Form.ADDRESS,
                example="https://id.corp.example",
                trimmed=True,
                help=_("With /auth at its end where your Keycloak has that."),
            ),
            Ask(name="realm", label=_("Realm"), form=Form.WORD, example="corp"),
        ),
        issuer="{address}/realms/{realm}",
        client_id=_("Client ID"),
        client_secret=_("Client Secret"),
        own_keys=True,
        groups=_(
            "Groups come as full paths, /engineering/platform; realm roles as the claim “roles”."
        ),
        logout=_BOTH_WAYS,
    ),
    # learn.microsoft.com/windows-server, "Enabling OpenID Connect with AD FS".
    Guide(
        vendor="adfs",
        name="AD FS",
        protocol="oidc",
        dialect="adfs",
        document="learn.microsoft.com/windows-server: Enabling OpenID Connect with AD FS",
        steps=(
            _(
                "AD FS Management > Application Groups > Add Application Group: Server application "
                "accessing a web API, Next."
            ),
            _("Server application: copy the Client Identifier; add the redirect URIs below."),
            _("Configure Application Credentials: Generate a shared secret, and copy it."),
            _(
                "Configure Web API: as Identifier, the Client Identifier again. Choose an access "
                "control policy."
            ),
            _("Configure Application Permissions: openid, profile, email and allatclaims."),
            _(
                "Web API > Issuance Transform Rules > Add Rule > Send LDAP Attributes as Claims: "
                "E-Mail-Addresses to E-Mail Address, Display-Name to Name, Token-Groups to Group."
            ),
        ),
        copies=(
            (Value.REDIRECT_URI, _("Redirect URI")),
            (Value.SIGN_OUT, _("Redirect URI (a second one)")),
        ),
        asks=(
            Ask(
                name="host",
                label=_("Federation service name"),
                form=Form.HOST,
                example="sts.corp.example",
                help=_("Service > Edit Federation Service Properties."),
            ),
        ),
        issuer="https://{host}/adfs",
        client_id=_("Client Identifier"),
        client_secret=_("Shared secret"),
        settings={
            "scopes": ["openid", "profile", "email", "allatclaims"],
            "claims_from": ["id_token"],
        },
        groups=_(
            "Groups are what the issuance rule sends as Group. Addresses never count as verified."
        ),
        logout=_NO_BACK_CHANNEL,
    ),
    # docs.pingidentity.com/pingfederate, "Configuring OAuth clients".
    Guide(
        vendor="ping",
        name="PingFederate",
        protocol="oidc",
        dialect="plain",
        document="docs.pingidentity.com/pingfederate: Configuring OAuth clients",
        steps=(
            _("Applications > OAuth > Clients > Add Client: write a Client ID and a Name."),
            _(
                "Client Authentication: Client Secret, Generate Secret, and copy it; or Private Key"
                " JWT for our own keys."
            ),
            _("Redirect URIs: add the one below. Allowed Grant Types: Authorization Code."),
            _(
                "OpenID Connect: ID Token Signing Algorithm RSA using SHA-256, and a Policy whose "
                "contract has email, name and groups."
            ),
        ),
        afterwards=(_("With our own keys: JWKS URL, with the address of our public keys."),),
        copies=(
            (Value.REDIRECT_URI, _("Redirect URIs")),
            (Value.SIGN_OUT, _("Post-Logout Redirect URIs")),
            (Value.BACK_CHANNEL, _("Back-Channel Logout URI")),
            (Value.JWKS, _("JWKS URL")),
        ),
        asks=(
            Ask(
                name="address",
                label=_("Base URL"),
                form=Form.ADDRESS,
                example="https://sso.corp.example",
                help=_("System > Protocol Settings > Federation Info."),
            ),
        ),
        issuer="{address}",
        client_id=_("Client ID"),
        client_secret=_("Client secret"),
        own_keys=True,
        groups=_("Groups are what the OpenID Connect policy sends as “groups”."),
        logout=_BOTH_WAYS,
    ),
    # OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0.
    Guide(
        vendor="plain",
        name=_("your provider"),
        protocol="oidc",
        dialect="plain",
        document="openid.net: OpenID Connect Core 1.0, OpenID Connect Discovery 1.0",
        steps=(
            _("Make a confidential web client with the authorization code flow and PKCE (S256)."),
            _("Register the addresses below."),
            _(
                "Let the scopes openid, profile and email be asked for, and groups sent as the "
                "claim “groups”."
            ),
        ),
        afterwards=(_("With our own keys: register the address of our public keys (jwks_uri)."),),
        copies=(
            (Value.REDIRECT_URI, _("redirect_uris")),
            (Value.INITIATE_LOGIN, _("initiate_login_uri")),
            (Value.SIGN_OUT, _("post_logout_redirect_uris")),
            (Value.BACK_CHANNEL, _("backchannel_logout_uri")),
            (Value.JWKS, _("jwks_uri")),
        ),
        asks=(
            Ask(
                name="address",
                label=_("Issuer"),
                form=Form.ADDRESS,
                example="https://id.corp.example",
                help=_(
                    "To the letter, with or without a slash at its end, as its own documents name "
                    "it."
                ),
            ),
        ),
        issuer="{address}",
        client_id=_("Client ID"),
        client_secret=_("Client secret"),
        own_keys=True,
        groups=_("Groups are the claim “groups”."),
        logout=_("As far as the provider can: signing out there too, and by its back channel."),
    ),
)
