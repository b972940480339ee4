"""AD FS, in the shapes that its documents show."""

from tests.fakes.oidc_vendor import Vendor, back_with_state

ADFS = Vendor(
    documentation=(
        "https://learn.microsoft.com/windows-server/identity/ad-fs/development/ad-fs-openid-connect-oauth-concepts",
        "https://learn.microsoft.com/windows-server/identity/ad-fs/development/ad-fs-logout-openid-connect",
    ),
    dialect="adfs",
    issuer_path="/adfs",
    paths={
        "authorize": "/adfs/oauth2/authorize",
        "token": "/adfs/oauth2/token",
        "keys": "/adfs/discovery/keys",
        "userinfo": "/adfs/userinfo",
        "logout": "/adfs/oauth2/logout",
    },
    extras={"access_token_issuer": "http://sts.corp.example/adfs/services/trust"},
    id_token=lambda person: {
        "sub": f"vFcXhqW7S5nL2k-{person.username}=",
        "upn": person.email,
        "unique_name": f"CORP\\{person.username}",
        "email": person.email,
        "commonname": person.name,
        "group": list(person.groups),
        "pwd_url": "https://sts.corp.example/adfs/portal/updatepassword/",
        "ver": "1.0",
    },
    userinfo=lambda person: {"sub": f"vFcXhqW7S5nL2k-{person.username}="},
    after_logout=back_with_state,
)
