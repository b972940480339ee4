"""Signing and sealing.

`keys` signs whatever others verify, each kind of thing for one purpose. `seal` encrypts small texts
that travel through places that are not ours. No Django.
"""
