"""What the client's tests are made of: keys that it may have, and cookies of the wiki."""

from gatehouse_client import PublicKeys, SessionReader
from gatehouse_client.near import NearCache
from gatehouse_client.server import Server
from gateway.config.keyring import KeyUse
from gateway.sessions import cookie
from gateway.tokens.keys import public_jwks
from tests.gateway.sessions.people import EDGE_RING, RING

ORIGIN, HOST = "https://wiki.corp.example", "wiki.corp.example"
OTHER = "https://payroll.corp.example"
KEYS = PublicKeys(jwks=public_jwks(EDGE_RING))


def binding_keys(host=HOST, ring=RING):
    """As `manage.py readers add` derives them."""
    return {
        key.id: cookie.host_key(key.value, f"gatehouse cookie {host}")
        for key in ring.all(KeyUse.COOKIE)
    }


def reader(redis_url, origin=ORIGIN, keys=KEYS):
    return SessionReader(redis_url, origin=origin, binding_keys=binding_keys(), keys=keys)


def cookie_of(token, host=HOST):
    return f"{cookie.NAME}={cookie.write(token, host, RING)}"


def of_the_client(url):
    return NearCache(Server.at(url), KEYS)
