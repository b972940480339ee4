"""Background work as surfaces: each task calls one flow and says nothing else.

All are idempotent and find their work in the database, so a task that is lost, doubled or killed
half-way costs a few seconds and no more.
"""
