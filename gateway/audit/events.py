"""The closed catalogue of what can be on record, and what may stand beside each event.

A code is `subject.verb` in the past tense. A row holds only the fields named here, and no text in
it may look like a credential: the record is read by many and kept for years.
"""

from collections.abc import Mapping
from enum import StrEnum

from gateway.tokens.credentials import WITHHELD, looks_like_credential, storable

MAX_TEXT = 500  # of one text in a detail; a longer one is cut, an event is not a log
MAX_ITEMS = 50  # of one list in a detail

Detail = dict[str, "str | int | bool | list[str]"]


class Event(StrEnum):
    LOGIN_SUCCEEDED = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_DEACTIVATED = "account.deactivated"
    ACCOUNT_REACTIVATED = "account.reactivated"
    PROFILE_CHANGED = "profile.changed"
    IDENTITY_LINKED = "identity.linked"
    ROLE_GAINED = "role.gained"
    ROLE_LOST = "role.lost"
    ROLE_MASKED = "role.masked"
    ROLE_UNMASKED = "role.unmasked"
    ATTRIBUTE_CHANGED = "attribute.changed"
    SESSION_ENDED = "session.ended"
    SESSIONS_ENDED = "sessions.ended"
    SESSIONS_FORGOTTEN = "sessions.forgotten"
    SESSION_CLIENT_CHANGED = "session-client.changed"
    ENTRY_GRANTED = "entry.granted"
    STEP_UP_MISSED = "step-up.missed"
    PROVIDER_CONFIGURED = "provider.configured"
    PROVIDER_TESTED = "provider.tested"
    DRAFT_BEGUN = "provider-draft.begun"
    DRAFT_PROMOTED = "provider-draft.promoted"
    DRAFT_DROPPED = "provider-draft.dropped"
    PROVIDER_DELETED = "provider.deleted"
    PROVIDER_KEYS_TURNED = "provider-keys.turned"
    PROVIDER_REFRESHED = "provider.refreshed"
    DOMAIN_CLAIMED = "provider-domain.claimed"
    DOMAIN_STATED = "provider-domain.stated"
    DOMAIN_PROVEN = "provider-domain.proven"
    DOMAIN_MISSING = "provider-domain.missing"
    DOMAIN_LAPSED = "provider-domain.lapsed"
    DOMAIN_REQUIRED = "provider-domain.required"
    DOMAIN_RELEASED = "provider-domain.released"
    METADATA_CHANGED = "provider-metadata.changed"
    METADATA_HELD = "provider-metadata.held"
    METADATA_DISMISSED = "provider-metadata.dismissed"
    RULES_PUBLISHED = "rules.published"
    RULES_DELEGATED = "rules.delegated"
    RULES_DELEGATION_ENDED = "rules-delegation.ended"
    RULES_DRAFT_BEGUN = "rules-draft.begun"
    RULES_DRAFT_CHANGED = "rules-draft.changed"
    RULES_DRAFT_REBASED = "rules-draft.rebased"
    RULES_DRAFT_REMARKED = "rules-draft.remarked"
    RULES_DRAFT_SUBMITTED = "rules-draft.submitted"
    RULES_DRAFT_APPROVED = "rules-draft.approved"
    RULES_DRAFT_TAKEN_BACK = "rules-draft.withdrawn"
    RULES_DRAFT_DROPPED = "rules-draft.dropped"
    ROLLOUT_PAUSED = "rules-rollout.paused"
    ROLLOUT_RESUMED = "rules-rollout.resumed"
    ROLLOUT_DONE = "rules-rollout.done"
    CLAIMS_DRIFTED = "claims.drifted"
    DRIFT_ACCEPTED = "claims-drift.accepted"
    DRIFT_FAULT = "claims-drift.fault"
    DRIFT_OVER = "claims-drift.over"
    REMOVALS_HELD = "role-removals.held"
    RELYING_PARTY_CONFIGURED = "relying-party.configured"
    ROLE_CONFIGURED = "role.configured"
    API_TOKEN_MADE = "api-token.made"  # noqa: S105 -- an event
    API_TOKEN_REVOKED = "api-token.revoked"  # noqa: S105
    ADMIN_LINK_MADE = "admin-link.made"
    ADMIN_LINK_USED = "admin-link.used"
    SET_UP_LINK_MADE = "set-up-link.made"
    SET_UP_LINK_REVOKED = "set-up-link.revoked"
    READER_ADDED = "reader.added"
    READER_KEYS_HANDED = "reader-keys.handed"
    READER_REMOVED = "reader.removed"
    KEYS_ROTATED = "keys.rotated"
    SECRETS_ROTATED = "secrets.rotated"
    AUDIT_EXPORTED = "audit.exported"
    CONFIGURATION_ATTACKED = "configuration.attacked"
    APP_PROVED = "app.proved"


