"""OpenID Connect at providers that are somebody else's service, in their own menu names."""

from django.utils.translation import gettext_lazy as _

from gateway.console.connecting.guides.guide import Ask, Form, Guide, Value

_NO_BACK_CHANNEL = _(
    "Signing out here offers to sign out there too. The other way round it tells nobody."
)
_UNIVERSAL_LOGOUT = _(
    "Signing out here offers to sign out there too. The other way round Universal Logout ends all "
    "of somebody’s sessions here: Signed JWT, Issuer and Subject Identifier."
)
_BOTH_WAYS = _("Signing out works in both directions, without the browser’s help.")
HOSTED = (
    # Okta help, "Create OpenID Connect app integrations"; Okta developer, "Customize tokens
    # returned from Okta with a groups claim".
    Guide(
        vendor="okta",
        name="Okta",
        protocol="oidc",
        dialect="okta",
        document="help.okta.com: Create OpenID Connect app integrations",
        steps=(
            _(
                "Applications > Applications > Create App Integration: OIDC - OpenID Connect, Web "
                "Application, Next."
            ),
            _("Grant type: Authorization Code alone. Paste the redirect URIs below."),
            _("Assignments: the people and groups who may sign in. Save."),
            _(
                "Sign On > OpenID Connect ID Token > Edit: Groups claim type Filter, “groups”, "
                "Matches regex, .*"
            ),
        ),
        afterwards=(
            _(
                "With our own keys: General > Client Credentials > Public key / Private key, then "
                "“Use a URL to fetch keys dynamically”, and paste the address of our public keys."
            ),
        ),
        copies=(
            (Value.REDIRECT_URI, _("Sign-in redirect URIs")),
            (Value.SIGN_OUT, _("Sign-out redirect URIs")),
            (Value.INITIATE_LOGIN, _("Initiate login URI")),
            (Value.UNIVERSAL_LOGOUT, _("Authentication > Logout > Logout endpoint URL")),
            (Value.JWKS, _("Public keys > JWKS URL")),
        ),
        asks=(
            Ask(
                name="domain",
                label=_("Okta domain"),
                form=Form.HOST,
                example="corp.okta.com",
                help=_("Without “-admin”."),
            ),
            Ask(
                name="server",
                label=_("Authorization server"),
                form=Form.WORD,
                example="default",
                before="/oauth2/",
                help=_("Only if you use a custom one: its id under Security > API."),
            ),
        ),
        issuer="https://{domain}{server}",
        client_id=_("Client ID"),
        client_secret=_("Client secret"),
        own_keys=True,
        own_keys_settings={"client_assertion_audience": "endpoint"},
        settings={"scopes": ["openid", "profile", "email", "groups"]},
        groups=_("Groups come by their names, those that the Groups claim lets through."),
        logout=_UNIVERSAL_LOGOUT,
    ),
    # Auth0 docs, "Application Settings", "Configure Back-Channel Logout".
    Guide(
        vendor="auth0",
        name="Auth0",
        protocol="oidc",
        dialect="auth0",
        document="auth0.com/docs: Application Settings",
        steps=(
            _(
                "Applications > Applications > Create Application: Regular Web Applications, "
                "Create."
            ),
            _(
                "Settings: copy Domain, Client ID and Client Secret; paste the addresses below; "
                "Save Changes."
            ),
            _("Settings > Advanced Settings > OAuth: JsonWebToken Signature Algorithm RS256."),
            _("Connections: switch on those whose people may sign in."),
            _(
                "Actions > Triggers > post-login: an Action that sets the claim “https://(your "
                "domain)/groups”."
            ),
        ),
        copies=(
            (Value.REDIRECT_URI, _("Allowed Callback URLs")),
            (Value.SIGN_OUT, _("Allowed Logout URLs")),
            (Value.INITIATE_LOGIN, _("Application Login URI")),
            (Value.BACK_CHANNEL, _("OpenID Connect Back-Channel Logout > Back-Channel Logout URI")),
        ),
        asks=(Ask(name="domain", label=_("Domain"), form=Form.HOST, example="corp.eu.auth0.com"),),
        issuer="https://{domain}/",
        client_id=_("Client ID"),
        client_secret=_("Client Secret"),
        settings={"token_endpoint_auth_method": "client_secret_post"},
        groups=_(
            "Groups are the claim that your Action sets; Organizations are “org_id” and “org_name”."
        ),
        logout=_BOTH_WAYS,
    ),
    # learn.microsoft.com/entra, "Register an application in Microsoft Entra ID", "Configure group
    # claims for applications".
    Guide(
        vendor="entra",
        name="Microsoft Entra ID",
        protocol="oidc",
        dialect="entra",
        document="learn.microsoft.com/entra: Register an application in Microsoft Entra ID",
        steps=(
            _(
                "Entra ID > App registrations > New registration: accounts in this organizational "
                "directory only. Redirect URI: Web, with the address below. Register."
            ),
            _("Overview: copy the Application (client) ID and the Directory (tenant) ID."),
            _(
                "Certificates & secrets > Client secrets > New client secret: copy its Value, not "
                "its Secret ID."
            ),
            _(
                "Token configuration > Add groups claim: Security groups, ID: Group ID. Add "
                "optional claim > ID: email, upn."
            ),
            _(
                "Enterprise applications > (app) > Properties: Assignment required, and under Users"
                " and groups who may sign in."
            ),
        ),
        copies=(
            (Value.REDIRECT_URI, _("Authentication > Web > Redirect URIs")),
            (Value.SIGN_OUT, _("Authentication > Web > Redirect URIs (a second one)")),
            (Value.INITIATE_LOGIN, _("Branding & properties > Home page URL")),
        ),
        asks=(
            Ask(
                name="tenant",
                label=_("Directory (tenant) ID"),
                form=Form.WORD,
                example="8eaef023-2b34-4da1-9baa-8bc8c9d6a490",
            ),
        ),
        issuer="https://login.microsoftonline.com/{tenant}/v2.0",
        client_id=_("Application (client) ID"),
        client_secret=_("Client secret (its Value)"),
        groups=_(
            "Groups come as object ids. With more than 200 a sign-in is refused unless "
            "“groups_overage” is set under All settings."
        ),
        logout=_NO_BACK_CHANNEL,
    ),
    # Google Cloud help, "Manage OAuth Clients"; developers.google.com, "OpenID Connect".
    Guide(
        vendor="google",
        name="Google Workspace",
        protocol="oidc",
        dialect="google",
        document="support.google.com/cloud: Manage OAuth Clients",
        steps=(
            _(
                "Google Cloud console > Google Auth Platform > Audience: User type Internal, so "
                "that only your Workspace signs in."
            ),
            _(
                "Google Auth Platform > Clients > Create client: Web application. Paste the "
                "redirect URI below. Create."
            ),
            _("Copy the Client ID and the Client secret now; the secret is not shown again."),
        ),
        copies=((Value.REDIRECT_URI, _("Authorized redirect URIs")),),
        issuer="https://accounts.google.com",
        client_id=_("Client ID"),
        client_secret=_("Client secret"),
        settings={"upstream_logout": False},
        groups=_(
            "No groups come by themselves; “workspace_groups” under All settings asks Google for "
            "them."
        ),
        logout=_("Google ends no session for us and tells nobody when it ends one."),
    ),
    # jumpcloud.com/support, "SSO with OIDC".
    Guide(
        vendor="jumpcloud",
        name="JumpCloud",
        protocol="oidc",
        dialect="plain",
        document="jumpcloud.com/support: SSO with OIDC",
        steps=(
            _(
                "User Authentication > SSO Applications > Add New Application > Custom Application "
                "> Next."
            ),
            _(
                "Manage Single Sign-On, Configure SSO with OIDC; Next, name it, Configure "
                "Application."
            ),
            _("SSO: Client Authentication Type “Client Secret Basic”; paste the addresses below."),
            _(
                "Attribute Mapping: standard scopes Email and Profile; include group attribute, "
                "named “groups”."
            ),
            _(
                "User Groups: those who may sign in. Activate, and copy Client ID and Client Secret"
                " now."
            ),
        ),
        copies=(
            (Value.REDIRECT_URI, _("Redirect URIs")),
            (Value.INITIATE_LOGIN, _("Login URL")),
        ),
        issuer="https://oauth.id.jumpcloud.com/",
        client_id=_("Client ID"),
        client_secret=_("Client Secret"),
        groups=_(
            "Groups come by their names. JumpCloud’s issuer is the same for every organization; the"
            " client ID makes it yours."
        ),
        logout=_("JumpCloud ends no session for us and tells nobody when it ends one."),
    ),
    # developers.onelogin.com, "Connect an OIDC enabled app", "Provider Configuration".
    Guide(
        vendor="onelogin",
        name="OneLogin",
        protocol="oidc",
        dialect="plain",
        document="developers.onelogin.com: Connect Your OIDC App to OneLogin",
        steps=(
            _(
                "Applications > Applications > Add App: search for “OpenId Connect (OIDC)”, name "
                "it, Save."
            ),
            _("Configuration: paste the addresses below."),
            _(
                "SSO: Application Type Web, Token Endpoint Authentication Method Basic; copy Client"
                " ID and Client Secret."
            ),
            _(
                "Parameters > Groups: Default if no value selected, User Roles, Semicolon Delimited"
                " input."
            ),
            _("Access: the roles that may sign in."),
        ),
        copies=(
            (Value.REDIRECT_URI, _("Redirect URI’s")),
            (Value.SIGN_OUT, _("Post Logout Redirect URIs")),
            (Value.INITIATE_LOGIN, _("Login Url")),
        ),
        asks=(
            Ask(
                name="subdomain",
                label=_("Subdomain"),
                form=Form.WORD,
                example="corp",
                help=_("What stands before .onelogin.com."),
            ),
        ),
        issuer="https://{subdomain}.onelogin.com/oidc/2",
        client_id=_("Client ID"),
        client_secret=_("Client Secret"),
        settings={"scopes": ["openid", "profile", "email", "groups"]},
        groups=_("Groups are what the parameter Groups sends."),
        logout=_NO_BACK_CHANNEL,
    ),
)
