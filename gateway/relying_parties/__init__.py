"""Downstream apps: where they live, who may enter, what they learn; and how they hear of a change.

`origins` compares addresses as parsed parts, `models` keeps the rows, `publish` signs the routes of
all enabled apps for the edge, which asks no database. `OutboxMessage` is what a transaction leaves
to be told to others after its commit; the worker delivers it.
"""
