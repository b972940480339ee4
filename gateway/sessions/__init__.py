"""Sessions that every app can trust.

`session` is the value and the store's promise. `cookie` names a session on one host, `ticket`
brings it to the next. `record` signs it for Redis, `store` keeps it there (`keys` says where,
`scripts` what is one step, `ending` how readers can be sure to hear of an end), `memory` is the
same for tests. `nearcache` lets a reader answer without a round trip and, by the rule of `certain`,
without a wrong yes. No Django here: the edge and the clients live on this floor.
"""
