"""The rules over the API: versions, drafts, previews, and how far a version is live.

Whoever asks is judged by `gateway.flows.mapping.permits`, as at the console. A token acts as the
person who made it, so that her program's change is hers and nobody else's to approve; an approval
is a person's own, in her session.
"""
