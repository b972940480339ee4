"""SAML 2.0: one identity provider that answers with a signed assertion.

The way of one answer, in the order in which it is judged, each step only after the one before it:

    envelope     bytes to one small, plain tree: size, encoding, no DTD, no comments, one of each
    response     who speaks and whether it says yes; the schema; which parts must be signed
    signatures   the short list of what a signature may look like, then the signature itself
    encryption   the short list of what a cipher may look like, then the text, then all of the above
    assertion    what the verified element says: for us, now, in answer to what we asked
    connector    the person, in the words of `providers.identity`; used once

`connector.SamlConnector` is all that the floors above see of it, with `settings` (what an admin
says), `metadata` (what a provider says of itself) and `service` (what we say of ourselves).
Python3-saml does the work on signatures and brings the schema; it is never handed anything that the
envelope has not passed.
"""
