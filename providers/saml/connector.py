"""One configured SAML provider: signing in and signing out, as the floors above see it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from providers.connector import (
    MAX_UNSOLICITED_AGO,
    AuthenticationRequest,
    AuthenticationResponse,
    Binding,
    Dialect,
    LogoutAsked,
    LogoutNotice,
    LogoutRequest,
    SharedCache,
)
from providers.errors import ProviderMisconfigured, ProviderRefused, RequestUnknown, ResponseInvalid
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.saml import assertion, logout, messages, names
from providers.saml.encrypted_name import Decryption
from providers.saml.keys import private_key
from providers.saml.person import MAX_NAME_ID, LogoutHint, NameId, attributes_of, name_id_of
from providers.saml.response import Answer, Trust, verified
from providers.saml.settings import LASTING_FORMATS, MessageBinding, SamlSecrets, SamlSettings
from providers.saml.signing import Signer
from providers.saml.text import shown
from providers.trace import checks, heard


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlConnector:
    """Implements `Connector`, `LogoutConnector`, `SingleLogout` and `UnsolicitedConnector` of
    `providers.connector`.

    `entity_id` is ours at this provider: the address of our metadata. From `valid_until` on the
    provider's own metadata says that it must not be used (saml-metadata 2.3.2): nobody signs in,
    since a key that was taken back would be believed.
    """

    slug: str
    settings: SamlSettings
    secrets: SamlSecrets = field(repr=False)
    dialect: Dialect
    cache: SharedCache
    entity_id: str
    valid_until: datetime | None = None

    def begin(self, request: AuthenticationRequest, now: datetime) -> Binding:
        self._check_valid(now)
        message = messages.authn_request(self.settings, self.entity_id, request, now)
        return self._sent(
            self.settings.sso_binding, self.settings.sso_url, "SAMLRequest", message, request.id
        )

    def complete(
        self, request: AuthenticationRequest, response: AuthenticationResponse, now: datetime
    ) -> ExternalIdentity:
        if request.provider != self.slug:
            raise ResponseInvalid("saml.provider", "the sign-in was begun at another provider")
        self._check_valid(now)
        _check_answer(response, request.id)
        return self._believed(response, self._expected(request), now)

    @property
    def takes_unsolicited(self) -> bool:
        return self.settings.idp_initiated

    def unsolicited(
        self, callback_url: str, response: AuthenticationResponse, now: datetime
    ) -> ExternalIdentity:
        if not self.settings.idp_initiated:
            raise RequestUnknown("the row does not let this provider begin a sign-in")
        self._check_valid(now)
        _check_alone(response, "SAMLResponse", "SAMLRequest")
        expected = assertion.Expected(
            issuer=self.settings.entity_id,
            audience=self.entity_id,
            recipient=callback_url,
            request_id=None,
            authenticated_since=now - assertion.MAX_AUTHENTICATED_AGO,
            contexts=self.settings.answering_contexts,
            max_issued_ago=MAX_UNSOLICITED_AGO,
        )
        return self._believed(response, expected, now)

    @checks("saml.binding")
    def _believed(
        self, response: AuthenticationResponse, expected: assertion.Expected, now: datetime
    ) -> ExternalIdentity:
        if response.method != "POST":
            raise ResponseInvalid("saml.binding", "an answer comes as a posted form")
        answer = self._verified(response.fields["SAMLResponse"])
        statement = assertion.checked(answer, expected, now)
        name_id = name_id_of(statement.subject)
        attributes = attributes_of(answer.assertion)
        heard("attributes", attributes, values=self.settings.trace_claims)
        identity = self._identity(statement, name_id, attributes)
        self._use_once(statement, now)
        return identity

    def end_session(self, request: LogoutRequest, now: datetime) -> Binding | None:
        """None if the row names no address for it."""
        if self.settings.slo_url is None:
            return None
        hint = LogoutHint.load(request.hint)
        address = self.settings.slo_url
        message = messages.logout_request(address, self.entity_id, request, hint, now)
        return self._sent(self.settings.slo_binding, address, "SAMLRequest", message, request.id)

    def logout_ended(self, request: LogoutRequest, response: AuthenticationResponse) -> None:
        _check_answer(response, request.id)
        logout.check_logout_response(
            response,
            issuer=self.settings.entity_id,
            certificates=self.settings.certificates,
            destination=request.return_url,
            request_id=messages.message_id(request.id),
        )

    def logout_asked(
        self, response: AuthenticationResponse, address: str, now: datetime
    ) -> LogoutAsked:
        _check_alone(response, "SAMLRequest", "SAMLResponse")
        question = logout.logout_question(
            response,
            issuer=self.settings.entity_id,
            certificates=self.settings.certificates,
            decryption=self._decryption(),
            destination=address,
            now=now,
        )
        named = tuple(self._names(session)[0] for session in question.sessions)
        return LogoutAsked(
            notice=LogoutNotice(names=named, once=question.once),
            message_id=question.once.id,
            relay_state=question.relay_state,
        )

    def logout_answer(self, asked: LogoutAsked, now: datetime, *, ended: bool) -> Binding | None:
        address = self.settings.slo_response_url or self.settings.slo_url
        if address is None:
            return None
        message = messages.logout_response(
            address, self.entity_id, asked.message_id, now, ended=ended
        )
        binding = self.settings.slo_binding
        return self._sent(binding, address, "SAMLResponse", message, asked.relay_state)

    def _sent(
        self,
        binding: MessageBinding,
        address: str,
        parameter: messages.Parameter,
        message: bytes,
        relay_state: str | None,
    ) -> Binding:
        signer = Signer(
            private_key=self.secrets.private_keys[0],
            certificate=self.secrets.certificates[0],
            algorithm=self.settings.signature_algorithm,
        )
        send = messages.posted if binding == "post" else messages.redirected
        return send(address, parameter, message, relay_state, signer)

    def _names(self, hint: LogoutHint) -> tuple[str, ...]:
        return hint.names(self.settings.entity_id, self.entity_id)

    def _verified(self, form_field: str) -> Answer:
        try:
            return verified(form_field, self._trust())
        except ProviderRefused as refused:
            if self.dialect.lapsed(refused.description):
                raise RequestUnknown(f"the provider says {refused.description}") from refused
            raise

    def _check_valid(self, now: datetime) -> None:
        if self.valid_until is not None and self.valid_until <= now:
            problem = f"was valid until {self.valid_until} and could not be read anew"
            raise ProviderMisconfigured("metadata", problem)

    def _trust(self) -> Trust:
        return Trust(
            certificates=self.settings.certificates,
            signed=self.settings.signed,
            encrypted=self.settings.encrypted,
            decryption=self._decryption(),
        )

    def _decryption(self) -> Decryption:
        return Decryption(
            keys=tuple(private_key(pem) for pem in self.secrets.private_keys),
            allow_cbc=self.settings.allow_cbc,
        )

    def _expected(self, request: AuthenticationRequest) -> assertion.Expected:
        anew = messages.asks_anew(request)
        longest = timedelta(0) if anew else assertion.MAX_AUTHENTICATED_AGO
        return assertion.Expected(
            issuer=self.settings.entity_id,
            audience=self.entity_id,
            recipient=request.callback_url,
            request_id=messages.message_id(request.id),
            authenticated_since=request.begun_at - longest - assertion.CLOCK_SKEW,
            contexts=self.settings.answering_contexts,
        )

    @checks("claims.groups")
    def _identity(
        self, statement: assertion.Statement, name_id: NameId, attributes: dict[str, list[str]]
    ) -> ExternalIdentity:
        claims = self.dialect.claims(attributes)
        if self.dialect.groups_withheld(claims):
            # To go on would take away the roles that hang on the groups that were left out.
            raise ResponseInvalid("claims.groups", "more groups than the provider tells")
        subject = self._subject(name_id, claims)
        email, email_verified = self.dialect.email(claims)
        hint = LogoutHint(name_id=name_id, session_index=statement.session_index)
        return ExternalIdentity(
            provider=self.slug,
            # Keycloak's entity id is its OIDC issuer too: who signs SAML for it must not be able to
            # speak for the people of the other.
            subject=Subject(issuer=f"saml:{self.settings.entity_id}", value=subject),
            claims=claims,
            username=self.dialect.username(claims) or subject,
            name=self.dialect.name(claims),
            email=email,
            email_verified=email_verified,
            authenticated_at=statement.authenticated_at,
            auth_time_told=True,
            groups_told=self.dialect.tells_groups(attributes),
            acr=statement.context,
            amr=(),
            upstream_session=statement.session_index,
            upstream_names=self._names(hint),
            session_ends=statement.session_ends,
            logout_hint=hint.dump(),
        )

    @checks("saml.subject", "saml.name_id_format")
    def _subject(self, name_id: NameId, claims: ClaimSet) -> str:
        """Who she is for ever: the named attribute, else a NameID of the lasting kind asked for.

        An unspecified NameID is whatever the provider's admin chose. An address is never taken for
        a person: it may be somebody else's next year.
        """
        attribute = self.settings.subject_attribute
        if attribute is not None:
            values = claims.texts(attribute)
            if len(values) != 1 or not values[0].strip() or len(values[0]) > MAX_NAME_ID:
                raise ResponseInvalid("saml.subject", f"{len(values)} values of {attribute}")
            return values[0]
        asked_for = self.settings.name_id_format
        if name_id.format != asked_for or asked_for not in LASTING_FORMATS:
            raise ResponseInvalid(
                "saml.name_id_format",
                f"{shown(name_id.format)} was not asked for",
                expected=asked_for,
                received=name_id.format,
            )
        if asked_for == names.UNSPECIFIED and "@" in name_id.value:
            raise ResponseInvalid("saml.name_id_format", "an address: name a subject_attribute")
        return name_id.value

    @checks("saml.replay")
    def _use_once(self, statement: assertion.Statement, now: datetime) -> None:
        """Last of all, so that only a believed assertion is remembered, and until it has ended."""
        key = f"saml:seen:{self.slug}:{statement.assertion_id}"
        if not self.cache.add(key, b"", statement.deliverable_until - now):
            raise ResponseInvalid("saml.replay", "this assertion was used before")


@checks("saml.relay_state")
def _check_answer(response: AuthenticationResponse, relay_state: str) -> None:
    _check_alone(response, "SAMLResponse", "SAMLRequest")
    if response.fields.get("RelayState") != relay_state:
        raise ResponseInvalid("saml.relay_state", "not that of the request")


@checks("saml.parameters")
def _check_alone(response: AuthenticationResponse, wanted: str, other: str) -> None:
    if response.repeated & {"SAMLResponse", "SAMLRequest", "RelayState", "SigAlg", "Signature"}:
        raise ResponseInvalid("saml.parameters", "a field came twice")
    if wanted not in response.fields or other in response.fields:
        raise ResponseInvalid("saml.parameters", f"not exactly one {wanted}")
