"""Sessions that every app can trust.

`session` is the value and the store's promise. `cookie` names a session on one host, `ticket`
brings it to the next. `record` signs it for Redis, `store` keeps it there (`keys` says where,
`scripts` what is one step, `ending` how readers can be sure to hear of an end), `memory` is the
same for tests. `servers` reaches one node, sentinels or a cluster; `views` and `agreement` say who
is primary there. `nearcache` lets a reader answer without a round trip and, by the rule of
`certain`, without a wrong yes, over a `channel` that has a `line` to each primary. No Django here:
the edge and the clients live on this floor.
"""
