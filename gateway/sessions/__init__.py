"""Sessions that every app can trust.

`session` is the value, `cookie` binds it to one host, `record` signs it for Redis, `store` keeps it,
`memory` is the same for tests, `nearcache` lets a reader answer without a round trip and without
a wrong yes. No Django here: the edge and the clients live on this floor.
"""
