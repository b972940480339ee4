"""The kit finds every hole that is known of python3-saml 1.16.0, called as its README shows."""

from collections.abc import Mapping

import pytest

from providers.attacks.attack import Outcome, judged
from providers.attacks.saml import CONTROLS, SIGN_IN, SIGN_OUT
from providers.attacks.saml.provider import PlayedSamlProvider
from providers.attacks.saml.signing import key_pair
from providers.attacks.saml.target import SamlAttack
from providers.saml.settings import parse
from tests.attack.stock_saml import ENTITY, SERVICE, Stock

FORMS = ("response", "assertion", "encrypted")
# By the hole: the attacks of which each must get through, or bring the library down.
HOLES: dict[str, tuple[str, ...]] = {
    "an answer without InResponseTo": ("saml.in-response-to-nothing",),
    "InResponseTo around the signed assertion decides": ("saml.in-response-to-stripped-around",),
    "no AudienceRestriction": ("saml.audience-missing",),
    "two AudienceRestrictions, one foreign": ("saml.audiences-two",),
    "Destination is compared by its beginning": ("saml.destination-longer",),
    "Recipient is searched for ours": ("saml.recipient-around-ours", "saml.recipient-missing"),
    "no end of the delivery": ("saml.delivery-without-end",),
    "no end of the conditions": ("saml.validity-without-end",),
    "the same answer twice": ("saml.replayed",),
    "what ended four minutes ago": ("saml.validity-over",),
    "an unsigned LogoutRequest ends the session": ("saml-logout.unsigned-redirect",),
    "a message that inflates": ("saml-logout.inflation",),
    "SHA-1": ("saml.signature-sha1", "saml.digest-sha1", "saml-logout.sha1"),
    "any cipher": ("saml.key-transport-pkcs1", "saml.cipher-cbc", "saml.cipher-3des"),
    "RelayState is followed": ("saml.relay-state-address",),
    "a sign-in that nobody asked for": ("saml.unsolicited",),
    "a program runs before the signature is judged": ("saml.transform-xslt",),
    "SAML 1.1": ("saml.version-1",),
    "any moment of issue and authentication": ("saml.issued-long-ago", "saml.authenticated-later"),
    "ten years": ("saml.validity-ten-years", "saml.delivery-ten-years"),
    "no limit of values and names": ("saml.groups-bomb", "saml.name-too-long"),
}
# Known holes at which no forged message can be fired, and why.
OUT_OF_REACH = {
    "no Destination": "lawful for an unsigned wrapping, where Recipient says the same, signed",
    "SubjectConfirmation without Method": "its schema refuses that before",
    "the settings are changed in place": "nothing that a message could show",
    "one decryption key": "an outage while keys turn over, and nothing that is believed",
    "fingerprints by SHA-1": "for whoever sets them; the README’s settings have a certificate",
    "the Host header": "whatever the caller hands on",
    "metadata": "read when an administrator says so, and no message of a sign-in",
}


def _fired(form: str) -> dict[str, Outcome]:
    pairs = {keyless: key_pair("idp" if keyless else "attack-kit") for keyless in (True, False)}

    def fire(each: SamlAttack) -> Outcome | None:
        certificate = pairs[each.keyless].certificate
        row = {"entity_id": ENTITY, "sso_url": "https://idp.corp.example/sso"}
        row |= {"signed": "assertion" if form == "encrypted" else form}
        known = {"certificates": [certificate], "encrypted": form == "encrypted"}
        provider = PlayedSamlProvider(
            parse({**row, **known, "name_id_format": "unspecified"}),
            encrypt_to=SERVICE.certificate,
            keyless=each.keyless,
        )
        once = form == "assertion" or not each.keyless  # some of these cost seconds
        if not (once and each.where(provider)):
            return None
        return judged(each, lambda: each.fire(Stock(provider, certificate), provider))

    fired = [fire(each) for each in (*CONTROLS, *SIGN_IN, *SIGN_OUT)]
    return {outcome.attack: outcome for outcome in fired if outcome is not None}


@pytest.fixture(scope="module")
def outcomes() -> Mapping[str, Mapping[str, Outcome]]:
    return {form: _fired(form) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
def test_honest_messages_are_taken(
    outcomes: Mapping[str, Mapping[str, Outcome]], form: str
) -> None:
    controls = [outcomes[form][control.name].verdict for control in CONTROLS]
    assert controls == ["accepted", "accepted"]


@pytest.mark.parametrize("hole", HOLES)
def test_the_kit_finds_the_hole(outcomes: Mapping[str, Mapping[str, Outcome]], hole: str) -> None:
    for attack in HOLES[hole]:
        found = {outcomes[form][attack].verdict for form in FORMS if attack in outcomes[form]}
        assert found & {"accepted", "error", "costly"}, (attack, found)


@pytest.mark.parametrize(
    "attack", ["saml.xsw1", "saml.xsw3", "saml.xsw8", "saml.unsigned", "saml.stranger-key"]
)
def test_what_the_library_does_refuse_is_not_called_a_hole(
    outcomes: Mapping[str, Mapping[str, Outcome]], attack: str
) -> None:
    found = {outcomes[form][attack].verdict for form in FORMS if attack in outcomes[form]}
    assert found == {"not-proven"}
