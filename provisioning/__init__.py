"""Accounts: the local person, her linked identities and the roles that she holds.

`linking` decides which account an identity belongs to, `jit` does it, `roles` reconciles held roles
by origin, `lifecycle` closes accounts. Each returns the changes that it made as facts; writing
audit, ending sessions and showing pages are the flows' part, on the floor above.
"""
