"""How Gatehouse is brought to life: on one machine for a look, and in containers.

`programs` starts, watches and stops other programs so that none is left behind; `keycloak` fetches
and describes a real identity provider; `demo` puts all parts of one whole company together.
"""
