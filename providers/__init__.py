"""Identity providers: who vouches for a person, and how that is proven.

This package owns the connection to the outside: two connectors (OIDC, SAML), the dialects in which
vendors spell their claims, the outbound HTTP client and the `Provider` row with its sealed secrets.
What leaves it is one value, `identity.ExternalIdentity`: signed by the provider and meant for us.

It does not know accounts, roles, sessions or pages; those stand on the floors above.
"""
