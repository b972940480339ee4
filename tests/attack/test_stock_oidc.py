"""The kit finds every hole that is known of mozilla-django-oidc 5.0.2 as it comes.

What the gateway refuses shows that it is strict only if the same messages get through where nobody
is. Each hole is one that was found by hand, before there was a kit.
"""

import json
import subprocess
import sys

import pytest

from tests.house.test_shape import ROOT

# By the hole: the attacks of which each must get through, or bring the library down.
HOLES: dict[str, tuple[str, ...]] = {
    "iss is not checked": ("oidc.iss-of-another", "oidc.iss-missing"),
    "aud is switched off": ("oidc.aud-of-another", "oidc.aud-of-others", "oidc.aud-missing"),
    "azp is never looked at": ("oidc.azp-of-another", "oidc.aud-several-without-azp"),
    "at_hash is never looked at": ("oidc.at-hash-of-another",),
    "acr is never looked at": ("oidc.acr-weaker", "oidc.acr-missing"),
    "auth_time and max_age are never looked at": ("oidc.auth-time-too-long-ago",),
    "exp is optional": ("oidc.exp-missing",),
    "a token that is over is HTTP 500": ("oidc.expired",),
    "a clock that is off is HTTP 500": ("oidc.iat-ahead", "oidc.nbf-ahead"),
    "a token without kid is HTTP 500": ("oidc.kid-absent-several-keys",),
    "no nonce equals no nonce, in signed userinfo": ("oidc.userinfo-signed-unasked",),
    "userinfo may be about somebody else": ("oidc.userinfo-sub-of-another",),
    "accounts are chosen by an address that nobody vouched for": ("oidc.address-of-another",),
    "the issuer on the way back is ignored": ("oidc.mix-up", "oidc.mix-up-iss-missing"),
    "the use of a published key is ignored": ("oidc.keys-for-encryption",),
    "PKCE is off": ("oidc.stolen-code",),
    "an error that nobody asked for signs out": ("oidc.error-without-state",),
}
# Known holes at which no forged message can be fired, and why.
OUT_OF_REACH = {
    "HS256 by default, and the client secret as the key for algorithms it does not know": (
        "needs the client secret, which only the two sides have"
    ),
    "keys are fetched at every sign-in": "a cost on the network, and no message that is believed",
    "no time limit": "a provider that never answers gives no verdict",
    "one `next` for all tabs": "a mix-up within one person's own browser",
    "tokens stand in the session in clear": "nothing that a message could show",
    "SessionRefresh and OIDCAuthentication": "other doors, which the quick start leaves closed",
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.attack.stock_oidc"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_an_honest_message_is_taken(verdicts: dict[str, str]) -> None:
    assert verdicts["oidc.control"] == "accepted"


@pytest.mark.parametrize("hole", HOLES)
def test_the_kit_finds_the_hole(verdicts: dict[str, str], hole: str) -> None:
    found = {attack: verdicts[attack] for attack in HOLES[hole]}
    assert set(found.values()) <= {"accepted", "error"}, found


@pytest.mark.parametrize(
    "attack",
    [
        "oidc.alg-none",
        "oidc.hs256-public-key",
        "oidc.stranger-key",
        "oidc.embedded-jwk",
        "oidc.state-missing",
        "oidc.state-made-up",
        "oidc.state-reused",
        "oidc.state-of-another-browser",
        "oidc.nonce-of-another",
    ],
)
def test_what_the_library_does_refuse_is_not_called_a_hole(
    verdicts: dict[str, str], attack: str
) -> None:
    assert verdicts[attack] == "not-proven"
