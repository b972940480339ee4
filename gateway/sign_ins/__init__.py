"""Every session as far as it can be searched for: who, since when, by which provider, from where.

The truth about who is signed in stands in Redis alone; these rows follow it.
"""
