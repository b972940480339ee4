"""What comes of it when a provider tells of its own accord that something happened to its people.

Whoever has to go goes by the one inbox (`gateway.flows.inbox`), whatever told it.
"""
