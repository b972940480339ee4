"""One OIDC provider as a `Connector`: authorization code flow with PKCE, state and nonce.

`complete` reads top to bottom: what the browser brought, the code for tokens, the ID token,
userinfo, and at last the person. Nothing is asked of the provider before the browser's answer is
found to be one to this login.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import urlsplit

from providers.connector import (
    AuthenticationRequest,
    AuthenticationResponse,
    Binding,
    Dialect,
    LogoutNotice,
    LogoutRequest,
    RedirectBinding,
    SharedCache,
    SignOut,
)
from providers.dialects.sign_out import with_query
from providers.errors import (
    ProviderError,
    ProviderMisconfigured,
    ProviderRefused,
    RequestUnknown,
    ResponseInvalid,
)
from providers.http import HttpClient
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.oidc import logout, userinfo
from providers.oidc.answers import upstream_description, upstream_word
from providers.oidc.claims import OF_THE_TOKEN, merged
from providers.oidc.client import client
from providers.oidc.client_keys import decryption_keys
from providers.oidc.encryption import signed_part
from providers.oidc.id_token import Expected, IdToken, verify
from providers.oidc.metadata import ProviderMetadata, Published
from providers.oidc.par import push
from providers.oidc.settings import OidcSettings
from providers.oidc.signed_token import Keys
from providers.oidc.token_endpoint import Tokens, redeem
from providers.trace import checks, heard

MAX_CODE = 4096
_FIELDS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """All that the provider said about the person, in its own words."""

    signed: str = field(repr=False)  # the ID token as it was signed
    id_token: IdToken
    claims: Mapping[str, object] = field(repr=False)


class OidcConnector:
    """Implements `Connector`, `LogoutConnector`, `BackChannelLogout`, `FrontChannelLogout`.

    Raises ProviderMisconfigured if `secrets` lack what the row's client authentication or its
    encryption needs.
    """

    def __init__(
        self,
        *,
        slug: str,
        settings: OidcSettings,
        secrets: Mapping[str, str],
        dialect: Dialect,
        http: HttpClient,
        cache: SharedCache,
    ) -> None:
        self._slug = slug
        self._settings = settings
        self._client = client(settings, secrets)
        self._decryption_keys = decryption_keys(settings, secrets)
        self._dialect = dialect
        certificate = self._client.certificate
        self._http = http if certificate is None else http.showing(certificate)
        self._published = Published(slug, settings.issuer, http, cache)

    def begin(self, request: AuthenticationRequest, now: datetime) -> Binding:
        settings = self._settings
        digest = sha256(request.code_verifier.encode()).digest()
        fields = {
            "response_type": "code",
            "client_id": settings.client_id,
            "scope": " ".join(settings.scopes),
            "redirect_uri": request.callback_url,
            "state": request.id,
            "nonce": request.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "prompt": "login" if request.force_authentication else settings.prompt,
            "acr_values": " ".join(settings.acr_values),
            "max_age": "" if settings.max_age is None else str(settings.max_age),
            "response_mode": "" if settings.response_mode == "query" else settings.response_mode,
        }
        metadata = self._metadata(now)
        sent = {name: value for name, value in fields.items() if value}
        if settings.par or metadata.requires_pushed_requests:
            sent = self._pushed(metadata, sent, now)
        return RedirectBinding(url=with_query(metadata.authorization_endpoint, **sent))

    def _pushed(
        self, metadata: ProviderMetadata, fields: dict[str, str], now: datetime
    ) -> dict[str, str]:
        """What is left for the browser to bring (RFC 9126, 4)."""
        endpoint = metadata.pushed_authorization_request_endpoint
        if endpoint is None:
            raise ProviderMisconfigured("par", "the provider has no endpoint for pushed requests")
        reference = push(self._http, endpoint, self._client, fields, now)
        return {"client_id": self._settings.client_id, "request_uri": reference}

    def complete(
        self, request: AuthenticationRequest, response: AuthenticationResponse, now: datetime
    ) -> ExternalIdentity:
        if request.provider != self._slug:
            raise RequestUnknown(f"begun at {request.provider}, answered at {self._slug}")
        metadata = self._check_response(request, response, now)
        form = {
            "grant_type": "authorization_code",
            "code": _code(response),
            "redirect_uri": request.callback_url,
            "code_verifier": request.code_verifier,
        }
        tokens = redeem(self._http, metadata.token_endpoint, self._client, form, now)
        encrypted, opening = self._settings.id_token_encrypted, self._decryption_keys
        signed = signed_part(tokens.id_token, "id_token", encrypted=encrypted, keys=opening)
        id_token = verify(signed, self._expected(request, tokens, now), self._keys(now))
        heard("ID token", id_token.claims, values=self._settings.trace_claims)
        claims = {n: value for n, value in id_token.claims.items() if n not in OF_THE_TOKEN}
        if self._settings.userinfo != "off" and metadata.userinfo_endpoint is not None:
            told = self._userinfo(metadata.userinfo_endpoint, tokens, id_token, now)
            claims = merged(claims, told)
        return self._identity(_Answer(signed=signed, id_token=id_token, claims=claims))

    def end_session(self, request: LogoutRequest, now: datetime) -> Binding | None:
        if not self._settings.upstream_logout:
            return None
        sign_out = SignOut(
            issuer=self._settings.issuer,
            client_id=self._settings.client_id,
            end_session_endpoint=self._published.metadata(now).end_session_endpoint,
            request=request,
        )
        url = self._dialect.sign_out_url(sign_out)
        return None if url is None else RedirectBinding(url=url)

    def logout_ended(self, request: LogoutRequest, response: AuthenticationResponse) -> None:
        """RP-Initiated Logout 1.0, section 3."""
        _check_once(response, "GET")
        _check_state(response, request.id)
        if "error" in response.fields:
            raise ProviderRefused(upstream_word(response.fields["error"]))

    def logout_told(self, logout_token: str, now: datetime) -> LogoutNotice:
        return logout.verify(
            logout_token,
            issuer=self._settings.issuer,
            client_id=self._settings.client_id,
            algorithms=self._settings.signing_algorithms,
            keys=self._keys(now),
            now=now,
        )

    @property
    def origin(self) -> str:
        parts = urlsplit(self._settings.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    def logout_framed(self, response: AuthenticationResponse) -> LogoutNotice:
        return logout.framed(response, self._settings.issuer)

    def _userinfo(
        self, url: str, tokens: Tokens, id_token: IdToken, now: datetime
    ) -> Mapping[str, object]:
        expected = userinfo.Expected(
            settings=self._settings,
            subject=id_token.claims["sub"],
            keys=self._keys(now),
            decryption_keys=self._decryption_keys,
            now=now,
        )
        return userinfo.ask_userinfo(self._http, url, tokens, expected)

    def _metadata(self, now: datetime) -> ProviderMetadata:
        found = self._published.metadata(now)
        return found if self._client.certificate is None else found.with_client_certificate()

    @checks("response.iss")
    def _check_response(
        self, request: AuthenticationRequest, response: AuthenticationResponse, now: datetime
    ) -> ProviderMetadata:
        """OIDC Core 3.1.2.7 and RFC 9207, 2.4: an answer to this login, by this provider, a yes."""
        _check_once(response, "POST" if self._settings.response_mode == "form_post" else "GET")
        _check_state(response, request.id)
        issuer = response.fields.get("iss")
        if issuer is not None and issuer != self._settings.issuer:
            problem, wanted = "another provider answered", self._settings.issuer
            raise ResponseInvalid("response.iss", problem, expected=wanted, received=issuer)
        metadata = self._metadata(now)
        if issuer is None and metadata.answers_name_issuer:
            raise ResponseInvalid("response.iss", "the provider names itself, this answer does not")
        if "error" in response.fields:
            raise self._refusal(response)
        return metadata

    def _refusal(self, response: AuthenticationResponse) -> ProviderError:
        described = upstream_description(response.fields.get("error_description", ""))
        if self._dialect.lapsed(described):
            return RequestUnknown(f"the provider says {described}")
        return ProviderRefused(upstream_word(response.fields["error"]), described)

    def _expected(self, request: AuthenticationRequest, tokens: Tokens, now: datetime) -> Expected:
        settings = self._settings
        max_age = settings.max_age
        return Expected(
            issuer=settings.issuer,
            client_id=settings.client_id,
            nonce=request.nonce,
            access_token=tokens.access_token,
            algorithms=settings.signing_algorithms,
            acr_values=settings.acr_values,
            max_age=None if max_age is None else timedelta(seconds=max_age),
            authenticated_since=request.begun_at if request.force_authentication else None,
            now=now,
        )

    def _keys(self, now: datetime) -> Keys:
        return Keys(
            known=lambda: self._published.keys(now),
            renewed=lambda: self._published.renewed_keys(now),
        )

    @checks("claims.groups", "claims.subject")
    def _identity(self, answer: _Answer) -> ExternalIdentity:
        claims = self._dialect.claims(answer.claims)
        if self._dialect.groups_withheld(claims):
            # To go on would take away the roles that hang on the groups that were left out.
            raise ResponseInvalid("claims.groups", "more groups than the provider puts in a token")
        # From what was signed, never from userinfo.
        subject = self._dialect.subject(answer.id_token.claims)
        if not subject:
            raise ResponseInvalid("claims.subject", "the provider did not say who this is")
        email, email_verified = self._dialect.email(claims)
        signed = ClaimSet(answer.id_token.claims)
        return ExternalIdentity(
            provider=self._slug,
            subject=Subject(issuer=self._settings.issuer, value=subject),
            claims=claims,
            username=self._dialect.username(claims),
            name=self._dialect.name(claims),
            email=email,
            email_verified=email_verified,
            authenticated_at=answer.id_token.authenticated_at,
            acr=next(iter(signed.texts("acr")), None),
            amr=signed.texts("amr"),
            upstream_session=next(iter(signed.texts("sid")), None),
            upstream_names=logout.names_of(answer.id_token.claims),
            logout_hint=answer.signed,
        )


@checks("response.method", "response.repeated")
def _check_once(response: AuthenticationResponse, method: str) -> None:
    """RFC 6749, 3.1: no parameter more than once. And it is we who choose how it comes."""
    if response.method != method:
        raise ResponseInvalid("response.method", f"{response.method} where {method} was asked for")
    if twice := sorted(response.repeated & _FIELDS):
        raise ResponseInvalid("response.repeated", ", ".join(twice))


@checks("response.state")
def _check_state(response: AuthenticationResponse, expected: str) -> None:
    state = response.fields.get("state", "")
    if not compare_digest(state.encode(errors="replace"), expected.encode()):
        raise ResponseInvalid("response.state", "not the one that was sent")


@checks("response.code")
def _code(response: AuthenticationResponse) -> str:
    code = response.fields.get("code", "")
    if not (1 <= len(code) <= MAX_CODE and code.isascii() and code.isprintable()):
        raise ResponseInvalid("response.code", f"no code of 1 to {MAX_CODE} printable characters")
    return code