FIELDS: Mapping[Event, frozenset[str]] = {
    Event.LOGIN_SUCCEEDED: frozenset({"provider", "acr", "ruleset", "idp_initiated"}),
    Event.LOGIN_FAILED: frozenset({"provider", "code", "problem"}),
    Event.ACCOUNT_CREATED: frozenset({"username"}),
    Event.ACCOUNT_DEACTIVATED: frozenset({"reason"}),
    Event.ACCOUNT_REACTIVATED: frozenset({"reason"}),
    Event.PROFILE_CHANGED: frozenset({"fields"}),
    Event.IDENTITY_LINKED: frozenset({"issuer", "subject", "by"}),
    Event.ROLE_GAINED: frozenset({"role", "origin", "because", "ruleset"}),
    # What had given it; the rule's id alone is for whoever asks when a rule last did.
    Event.ROLE_LOST: frozenset({"role", "origin", "rule", "because", "ruleset"}),
    Event.ROLE_MASKED: frozenset({"role", "why", "by", "because", "ruleset"}),
    Event.ROLE_UNMASKED: frozenset({"role", "why", "ruleset"}),
    # Values are personal.
    Event.ATTRIBUTE_CHANGED: frozenset({"name", "origin", "because", "before", "ruleset"}),
    Event.ROLLOUT_PAUSED: frozenset({"version", "total", "done", "changed"}),
    Event.ROLLOUT_RESUMED: frozenset({"version", "total", "done", "changed"}),
    Event.ROLLOUT_DONE: frozenset({"version", "total", "done", "changed"}),
    # What is of another shape, never a value of it.
    Event.CLAIMS_DRIFTED: frozenset({"provider", "kind", "claim"}),
    Event.DRIFT_ACCEPTED: frozenset({"provider", "kind", "claim", "people"}),
    Event.DRIFT_FAULT: frozenset({"provider", "kind", "claim", "people"}),
    Event.DRIFT_OVER: frozenset({"provider", "kind", "claim", "people"}),
    Event.REMOVALS_HELD: frozenset({"provider", "roles"}),
    Event.SESSION_ENDED: frozenset({"provider", "reason"}),
    Event.SESSIONS_ENDED: frozenset({"count", "reason"}),
    # The receipt: how many edges there were, how many had forgotten, after how many milliseconds.
    Event.SESSIONS_FORGOTTEN: frozenset({"edges", "heard", "milliseconds"}),
    # In which browser and country it began, and where else it is used, as far as that is another.
    Event.SESSION_CLIENT_CHANGED: frozenset({"provider", "was", "is"}),
    Event.ENTRY_GRANTED: frozenset({"relying_party"}),
    # Which demands were not met, by name; and what her provider said of the way.
    Event.STEP_UP_MISSED: frozenset({"relying_party", "provider", "demanded", "acr"}),
    # Certificates by their SHA-256.
    Event.PROVIDER_CONFIGURED: frozenset(
        {"provider", "made", "fields", "certificates_added", "certificates_removed"}
    ),
    Event.PROVIDER_TESTED: frozenset({"provider", "failed_check"}),
    Event.DRAFT_BEGUN: frozenset({"provider", "fields"}),
    # Its figures: sign-ins that it judged.
    Event.DRAFT_PROMOTED: frozenset({"provider", "judged", "same", "different"}),
    Event.DRAFT_DROPPED: frozenset({"provider", "judged", "same", "different"}),
    # How many sessions ended, and how many held roles went.
    Event.PROVIDER_DELETED: frozenset({"provider", "sessions", "roles"}),
    # The names of the secrets, and whether they were made, are published, or are in use now.
    Event.PROVIDER_KEYS_TURNED: frozenset({"provider", "step", "keys"}),
    # The keys that were found, by name; or why it could not be fetched.
    Event.PROVIDER_REFRESHED: frozenset({"provider", "keys", "problem"}),
    Event.DOMAIN_CLAIMED: frozenset({"provider", "domain"}),
    Event.DOMAIN_STATED: frozenset({"provider", "domain"}),
    Event.DOMAIN_PROVEN: frozenset({"provider", "domain"}),
    # The proof is gone from DNS; it counts until then.
    Event.DOMAIN_MISSING: frozenset({"provider", "domain", "until"}),
    Event.DOMAIN_LAPSED: frozenset({"provider", "domain"}),
    Event.DOMAIN_REQUIRED: frozenset({"provider", "domain", "required"}),
    Event.DOMAIN_RELEASED: frozenset({"provider", "domain"}),
    Event.METADATA_CHANGED: frozenset(
        {"provider", "fields", "lowers", "certificates_added", "certificates_removed"}
    ),
    Event.METADATA_HELD: frozenset(
        {"provider", "fields", "lowers", "digest", "certificates_added", "certificates_removed"}
    ),
    Event.METADATA_DISMISSED: frozenset({"provider", "lowers", "digest"}),
    # Rules by their ids. A version that was a draft says which, and who had a hand in it.
    Event.RULES_PUBLISHED: frozenset(
        {"version", "based_on", "gained", "lost", "edited"}
        | {"draft", "edition", "author", "approved_by", "rolls_back_to", "alone"}
    ),
    # The person is the event's account.
    Event.RULES_DELEGATED: frozenset({"provider"}),
    Event.RULES_DELEGATION_ENDED: frozenset({"provider"}),
    Event.RULES_DRAFT_BEGUN: frozenset(
        {"draft", "name", "based_on", "rolls_back_to", "gained", "lost", "edited"}
    ),
    Event.RULES_DRAFT_CHANGED: frozenset(
        {"draft", "edition", "gained", "lost", "edited", "approval_ended"}
    ),
    Event.RULES_DRAFT_REBASED: frozenset(
        {"draft", "edition", "based_on", "gained", "lost", "edited", "approval_ended"}
    ),
    Event.RULES_DRAFT_REMARKED: frozenset({"draft", "edition", "rule"}),
    Event.RULES_DRAFT_SUBMITTED: frozenset({"draft", "edition"}),
    Event.RULES_DRAFT_APPROVED: frozenset({"draft", "edition"}),
    # From review or from approval, as it stood.
    Event.RULES_DRAFT_TAKEN_BACK: frozenset({"draft", "edition", "state"}),
    Event.RULES_DRAFT_DROPPED: frozenset({"draft", "edition"}),
    Event.RELYING_PARTY_CONFIGURED: frozenset({"relying_party", "made", "fields"}),
    Event.ROLE_CONFIGURED: frozenset({"role", "made", "fields"}),
    Event.API_TOKEN_MADE: frozenset({"token", "name", "scopes", "expires_at"}),
    Event.API_TOKEN_REVOKED: frozenset({"token", "name"}),
    Event.ADMIN_LINK_MADE: frozenset({"email", "expires_at"}),
    Event.ADMIN_LINK_USED: frozenset({"email"}),
    Event.SET_UP_LINK_MADE: frozenset({"provider", "link", "holder", "expires_at"}),
    Event.SET_UP_LINK_REVOKED: frozenset({"provider", "link", "holder"}),
    Event.READER_ADDED: frozenset({"reader", "app", "origins", "keys"}),
    Event.READER_KEYS_HANDED: frozenset({"reader", "app", "origins", "keys"}),
    Event.READER_REMOVED: frozenset({"reader", "app"}),
    Event.KEYS_ROTATED: frozenset({"use", "key_id", "retired"}),
    Event.SECRETS_ROTATED: frozenset({"count", "key_id"}),
    Event.AUDIT_EXPORTED: frozenset({"position", "count"}),
    Event.CONFIGURATION_ATTACKED: frozenset({"providers", "refused", "not_proven", "holes"}),
    Event.APP_PROVED: frozenset(
        {"relying_party", "direct", "honest", "refused", "cannot_tell", "holes"}
    ),
}


class DetailNotAllowed(Exception):
    """A flow tried to record a field that this event does not have, or no plain value."""


# The provider's lasting name for a person may well be 256 random-looking bits, and is no secret.
_OPAQUE = frozenset({"subject"})


def checked(event: Event, detail: Mapping[str, object]) -> Detail:
    """The detail as it may be stored: fields of the catalogue, plain values, no credentials.

    A text that looks like a credential is withheld rather than refused, since a stranger may have
    chosen it and the event must still be on record. Raises DetailNotAllowed for an unknown field.
    """
    strange = detail.keys() - FIELDS[event]
    if strange:
        raise DetailNotAllowed(f"{event} has no field {', '.join(sorted(strange))}")
    return {name: _value(name, value) for name, value in detail.items()}


def _value(name: str, value: object) -> str | int | bool | list[str]:
    if isinstance(value, str):
        return _text(value, opaque=name in _OPAQUE)
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [_text(item, opaque=False) for item in value[:MAX_ITEMS]]
    raise DetailNotAllowed(f"{name} is {type(value).__name__}, not text, number or texts")


def _text(value: str, *, opaque: bool) -> str:
    if not opaque and looks_like_credential(value):
        return WITHHELD
    return storable(value, MAX_TEXT)
