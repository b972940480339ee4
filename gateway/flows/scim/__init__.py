"""What a SCIM connection tells, done: one file a noun.

Each is one transaction: the resource's row first, then the accounts of whom it speaks, their
sessions last. Whoever is told of is decided upon by the same rules as at a sign-in.
"""
