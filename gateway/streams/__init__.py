"""Streams over which providers tell of their own accord what happened to their people.

`models` has the rows; they are written by `gateway.flows.signals`. A row holds the SHA-256 of the
token with which events are pushed, and what we prove ourselves with there sealed.
"""
