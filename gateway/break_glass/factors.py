"""Second factors: codes of an app (RFC 6238), passkeys (Web Authentication, level 3), and recovery
codes. The only module that knows how django-allauth does it.

Nothing here is on record, and no session begins here.
"""

import json
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import (
    WebAuthn,
    get_authenticator_by_credential_id,
    get_credentials,
)
from fido2.server import Fido2Server
from fido2.webauthn import (
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from provisioning.models import Account

PERIOD = 30  # seconds of one code of an app
MAX_ANSWER = 20_000  # letters of what a browser says of a passkey
# What reading whatever a browser sends may end in: JSON, CBOR (RFC 8949) and keys (RFC 9052).
_MALFORMED = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError),
    *(RecursionError, TypeError, ValueError, struct.error),
)
_USED = "counter"  # in the library's `data`: of the newest code that was used
Options = dict[str, Any]  # what a browser's `navigator.credentials` takes
State = dict[str, Any]  # what is needed to judge its answer; not for the browser to change


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where passkeys are for: they answer to no other origin."""

    name: str
    origin: str

    def server(self) -> Fido2Server:
        host = urlsplit(self.origin).hostname or ""
        entity = PublicKeyCredentialRpEntity(id=host, name=self.name)
        return Fido2Server(entity, verify_origin=lambda origin: origin == self.origin)


# --- codes of an app -------------------------------------------------------------------------


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them (RFC 4226, 4)."""
    secret: str = generate_totp_secret()
    return secret


def address_of(secret: str, account: str, issuer: str) -> str:
    """What a QR code carries to the app."""
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"


def counter_of(secret: str, code: str, now: datetime) -> int | None:
    """Which code of the app it is: of now, or of half a minute earlier or later (RFC 6238, 5.2).
    None if it is none of them.
    """
    current = int(now.timestamp()) // PERIOD
    for counter in (current, current - 1, current + 1):
        expected = format_hotp_value(hotp_value(secret, counter))
        if compare_user_code(actual=code, expected=expected):
            return counter
    return None


def has_app(account: Account) -> bool:
    return bool(_rows(account, Authenticator.Type.TOTP).exists())


def add_app(account: Account, secret: str, used: int) -> None:
    """`used` is the counter of the code that showed that she has it."""
    row = TOTP.activate(account, secret).instance
    row.data[_USED] = used
    row.save(update_fields=["data"])


def use_code(account: Account, code: str, now: datetime) -> bool:
    """Whether her app shows it, and showed none of those that were used before later than this one
    (RFC 6238, 5.2: a code works once). The caller has locked the account's row. Raises SealBroken.
    """
    row = _rows(account, Authenticator.Type.TOTP).first()
    if row is None:
        return False
    counter = counter_of(decrypt(row.data["secret"]), code, now)
    if counter is None or counter <= row.data.get(_USED, -1):
        return False
    row.data[_USED] = counter
    row.save(update_fields=["data"])
    row.record_usage()
    return True


# --- recovery codes --------------------------------------------------------------------------


def recovery_codes(account: Account) -> list[str]:
    """Those that were not used; made if there are none yet. Raises SealBroken."""
    codes: list[str] = RecoveryCodes.activate(account).get_unused_codes()
    return codes


def use_recovery_code(account: Account, code: str) -> bool:
    """Whether it is one of hers; it never is again. Raises SealBroken."""
    row = _rows(account, Authenticator.Type.RECOVERY_CODES).first()
    return row is not None and bool(RecoveryCodes(row).validate_code(code))


# --- passkeys --------------------------------------------------------------------------------


def offer_passkey(account: Account, place: Place) -> tuple[Options, State]:
    """For a new one."""
    options, state = place.server().register_begin(
        user=PublicKeyCredentialUserEntity(
            id=account.pk.bytes, name=account.email, display_name=account.get_full_name()
        ),
        credentials=get_credentials(account),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return dict(options), state


def add_passkey(account: Account, place: Place, state: State, answer: str) -> bool:
    """Whether the browser's answer to an offer fits; then the passkey is hers."""
    try:
        credential = _read(answer)
        RegistrationResponse.from_dict(credential)
        place.server().register_complete(state, credential)
    except _MALFORMED:
        return False
    WebAuthn.add(account, "passkey", credential)
    return True


def ask_for_passkey(account: Account, place: Place) -> tuple[Options, State] | None:
    """None if she has none."""
    known = get_credentials(account)
    if not known:
        return None
    options, state = place.server().authenticate_begin(
        credentials=known, user_verification=UserVerificationRequirement.PREFERRED
    )
    return dict(options), state


def use_passkey(account: Account, place: Place, state: State, answer: str) -> bool:
    """Whether the browser's answer is of one of hers."""
    try:
        credential = AuthenticationResponse.from_dict(_read(answer))
        known = place.server().authenticate_complete(state, get_credentials(account), credential)
        row = get_authenticator_by_credential_id(account, known.credential_id)
    except _MALFORMED:
        return False
    return row is not None and _counts_on(row, credential.response.authenticator_data.counter)


def _counts_on(row: Authenticator, count: int) -> bool:
    """A counter that does not grow is that of a copy (Web Authentication, 7.2, step 22); passkeys
    that are kept in several places have none.
    """
    if (count or row.data.get("count", 0)) and count <= row.data.get("count", 0):
        return False
    row.data["count"] = count
    row.save(update_fields=["data"])
    row.record_usage()
    return True


# --- all of them -----------------------------------------------------------------------------


def forget(account: Account) -> None:
    Authenticator.objects.filter(user=account).delete()


def _rows(account: Account, kind: str) -> Any:  # noqa: ANN401 -- a query of an untyped model
    return Authenticator.objects.filter(user=account, type=kind)


def _read(answer: str) -> dict[str, Any]:
    """Raises ValueError."""
    if len(answer) > MAX_ANSWER:
        raise ValueError("longer than any passkey's answer")
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 -- to whoever reads it both are one thing
    return found
