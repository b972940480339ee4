"""Through every proxy the edge sees which browser asks, and still lets it in."""

from gateway.sessions import cookie, noticed
from gateway.sessions.noticed import STREAM
from gateway.sessions.store import connect
from tests.gateway.edge.conftest import eventually
from tests.gateway.edge.proxies import HOST, ask
from tests.gateway.edge.test_noticing import CHROME, FIREFOX
from tests.gateway.sessions.people import ada


def test_another_browser_is_noticed_and_let_in(proxy, store, ring, redis_url):
    token = store.start(ada(client="Firefox on Windows"))
    jar = f"Cookie: {cookie.NAME}={cookie.write(token, HOST, ring)}"
    client = connect(redis_url)
    for agent in (FIREFOX, CHROME, CHROME):
        assert ask(proxy, "/", jar, f"User-Agent: {agent.decode()}").status == 200
    eventually(lambda: client.xlen(STREAM) == 1)
    [entry] = client.xrange(STREAM)
    client.close()
    notice, _at = noticed.read(*entry)
    assert (notice.session, notice.client) == (token.handle, "Chrome on Android")
