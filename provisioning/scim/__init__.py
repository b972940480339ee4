"""SCIM 2.0: what a provider's provisioning says of people and groups, as rows and as resources.

`models` has the rows, `resources` what is served of them (RFC 7643), `filter` turns filters and
sorts into queries, `patch` reads PATCH as vendors really send it, `members` does so for groups.
`gateway.flows.scim` alone writes.
"""
