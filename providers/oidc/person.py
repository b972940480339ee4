"""From tokens to a person: all that the provider says about whom a verified ID token names."""

from dataclasses import dataclass, field
from datetime import datetime

from providers.connector import Dialect, GroupDirectory
from providers.errors import ResponseInvalid
from providers.http import HttpClient
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.oidc import logout
from providers.oidc.claims import Claims, merged, of_access_token
from providers.oidc.client_keys import PrivateKey
from providers.oidc.directory import ask_groups
from providers.oidc.elsewhere import ClaimsProviders
from providers.oidc.id_token import IdToken
from providers.oidc.metadata import ProviderMetadata
from providers.oidc.settings import OidcSettings
from providers.oidc.signed_token import Keys
from providers.oidc.token_endpoint import Tokens
from providers.oidc.userinfo import Expected, ask_userinfo
from providers.trace import checks, heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What one answer of the token endpoint brought, its ID token checked."""

    tokens: Tokens
    signed: str = field(repr=False)  # the ID token as it was signed
    id_token: IdToken
    metadata: ProviderMetadata
    keys: Keys = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReader:
    """Reads a person for one row, at sign-in and later alike."""

    slug: str
    settings: OidcSettings
    dialect: Dialect
    http: HttpClient
    decryption_keys: tuple[PrivateKey, ...] = field(repr=False)
    claims_providers: ClaimsProviders
    directory: GroupDirectory | None

    def read(self, vouched: Vouched) -> ExternalIdentity:
        """Raises ResponseInvalid, ProviderRefused, ProviderUnreachable, SharedCacheUnavailable."""
        heard("ID token", vouched.id_token.claims, values=self.settings.trace_claims)
        told = self._gathered(vouched)
        signed = ClaimSet(vouched.id_token.claims)
        raw = self.claims_providers.resolved(told, vouched.now)
        claims, groups_told = self._with_groups(
            _frozen(raw, vouched.id_token, signed), vouched.tokens
        )
        subject = self._subject(vouched.id_token)
        email, email_verified = self.dialect.email(claims)
        return ExternalIdentity(
            provider=self.slug,
            subject=Subject(issuer=str(signed["iss"]), value=subject),
            claims=claims,
            username=self.dialect.username(claims),
            name=self.dialect.name(claims),
            email=email,
            email_verified=email_verified,
            authenticated_at=vouched.id_token.authenticated_at,
            auth_time_told="auth_time" in vouched.id_token.claims,
            groups_told=groups_told,
            acr=next(iter(signed.texts("acr")), None),
            amr=signed.texts("amr"),
            upstream_session=next(iter(signed.texts("sid")), None),
            upstream_names=logout.names_of(vouched.id_token.claims),
            session_ends=vouched.id_token.session_ends,
            logout_hint=vouched.signed,
        )

    @checks("claims.subject")
    def _subject(self, id_token: IdToken) -> str:
        """From what was signed, never from userinfo."""
        subject = self.dialect.subject(id_token.claims)
        if not subject:
            raise ResponseInvalid("claims.subject", "the provider did not say who this is")
        return subject

    def _gathered(self, vouched: Vouched) -> dict[str, object]:
        """From the places that count; userinfo is asked, and must be about her, before any other
        is read.
        """
        settings, signed = self.settings, vouched.id_token.claims
        places: dict[str, Claims] = {"id_token": signed}
        endpoint = vouched.metadata.userinfo_endpoint
        if "userinfo" in settings.claims_from and endpoint is not None:
            expected = Expected(
                settings=settings,
                issuer=signed["iss"],
                subject=signed["sub"],
                keys=vouched.keys,
                decryption_keys=self.decryption_keys,
                now=vouched.now,
            )
            places["userinfo"] = ask_userinfo(self.http, endpoint, vouched.tokens, expected)
        if "access_token" in settings.claims_from:
            told = of_access_token(
                vouched.tokens.access_token,
                id_token=signed,
                client_id=settings.client_id,
                algorithms=settings.signing_algorithms,
                keys=vouched.keys,
                now=vouched.now,
            )
            heard("access token", told, values=settings.trace_claims)
            places["access_token"] = told
        told_in_order = [places[place] for place in settings.claims_from if place in places]
        return merged(signed, told_in_order)

    @checks("claims.groups")
    def _with_groups(self, raw: ClaimSet, tokens: Tokens) -> tuple[ClaimSet, bool]:
        """The normal form, and whether her groups were told."""
        claims = self.dialect.claims(raw)
        withheld = self.dialect.groups_withheld(claims)
        if self.directory is not None and self.directory.needed(claims, withheld=withheld):
            groups = ask_groups(self.http, self.directory, claims, tokens.access_token)
            return self.dialect.claims(raw.changed({"groups": groups}, without=())), True
        if withheld:
            # To go on would take away the roles that hang on the groups that were left out.
            raise ResponseInvalid(
                "claims.groups",
                "more groups than the provider puts in a token: let it send fewer, or state "
                "groups_overage (Entra) or claims_providers",
            )
        return claims, self.dialect.tells_groups(raw)


def _frozen(raw: Claims, id_token: IdToken, signed: ClaimSet) -> ClaimSet:
    """`raw`; what of it stood in the ID token was frozen and counted in `signed` already."""
    said = id_token.claims
    others = {n: value for n, value in raw.items() if n not in said or value is not said[n]}
    return signed.changed(others, without=signed.keys() - raw.keys())
