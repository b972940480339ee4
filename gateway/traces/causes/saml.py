"""What the checks of a SAML answer mean. A name that is not here is its family's: `saml`."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gateway.traces.causes.cause import Cause, Kind, Place, Text

_CLOCK = _(
    "Compare the moments with the right time: set the clock of whichever side is off (NTP). Both "
    "sides may be a minute apart, not more."
)
_REPLAYED = _(
    "One of these is somebody trying, or a browser’s Back button: nothing needs to be done. Many "
    "mean that something between browser and gateway repeats or changes forms."
)
_NOT_STANDARD = _(
    "This message is not what SAML 2.0 asks for, or more than this gateway takes. See the "
    "provider’s settings for this app, then ask the vendor."
)
_SIGN = _(
    "Let the provider sign what this row’s setting signed names, by RSA-SHA256 or stronger, over "
    "the element itself."
)


def _wrong(what: Text) -> Cause:
    return Cause(kind=Kind.PROVIDER, what=what, remedy=_NOT_STANDARD, place=Place.SERVICE)


def _forged(what: Text) -> Cause:
    return Cause(kind=Kind.TAMPERING, what=what, remedy=_REPLAYED)


def _clock(what: Text) -> Cause:
    return Cause(kind=Kind.CLOCK, what=what, remedy=_CLOCK)


def _signing(what: Text) -> Cause:
    return Cause(kind=Kind.PROVIDER, what=what, remedy=_SIGN, place=Place.CIPHERS)


def _addressed(what: Text) -> Cause:
    remedy = _(
        "Write there what was expected here, to the letter: our entity id and ACS address stand in "
        "our metadata, /saml/SLUG/metadata."
    )
    return Cause(kind=Kind.PROVIDER, what=what, remedy=remedy, place=Place.SERVICE)


SAML: Mapping[str, Cause] = {
    "saml": _wrong(_("The message fails a check.")),
    # The form, and the document in it.
    "saml.provider": _forged(_("The sign-in was begun at another provider.")),
    "saml.binding": _wrong(_("The answer did not come as a posted form.")),
    "saml.relay_state": _forged(_("The answer is to another sign-in than this browser began.")),
    "saml.parameters": _forged(_("The form has not exactly one SAMLResponse.")),
    "saml.size": _wrong(_("The message is larger than any that makes sense.")),
    "saml.base64": _wrong(_("The message is not base64.")),
    "saml.inflate": _wrong(_("The message is not one DEFLATE stream.")),
    "saml.encoding": _wrong(_("The message is not UTF-8.")),
    "saml.markup": _forged(_("The message has a DTD, a comment, CDATA or an instruction in it.")),
    "saml.xml": _wrong(_("The message is not well-formed XML.")),
    "saml.namespace": _forged(_("The message has a namespace that is no address.")),
    "saml.identifier": _forged(_("Two elements of the message have one identifier.")),
    "saml.text": _forged(_("There are elements where only text may be.")),
    "saml.message": _wrong(_("The message is not the one that was asked for.")),
    "saml.schema": _wrong(_("The message is none by the schema of SAML 2.0.")),
    "saml.version": _wrong(_("The message is not of SAML 2.0.")),
    "saml.status": _wrong(_("The message does not say whether it is a yes.")),
    "saml.assertion_count": _wrong(_("There is not exactly one assertion in the message.")),
    "saml.assertion_place": _forged(_("The assertion stands where none may stand.")),
    # Signatures and ciphers.
    "saml.unsigned": _signing(_("A part is not signed that this provider’s row wants signed.")),
    "saml.signature": Cause(
        kind=Kind.KEYS,
        what=_("The signature is by no certificate of this provider’s row."),
        remedy=_(
            "Compare the certificate there with those here; if the provider has changed it, add "
            "the new one beside the old (or read its metadata again). If it has not, somebody else "
            "signs, or the message was changed on its way: do not change the row."
        ),
        place=Place.KEYS,
    ),
    "saml.signature_count": _forged(_("An element is signed twice.")),
    "saml.signature_place": _forged(_("A signature stands where none may stand.")),
    "saml.signature_shape": _signing(_("The signature has other parts than SAML’s.")),
    "saml.signature_algorithm": _signing(_("It is signed by an algorithm that is too weak.")),
    "saml.digest_algorithm": _signing(_("It is signed over a digest that is too weak (SHA-1?).")),
    "saml.canonicalization": _signing(_("It is signed by a canonicalisation that is not allowed.")),
    "saml.reference": _forged(_("The signature is over another element than it stands in.")),
    "saml.transforms": _signing(_("The signature has transforms that SAML does not allow.")),
    "saml.encryption": Cause(
        kind=Kind.PROVIDER,
        what=_("It is not encrypted though the row asks for it, or by an algorithm not allowed."),
        remedy=_(
            "Encrypt the assertion there by AES-GCM, its key by RSA-OAEP. Where only CBC can be "
            "chosen, allow_cbc here takes it, which is weaker."
        ),
        place=Place.CIPHERS,
    ),
    "saml.decryption": Cause(
        kind=Kind.PROVIDER,
        what=_("It is encrypted for another key than ours."),
        remedy=_("Give the provider our present certificate: it is in /saml/SLUG/metadata."),
        place=Place.CIPHERS,
    ),
    # By whom, for whom, when.
    "saml.issuer": Cause(
        kind=Kind.HERE,
        what=_("The message is by another entity than this provider’s row names."),
        remedy=_(
            "If what was received is your tenant, write it here as entity_id, to the letter. If it "
            "is not yours, leave it."
        ),
        place=Place.KEYS,
    ),
    "saml.destination": _addressed(_("The message is for another address than our ACS.")),
    "saml.recipient": _addressed(_("The assertion is for another address than our ACS.")),
    "saml.audience": _addressed(_("The assertion is for another service than us.")),
    "saml.in_response_to": _forged(_("It answers another sign-in, or none (begun there).")),
    "saml.confirmation": _wrong(_("There is not exactly one confirmation of the kind bearer.")),
    "saml.conditions": _wrong(_("There is a condition that is not understood, or none at all.")),
    "saml.issue_instant": _clock(_("The message was made too long ago, or in the future.")),
    "saml.not_before": _clock(_("The assertion is not valid yet.")),
    "saml.not_on_or_after": _clock(_("The assertion was too old when it came, or never ends.")),
    "saml.authn_instant": Cause(
        kind=Kind.TOO_OLD,
        what=_("She had signed in at the provider too long ago, or in the future."),
        remedy=_(
            "If she was to be asked anew, the provider must heed ForceAuthn. A moment in the "
            "future is a clock that is off."
        ),
        place=Place.PEOPLE,
    ),
    "saml.authn_statement": _wrong(_("It does not say when and how she signed in.")),
    "saml.authn_context": _wrong(_("How she signed in cannot be read.")),
    "saml.session_ended": Cause(
        kind=Kind.TOO_OLD,
        what=_("Her session at the provider has ended already."),
        remedy=_("Nothing: she begins again. If it goes on, compare the clocks."),
    ),
    "saml.session_index": _wrong(_("The name of her session there is too long.")),
    "saml.replay": _forged(_("This assertion was used before.")),
    # Who.
    "saml.subject": Cause(
        kind=Kind.PROVIDER,
        what=_("There is not exactly one lasting identifier of her."),
        remedy=_("Send the attribute that subject_attribute here names, with one value."),
        place=Place.CLAIMS,
    ),
    "saml.name_id": Cause(
        kind=Kind.PROVIDER,
        what=_("There is no NameID that can be read."),
        remedy=_("Send one of at most 256 letters, in clear within the assertion."),
        place=Place.CLAIMS,
    ),
    "saml.name_id_format": Cause(
        kind=Kind.PROVIDER,
        what=_("The NameID is of another format than was asked for."),
        remedy=_(
            "Send persistent there; or name here a subject_attribute that never changes. An "
            "address is no identity: it may be somebody else’s next year."
        ),
        place=Place.CLAIMS,
    ),
    "saml.attributes": Cause(
        kind=Kind.PROVIDER,
        what=_("There are more attributes than a person can have, or ones that are encrypted."),
        remedy=_("Send fewer, and none encrypted by itself."),
        place=Place.CLAIMS,
    ),
    "saml.logout_hint": _wrong(_("What was kept for signing out there cannot be read.")),
}
