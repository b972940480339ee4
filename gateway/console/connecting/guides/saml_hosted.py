"""SAML 2.0 at providers that are somebody else's service, in their own menu names."""

from django.utils.translation import gettext_lazy as _

from gateway.console.connecting.guides.guide import Guide, Value

_NO_LOGOUT = _("This vendor’s SAML has no single logout that we could use.")
_LOGOUT = _("Signing out works in both directions, by signed messages through the browser.")
HOSTED = (
    # Okta help, "Create SAML app integrations".
    Guide(
        vendor="okta",
        name="Okta",
        protocol="saml",
        dialect="okta",
        document="help.okta.com: Create SAML app integrations",
        steps=(
            _(
                "Applications > Applications > Create App Integration: SAML 2.0, Next; name it, "
                "Next."
            ),
            _(
                "Paste the addresses below. Name ID format: Unspecified. Application username: "
                "Okta username."
            ),
            _("Show Advanced Settings: Response Signed, Assertion Signature Signed, RSA-SHA256."),
            _(
                "Attribute Statements: id with the value user.id; email, firstName, lastName, "
                "login. Group Attribute Statements: groups, Matches regex, .*"
            ),
            _("Next, Finish; then Assignments: who may sign in."),
            _(
                "Metadata address to paste here: Sign On > SAML 2.0 > Metadata details > Metadata "
                "URL."
            ),
        ),
        copies=(
            (Value.ACS, _("Single sign-on URL")),
            (Value.ENTITY_ID, _("Audience URI (SP Entity ID)")),
            (Value.SLO, _("Enable Single Logout > Single Logout URL")),
        ),
        settings={"signed": "both", "name_id_format": "unspecified", "subject_attribute": "id"},
        groups=_(
            "Groups come by their names, those that the group attribute statement lets through."
        ),
        logout=_(
            "With Enable Single Logout, and our certificate from our metadata as Signature "
            "Certificate, signing out here offers to sign out there too."
        ),
    ),
    # Auth0 docs, "Enable SAML2 Web App Addon", "Customize SAML Assertions".
    Guide(
        vendor="auth0",
        name="Auth0",
        protocol="saml",
        dialect="auth0",
        document="auth0.com/docs: Enable SAML2 Web App Addon",
        steps=(
            _(
                "Applications > Applications > Create Application: Regular Web Applications, "
                "Create."
            ),
            _(
                "Addons > SAML2 Web App, on. Settings > Application Callback URL: our ACS URL "
                "below."
            ),
            _(
                "In the same Settings, as JSON: “audience”: our entity id; “signatureAlgorithm”: "
                "“rsa-sha256”; “digestAlgorithm”: “sha256”; “logout”: our single logout URL as "
                "“callback”. Enable, Save."
            ),
            _(
                "Metadata to give here: Addons > SAML2 Web App > Usage > Identity Provider "
                "Metadata."
            ),
        ),
        copies=(
            (Value.ACS, _("Application Callback URL")),
            (Value.ENTITY_ID, _("audience")),
            (Value.SLO, _("logout.callback")),
        ),
        settings={"signed": "assertion", "name_id_format": "unspecified"},
        groups=_("Groups are the attribute that your post-login Action sets."),
        logout=_LOGOUT,
    ),
    # learn.microsoft.com/entra, "Enable SAML single sign-on for an enterprise application".
    Guide(
        vendor="entra",
        name="Microsoft Entra ID",
        protocol="saml",
        dialect="entra",
        document="learn.microsoft.com/entra: Enable SAML single sign-on for an application",
        steps=(
            _(
                "Entra ID > Enterprise applications > New application > Create your own "
                "application: “Integrate any other application you don’t find in the gallery "
                "(Non-gallery)”."
            ),
            _(
                "Single sign-on > SAML > Basic SAML Configuration > Edit: paste the addresses "
                "below, Save."
            ),
            _(
                "Attributes & Claims > Add a group claim: Security groups, Source attribute Group "
                "ID."
            ),
            _(
                "SAML Certificates > Token signing certificate > Edit: Sign SAML assertion, "
                "SHA-256."
            ),
            _("Users and groups: who may sign in."),
            _("Metadata address to paste here: SAML Certificates > App Federation Metadata Url."),
        ),
        copies=(
            (Value.ENTITY_ID, _("Identifier (Entity ID)")),
            (Value.ACS, _("Reply URL (Assertion Consumer Service URL)")),
            (Value.SLO, _("Logout Url")),
        ),
        settings={
            "signed": "assertion",
            "name_id_format": "emailAddress",
            "subject_attribute": "http://schemas.microsoft.com/identity/claims/objectidentifier",
        },
        groups=_(
            "Groups come as object ids; beyond 150 they are left out, and the sign-in is refused."
        ),
        logout=_LOGOUT,
    ),
    # Google Workspace Admin Help, "Set up your own custom SAML app".
    Guide(
        vendor="google",
        name="Google Workspace",
        protocol="saml",
        dialect="google",
        document="support.google.com/a: Set up your own custom SAML app",
        steps=(
            _(
                "Admin console > Apps > Web and mobile apps > Add app > Add custom SAML app; name "
                "it, Continue."
            ),
            _("Option 1: Download metadata, to give it here. Continue."),
            _(
                "Service provider details: paste the addresses below; Signed response on; Name ID "
                "format EMAIL, Name ID Basic Information > Primary email."
            ),
            _(
                "Attribute mapping: Primary email to email, First name to firstName, Last name to "
                "lastName; Employee ID, or another attribute that never changes and never passes "
                "to somebody else, to personId; Group membership to groups."
            ),
            _("User access: on for those who may sign in."),
        ),
        copies=(
            (Value.ACS, _("ACS URL")),
            (Value.ENTITY_ID, _("Entity ID")),
            (Value.INITIATE_LOGIN, _("Start URL")),
        ),
        settings={
            "signed": "response",
            "name_id_format": "emailAddress",
            "subject_attribute": "personId",
        },
        groups=_(
            "Groups are those that the attribute mapping lists under Group membership, by name."
        ),
        logout=_NO_LOGOUT,
    ),
    # jumpcloud.com/support, "SSO using custom SAML application connectors".
    Guide(
        vendor="jumpcloud",
        name="JumpCloud",
        protocol="saml",
        dialect="plain",
        document="jumpcloud.com/support: SSO using custom SAML application connectors",
        steps=(
            _(
                "User Authentication > SSO Applications > Add New Application > Custom Application "
                "> Next."
            ),
            _(
                "Manage Single Sign-On, Configure SSO with SAML; Next, name it, Configure "
                "Application."
            ),
            _(
                "SSO: paste the addresses below. SAMLSubject NameID Format: persistent. Signature "
                "Algorithm RSA-SHA256. Sign: Assertion and Response."
            ),
            _(
                "Attributes: email, firstname, lastname, username; include group attribute, named "
                "“memberOf”."
            ),
            _("User Groups: those who may sign in."),
            _("Metadata address to paste here: SSO > Copy Metadata URL."),
        ),
        copies=(
            (Value.ENTITY_ID, _("SP Entity ID")),
            (Value.ACS, _("ACS URLs > Default URL")),
            (Value.INITIATE_LOGIN, _("Login URL")),
        ),
        settings={"signed": "both"},
        groups=_("Groups come by their names, as the attribute “memberOf”."),
        logout=_NO_LOGOUT,
    ),
    # onelogin.com knowledge base, "SAML Custom Connector (Advanced)".
    Guide(
        vendor="onelogin",
        name="OneLogin",
        protocol="saml",
        dialect="plain",
        document="onelogin.service-now.com: Advanced SAML Custom Connector",
        steps=(
            _(
                "Applications > Applications > Add App: search for “SAML Custom Connector "
                "(Advanced)”, name it, Save."
            ),
            _(
                "Configuration: paste the addresses below. SAML initiator: Service Provider. SAML "
                "nameID format: Persistent. SAML signature element: Both."
            ),
            _(
                "Parameters: NameID value OneLogin ID; add email, firstName, lastName, username and"
                " groups, each with Include in SAML assertion."
            ),
            _("SSO: SAML Signature Algorithm SHA-256. Access: the roles that may sign in."),
            _("Metadata to give here: More Actions > SAML Metadata, or SSO > Issuer URL."),
        ),
        copies=(
            (Value.ENTITY_ID, _("Audience (EntityID)")),
            (Value.ACS, _("Recipient, ACS (Consumer) URL and, as a pattern, its Validator")),
            (Value.SLO, _("Single Logout URL")),
            (Value.INITIATE_LOGIN, _("Login URL")),
        ),
        settings={"signed": "both"},
        groups=_("Groups are what the parameter “groups” sends."),
        logout=_LOGOUT,
    ),
)
