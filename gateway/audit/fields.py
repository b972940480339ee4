"""What may stand beside each event of the record.

A row holds only the fields named here, and no text in it may look like a credential: the record is
read by many and kept for years.
"""

from collections.abc import Mapping

from gateway.audit.events import Event

_OF_A_RUN = frozenset({"directory", "run", "people", "differences", "removals"})
FIELDS: Mapping[Event, frozenset[str]] = {
    Event.LOGIN_SUCCEEDED: frozenset({"provider", "acr", "ruleset", "idp_initiated"}),
    Event.LOGIN_FAILED: frozenset({"provider", "code", "problem"}),
    # No name of hers: rows outlive whoever is erased.
    Event.ACCOUNT_CREATED: frozenset(),
    # Whence the word came, how many sessions ended with it, and which API tokens.
    Event.ACCOUNT_DEACTIVATED: frozenset({"source", "reason", "count", "tokens"}),
    Event.ACCOUNT_REACTIVATED: frozenset({"source", "reason"}),
    # One more source says that it is closed; one says so no more, and these still do.
    Event.CLOSURE_ADDED: frozenset({"source", "reason", "count", "tokens"}),
    Event.CLOSURE_LIFTED: frozenset({"source", "reason", "left"}),
    # Nothing was done: without her nobody could open the console.
    Event.CLOSURE_HELD: frozenset({"source", "reason"}),
    # To which app, empty for the operator's mail.
    Event.NOTICE_SENT_AGAIN: frozenset({"app"}),
    Event.PERSON_EXPORTED: frozenset(),
    Event.PERSON_ERASED: frozenset({"reason"}),
    # Which list, and by which conditions; of words and ids that they were asked for, not which.
    Event.PEOPLE_EXPORTED: frozenset({"list", "conditions"}),
    # Empty for no end.
    Event.ACCOUNT_END_MOVED: frozenset({"ends_at", "before"}),
    # Owners by their accounts.
    Event.SERVICE_ACCOUNT_MADE: frozenset({"username", "owner", "contact"}),
    Event.SERVICE_ACCOUNT_HANDED: frozenset({"owner", "before", "contact"}),
    Event.PROFILE_CHANGED: frozenset({"fields", "source"}),
    Event.IDENTITY_LINKED: frozenset({"issuer", "subject", "by"}),
    Event.IDENTITY_UNLINKED: frozenset({"provider", "issuer", "subject"}),
    # Somebody signed in to it at the provider, so that an identity of the other one may join it.
    Event.ACCOUNT_PROVEN: frozenset({"provider", "joins"}),
    # Both accounts have a row of it. The plan by its digest: that which was looked at before.
    Event.ACCOUNT_MERGED: frozenset({"merge", "into", "from", "identities", "roles", "plan"}),
    Event.MERGE_UNDONE: frozenset({"merge", "into", "from", "identities", "roles", "plan"}),
    Event.MERGE_EXPIRED: frozenset({"merge", "into"}),
    Event.ACCOUNT_SPLIT: frozenset({"new", "identities", "plan"}),
    # Of an address nothing: it is personal, and the row has it.
    Event.INVITATION_MADE: frozenset({"invitation", "provider", "roles", "ends_at", "expires_at"}),
    Event.INVITATION_SENT: frozenset({"invitation", "provider"}),
    Event.INVITATION_WITHDRAWN: frozenset({"invitation", "provider"}),
    Event.INVITATION_TAKEN: frozenset({"invitation", "made_by", "roles", "ends_at"}),
    Event.REVIEW_BEGUN: frozenset({"review", "about", "subject", "reviewer", "items"}),
    Event.REVIEW_HANDED: frozenset({"review", "reviewer"}),
    Event.REVIEW_DECIDED: frozenset({"review", "role", "decision"}),
    Event.REVIEW_CLOSED: frozenset(
        {"review", "evidence", "items", "undecided", "kept", "removed", "still_held"}
    ),
    Event.JOIN_ASKED: frozenset({"provider", "issuer", "subject", "request"}),
    # The account is that which is joined; none where she gets one of her own.
    Event.JOIN_APPROVED: frozenset({"provider", "issuer", "subject", "request"}),
    Event.JOIN_DECLINED: frozenset({"provider", "issuer", "subject", "request", "reason"}),
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
    Event.SESSION_ENDED: frozenset({"provider", "reason", "source"}),
    Event.SESSIONS_ENDED: frozenset({"count", "reason", "source", "tokens"}),
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
    # By its id here; of what is done upon a signal, the kinds for which it changed.
    Event.SIGNAL_STREAM_CONNECTED: frozenset({"provider", "stream", "issuer", "delivery"}),
    Event.SIGNAL_STREAM_CHANGED: frozenset({"provider", "stream", "fields"}),
    Event.SIGNAL_STREAM_VERIFIED: frozenset({"provider", "stream"}),
    # And whether the transmitter was told.
    Event.SIGNAL_STREAM_ENDED: frozenset({"provider", "stream", "told"}),
    Event.DIRECTORY_CONFIGURED: frozenset({"directory", "provider", "made", "fields"}),
    Event.DIRECTORY_DELETED: frozenset({"directory", "provider"}),
    # How many were read, and in how many something differed; of those, who goes or loses a group.
    Event.DIRECTORY_READ: _OF_A_RUN,
    Event.DIRECTORY_FAILED: frozenset({"directory", "run", "problem"}),
    Event.DIRECTORY_REMOVALS_HELD: _OF_A_RUN,
    Event.DIRECTORY_REMOVALS_AGREED: _OF_A_RUN,
    Event.DIRECTORY_REMOVALS_DISMISSED: _OF_A_RUN,
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
    Event.API_TOKEN_MADE: frozenset({"token", "name", "scopes", "apps", "expires_at"}),
    Event.API_TOKEN_REVOKED: frozenset({"token", "name"}),
    Event.SCIM_CONNECTION_MADE: frozenset({"connection", "provider", "external_id_is_subject"}),
    Event.SCIM_CONNECTION_DELETED: frozenset(
        {"connection", "provider", "people", "groups", "roles"}
    ),
    Event.SCIM_TOKEN_MADE: frozenset({"connection", "token", "expires_at"}),
    Event.SCIM_TOKEN_REVOKED: frozenset({"connection", "token"}),
    Event.SCIM_GROUP_CHANGED: frozenset({"group", "id", "added", "removed"}),
    Event.SCIM_GROUP_DELETED: frozenset({"group", "id", "removed"}),
    Event.ADMIN_LINK_MADE: frozenset({"email", "expires_at"}),
    Event.ADMIN_LINK_USED: frozenset({"email"}),
    Event.BREAK_GLASS_LINK_MADE: frozenset({"expires_at", "tokens"}),
    Event.BREAK_GLASS_EQUIPPED: frozenset({"factor", "address", "tokens"}),
    Event.BREAK_GLASS_USED: frozenset({"factor", "address"}),
    Event.BREAK_GLASS_REFUSED: frozenset({"step", "address"}),
    Event.BREAK_GLASS_SEEN: frozenset({"what", "at"}),
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
