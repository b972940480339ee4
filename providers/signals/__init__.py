"""What a provider tells of its own accord: that somebody's sessions must end, that an account was
closed, that claims changed.

Two ways of saying it: security event tokens over a stream (Shared Signals Framework 1.0, with the
events of CAEP 1.0 and RISC 1.0), and Global Token Revocation, which Okta calls Universal Logout.
Here messages are judged and read; what comes of them is decided in `gateway.flows.signals`.
"""
