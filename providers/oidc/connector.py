"""One OIDC provider as a `Connector`: authorization code flow with PKCE, state and nonce.

`complete` reads top to bottom: what the browser brought, the code for tokens, the ID token,
userinfo, and at last the person. Nothing is asked of the provider before the browser's answer is
found to be one to this login.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
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
from providers.identity import ExternalIdentity
from providers.oidc import logout
from providers.oidc.answers import upstream_description, upstream_word
from providers.oidc.client import client
from providers.oidc.client_keys import decryption_keys
from providers.oidc.elsewhere import ClaimsProviders
from providers.oidc.encryption import is_encrypted, signed_part
from providers.oidc.id_token import Expected, IdToken, verify
from providers.oidc.issuer import Issuer
from providers.oidc.metadata import ProviderMetadata, published
from providers.oidc.par import push
from providers.oidc.person import PersonReader, Vouched
from providers.oidc.question import max_age, parameters
from providers.oidc.renewal import Renewal, renewal_of, verify_again
from providers.oidc.response import check_once, check_state, code_of
from providers.oidc.settings import OidcSettings
from providers.oidc.signed_token import Keys
from providers.oidc.token_endpoint import Tokens, redeem
from providers.trace import checks


class OidcConnector:
    """Implements `Connector`, `LogoutConnector`, `BackChannelLogout`, `FrontChannelLogout`,
    `Refreshes`.

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
        self._issuer = Issuer(configured=settings.issuer, tenants=frozenset(settings.tenants))
        self._published = published(slug, settings, http, cache)
        asked = settings.groups_overage or settings.workspace_groups
        self._directory = dialect.directory if asked else None
        self._people = PersonReader(
            slug=slug,
            settings=settings,
            dialect=dialect,
            http=self._http,
            decryption_keys=self._decryption_keys,
            claims_providers=ClaimsProviders(
                slug, settings.claims_providers, settings.signing_algorithms, http, cache
            ),
            directory=self._directory,
        )

    @property
    def recheck_every(self) -> timedelta | None:
        return self._settings.recheck_every

    def begin(self, request: AuthenticationRequest, now: datetime) -> Binding:
        settings = self._settings
        offline = self._dialect.offline if settings.recheck_every else {}
        scope = self._scope(offline.get("scope"))
        sent = parameters(settings, request, scope, offline)
        metadata = self._metadata(now)
        if settings.par or metadata.requires_pushed_requests:
            sent = self._pushed(metadata, sent, now)
        return RedirectBinding(url=with_query(metadata.authorization_endpoint, **sent))

    def _scope(self, offline: str | None) -> str:
        """What the row says, and what its other settings need."""
        directory = self._directory.scope if self._directory else None
        return " ".join(dict.fromkeys(filter(None, (*self._settings.scopes, offline, directory))))

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
            "code": code_of(response),
            "redirect_uri": request.callback_url,
            "code_verifier": request.code_verifier,
        }
        tokens = redeem(self._http, metadata.token_endpoint, self._client, form, now)
        signed = self._signed(tokens)
        expected = self._expected(request, tokens, now)
        if request.force_authentication or self._settings.prompt == "login":
            expected = replace(expected, authenticated_since=request.begun_at)
        id_token = verify(signed, expected, self._keys(now))
        signed_by = id_token.claims["iss"]
        if (named := response.fields.get("iss", signed_by)) != signed_by:
            problem = "one issuer answered, another one signed"
            raise ResponseInvalid("response.iss", problem, expected=signed_by, received=named)
        identity = self._read(tokens, signed, id_token, metadata, now)
        if self._settings.recheck_every is None:
            return identity
        return replace(identity, renewal=renewal_of(request.nonce, tokens, id_token))

    def refresh(self, renewal: str, keep: Callable[[str], None], now: datetime) -> ExternalIdentity:
        before = Renewal.read(renewal)
        metadata = self._metadata(now)
        form = {"grant_type": "refresh_token", "refresh_token": before.refresh_token}
        tokens = redeem(self._http, metadata.token_endpoint, self._client, form, now)
        if tokens.refresh_token is not None:
            before = replace(before, refresh_token=tokens.refresh_token)
            keep(before.written())
        signed = self._signed(tokens)
        expected = self._expected(None, tokens, now)
        id_token = verify_again(signed, expected, before, self._keys(now))
        return self._read(tokens, signed, id_token, metadata, now)

    def _signed(self, tokens: Tokens) -> str:
        """The ID token as it was signed."""
        encrypted = self._settings.id_token_encrypted
        return signed_part(
            tokens.id_token, "id_token", encrypted=encrypted, keys=self._decryption_keys
        )

    def _read(
        self,
        tokens: Tokens,
        signed: str,
        id_token: IdToken,
        metadata: ProviderMetadata,
        now: datetime,
    ) -> ExternalIdentity:
        return self._people.read(
            Vouched(
                tokens=tokens,
                signed=signed,
                id_token=id_token,
                metadata=metadata,
                keys=self._keys(now),
                now=now,
            )
        )

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
        check_once(response, "GET")
        check_state(response, request.id)
        if "error" in response.fields:
            raise ProviderRefused(upstream_word(response.fields["error"]))

    def logout_told(self, logout_token: str, now: datetime) -> LogoutNotice:
        signed = signed_part(
            logout_token,
            "logout_token",
            encrypted=is_encrypted(logout_token),
            keys=self._decryption_keys,
        )
        return logout.verify(
            signed,
            issuer=self._issuer,
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
        return logout.framed(response, self._issuer)

    def _metadata(self, now: datetime) -> ProviderMetadata:
        found = self._published.metadata(now)
        return found if self._client.certificate is None else found.with_client_certificate()

    @checks("response.iss")
    def _check_response(
        self, request: AuthenticationRequest, response: AuthenticationResponse, now: datetime
    ) -> ProviderMetadata:
        """OIDC Core 3.1.2.7 and RFC 9207, 2.4: an answer to this login, by this provider, a yes."""
        check_once(response, "POST" if self._settings.response_mode == "form_post" else "GET")
        check_state(response, request.id)
        issuer = response.fields.get("iss")
        if issuer is not None and not self._issuer.includes(issuer):
            problem, wanted = "another provider answered", self._issuer.published
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

    def _expected(
        self, request: AuthenticationRequest | None, tokens: Tokens, now: datetime
    ) -> Expected:
        settings = self._settings
        return Expected(
            issuer=self._issuer,
            client_id=settings.client_id,
            nonce="" if request is None else request.nonce,
            access_token=tokens.access_token,
            algorithms=settings.signing_algorithms,
            acr_values=settings.acr_values,
            max_age=max_age(settings, request),
            authenticated_since=None,
            now=now,
        )

    def _keys(self, now: datetime) -> Keys:
        return Keys(
            known=lambda: self._published.keys(now),
            renewed=lambda: self._published.renewed_keys(now),
        )
