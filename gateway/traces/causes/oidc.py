"""What the checks of an OIDC sign-in mean. A name that is not here is its family's: `id_token`."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gateway.traces.causes.cause import Cause, Kind, Place, Text

_CLOCK = _(
    "Compare the two moments with the right time: set the clock of whichever side is off "
    "(NTP). Both sides may be a minute apart, not more."
)
_REPLAYED = _(
    "One of these is somebody trying: nothing needs to be done. Many from one network may be a "
    "proxy or a browser extension that changes addresses or forms."
)
_NOT_STANDARD = _(
    "This answer is not what OpenID Connect asks for. Look at what stands between the gateway and "
    "the provider (a proxy, a portal page), then ask the vendor."
)


_ENCRYPT = _(
    "Set both sides alike: by RSA-OAEP-256 or ECDH-ES and by AES-GCM there, id_token_encrypted or "
    "userinfo here. Anything weaker is never taken."
)
_OUR_KEY = _("Let the provider read our present keys: they stand at /oidc/SLUG/jwks.json.")


def _wrong(what: Text) -> Cause:
    return Cause(kind=Kind.PROVIDER, what=what, remedy=_NOT_STANDARD, place=Place.LOGS)


def _forged(what: Text) -> Cause:
    return Cause(kind=Kind.TAMPERING, what=what, remedy=_REPLAYED)


def _clock(what: Text) -> Cause:
    return Cause(kind=Kind.CLOCK, what=what, remedy=_CLOCK)


OIDC: Mapping[str, Cause] = {
    "response": _wrong(_("The answer that the browser brought is none.")),
    "response.method": _wrong(_("The answer was posted; a redirect was asked for.")),
    "response.repeated": _forged(_("A parameter of the answer came twice.")),
    "response.state": _forged(_("The answer is to another sign-in than this browser began.")),
    "response.code": _wrong(_("There is neither a code nor an error in the answer.")),
    "response.iss": Cause(
        kind=Kind.TAMPERING,
        what=_("The answer names another issuer than this provider’s row, or none."),
        remedy=_(
            "If both name the same tenant, write the issuer here to the letter as its discovery "
            "document does. If not, somebody mixes two providers up: do not change the row."
        ),
        place=Place.KEYS,
    ),
    "par": Cause(
        kind=Kind.PROVIDER,
        what=_("The provider did not take the pushed request as RFC 9126 says."),
        remedy=_(
            "Look at its log; or set par: false here, where the provider does not require it."
        ),
        place=Place.LOGS,
    ),
    "token": _wrong(_("The token endpoint’s answer is none.")),
    "token.body": _wrong(_("The token endpoint did not answer with JSON.")),
    "token.type": _wrong(_("The token is not of the type Bearer.")),
    "token.id_token": Cause(
        kind=Kind.PROVIDER,
        what=_("No ID token came with the access token."),
        remedy=_("The client must be one for OpenID Connect, and allowed the scope openid."),
        place=Place.CLIENT,
    ),
    "token.access_token": _wrong(_("The access token has letters that no header can carry.")),
    "token.refresh_token": Cause(
        kind=Kind.PROVIDER,
        what=_("No refresh token came that could be kept, and recheck_minutes needs one."),
        remedy=_(
            "Allow this client refresh tokens there (the grant Refresh Token, the scope "
            "offline_access), or take recheck_minutes out of this provider’s row."
        ),
        place=Place.CLIENT,
    ),
    "id_token": _wrong(_("The ID token fails a check.")),
    "id_token.size": _wrong(_("The ID token is larger than 256 KB.")),
    "id_token.shape": _wrong(_("The ID token is no signed token, or holds no JSON object.")),
    "id_token.typ": _wrong(_("Another token of this provider stands where the ID token should.")),
    "id_token.crit": _wrong(_("The ID token’s header demands an extension unknown here.")),
    "id_token.alg": Cause(
        kind=Kind.PROVIDER,
        what=_("The ID token is signed by an algorithm that this provider’s row does not name."),
        remedy=_(
            "Choose RS256, PS256 or ES256 there; or, if the other is meant, add it to "
            "signing_algorithms here. HS256 and none are never taken."
        ),
        place=Place.CIPHERS,
    ),
    "id_token.kid": Cause(
        kind=Kind.KEYS,
        what=_("The ID token names a key that the provider does not publish."),
        remedy=_(
            "The keys were fetched anew already, once a minute at most. If it goes on, the keys at "
            "the provider’s jwks_uri are not those that it signs with; a key that is used only for "
            "this app (Entra: custom signing key) is not published there."
        ),
        place=Place.KEYS,
    ),
    "id_token.signature": Cause(
        kind=Kind.KEYS,
        what=_("The ID token’s signature is by no key that the provider publishes."),
        remedy=_(
            "The keys were fetched anew already. Just after a change of keys it mends itself in "
            "a minute. If it goes on, somebody else signs: compare the issuer here with the tenant."
        ),
        place=Place.KEYS,
    ),
    "id_token.key_issuer": _forged(_("The ID token is signed by a key of another tenant.")),
    "id_token.tid": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("She comes from a tenant that this provider’s row does not list."),
        remedy=_("If the tenant received is to be let in, add it to tenants here."),
        place=Place.KEYS,
    ),
    "id_token.iss": Cause(
        kind=Kind.HERE,
        what=_("The ID token is by another issuer than this provider’s row names."),
        remedy=_(
            "If what was received is your tenant, write it here as issuer, to the letter: a slash "
            "at the end, http or https, and version (v2.0) count. Keycloak: the realm’s Frontend "
            "URL. Okta: the org or the custom authorization server. If it is not yours, leave it."
        ),
        place=Place.KEYS,
    ),
    "id_token.aud": Cause(
        kind=Kind.HERE,
        what=_("The ID token is for another client than this provider’s row names."),
        remedy=_("Write the client id that stands there as client_id here, to the letter."),
        place=Place.CLIENT,
    ),
    "id_token.azp": Cause(
        kind=Kind.PROVIDER,
        what=_("The ID token was issued to another client, or to several and none by name."),
        remedy=_("Take the further audiences out of the ID token of this client."),
        place=Place.CLAIMS,
    ),
    "id_token.exp": _clock(_("The ID token was too old when it came.")),
    "id_token.iat": _clock(_("The ID token was issued in the future.")),
    "id_token.nbf": _clock(_("The ID token is not valid yet.")),
    "id_token.nonce": _forged(_("The ID token answers another sign-in than this browser began.")),
    "id_token.at_hash": _forged(_("The access token is not the one that the ID token names.")),
    "id_token.encryption": Cause(
        kind=Kind.PROVIDER,
        what=_(
            "The ID token is not encrypted as this provider’s row says, or is though it says no."
        ),
        remedy=_ENCRYPT,
        place=Place.CIPHERS,
    ),
    "id_token.decryption": Cause(
        kind=Kind.PROVIDER,
        what=_("The ID token is encrypted for another key than ours."),
        remedy=_OUR_KEY,
        place=Place.CIPHERS,
    ),
    "id_token.acr": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("She signed in by a weaker way than this provider’s row asks for."),
        remedy=_(
            "Let the provider’s policy ask for that factor at this app; or correct acr_values here."
        ),
        place=Place.PEOPLE,
    ),
    "id_token.auth_time": Cause(
        kind=Kind.TOO_OLD,
        what=_("She had signed in at the provider too long ago, and was not asked again."),
        remedy=_(
            "The provider must heed max_age and prompt=login and send auth_time; if it cannot, "
            "take max_age out of this provider’s row, and ages out of what apps demand."
        ),
        place=Place.CLAIMS,
    ),
    "id_token.session_expiry": Cause(
        kind=Kind.TOO_OLD,
        what=_("The provider’s own session was over already, as its session_expiry says."),
        remedy=_("Nothing: she signs in there anew. If it goes on, compare the clocks."),
        place=Place.LOGS,
    ),
    "id_token.sub": _wrong(_("The ID token does not say in lawful letters who she is.")),
    "access_token": Cause(
        kind=Kind.PROVIDER,
        what=_("The access token, which claims_from names, fails a check."),
        remedy=_("It must be signed like the ID token; else take access_token out of claims_from."),
        place=Place.CLAIMS,
    ),
    "access_token.exp": _clock(_("The access token was too old when it came.")),
    "access_token.iat": _clock(_("The access token was issued in the future.")),
    "access_token.nbf": _clock(_("The access token is not valid yet.")),
    "access_token.sub": _forged(_("The access token is about somebody else than the ID token.")),
    "claims_source": Cause(
        kind=Kind.PROVIDER,
        what=_("What a listed issuer says of claims that stand elsewhere fails a check."),
        remedy=_(
            "That issuer must sign it with a key that it publishes, by one of signing_algorithms; "
            "if it cannot, take it out of claims_providers here."
        ),
        place=Place.CLAIMS,
    ),
    "claims_source.exp": _clock(_("What stands elsewhere was too old when it came.")),
    "userinfo": _wrong(_("The userinfo endpoint’s answer is none.")),
    "userinfo.access_token": Cause(
        kind=Kind.PROVIDER,
        what=_("There is no access token to ask userinfo with."),
        remedy=_("Let the provider issue one, or set userinfo: off in this provider’s row."),
        place=Place.CLIENT,
    ),
    "userinfo.form": Cause(
        kind=Kind.HERE,
        what=_("Userinfo came in another form than this provider’s row names."),
        remedy=_(
            "Write the form that the provider sends as userinfo here: json, signed, encrypted."
        ),
        place=Place.CIPHERS,
    ),
    "userinfo.encryption": Cause(
        kind=Kind.PROVIDER,
        what=_("Userinfo is not encrypted as this provider’s row says, or is though it says no."),
        remedy=_ENCRYPT,
        place=Place.CIPHERS,
    ),
    "userinfo.decryption": Cause(
        kind=Kind.PROVIDER,
        what=_("Userinfo is encrypted for another key than ours."),
        remedy=_OUR_KEY,
        place=Place.CIPHERS,
    ),
    "userinfo.exp": _clock(_("Userinfo was too old when it came.")),
    "userinfo.body": _wrong(_("The userinfo endpoint did not answer with JSON.")),
    "userinfo.sub": _forged(_("Userinfo is about somebody else than the ID token.")),
    # Signing out: told to the provider, which is answered by the name of the check.
    "logout_token": _wrong(_("The provider’s logout token fails a check.")),
    # What a provider tells of its own accord, likewise.
    "revocation": _wrong(_("The provider’s request to end somebody’s sessions fails a check.")),
    "set": _wrong(_("The provider’s event token fails a check.")),
    "stream": _wrong(_("The transmitter did not make a stream as Shared Signals says.")),
    "poll": _wrong(_("The transmitter did not answer as RFC 8936 says.")),
    "frontchannel": _wrong(_("The provider’s frame for signing out does not name what it should.")),
}
