"""Through every proxy: a path is judged as the app will read it, or not let through."""

import re

import pytest

from tests.gateway.edge.proxies import ask
from tests.gateway.sessions.people import ada

# No dots, no signs, no escapes: any program reads such a path in one way.
PLAIN = re.compile(r"/assets(/[a-z0-9]+(\.[a-z]+)?)*/?(\?.*)?")
TARGETS = [
    "/assets/../admin",
    "/assets/./../admin",
    "/assets/%2e%2e/admin",
    "/assets/%2E./admin",
    "/assets/.%2e/admin",
    "/assets/%252e%252e/admin",
    "/assets%2f..%2fadmin",
    "/assets/..%2fadmin",
    "/assets/..%2Fadmin",
    "/assets/..%252fadmin",
    "/assets/..;/admin",
    "/assets;/../admin",
    "/assets/;/../admin",
    "/assets/..%3b/admin",
    "/assets\\..\\admin",
    "/assets/..\\admin",
    "/assets/..%5cadmin",
    "/assets//..//admin",
    "/assets/%00/../admin",
    "/assets/x%00",
    "/assets/x%0a",
    "/assets/\xff",
    "/assets/%c0%ae%c0%ae/admin",
    "/assets/%ef%bc%8e%ef%bc%8e/admin",
    "/assets/%u002e%u002e/admin",
    "/assets/%",
    "/assets/%2",
    "//assets/x",
    "//admin",
    "/./admin",
    "/x/../assets/../admin",
    "/.gatehouse/../admin",
    "/.gatehouse/..%2fadmin",
    "/.gatehouse/%2e%2e/admin",
    "/.gatehouse/..;/admin",
    "/.gatehouse\\..\\admin",
    "/.gatehouse//../../admin",
    "/.Gatehouse/../admin",
    "/%2egatehouse/../admin",
    "/Assets/x",
    "/ASSETS/x",
    "/assets%20/x",
    "/assetsx",
    "/Admin",
    "/%41dmin",
    "/%61dmin",
    "/admin%2f",
    "/admin;x",
    "/admin?x=/assets",
    "/admin/users?/assets",
    "/admin\xff",
    "/admin/",
    "/?x=/assets",
    "/?/../assets/",
    "/forward-auth",
    "/auth-request?x=1",
    "/_gatehouse/check",
    "/..",
    "/../assets/../admin",
]


@pytest.mark.parametrize("target", TARGETS)
def test_nobody_comes_to_a_path_that_is_not_plainly_public(proxy, stack, target):
    stack.app.reached.clear()
    answer = ask(proxy, target)
    assert answer.status in {200, 301, 307, 308, 400, 401, 403, 404}
    for head in stack.app.reached:
        assert PLAIN.fullmatch(head[0].split(" ")[1])


@pytest.mark.parametrize("target", TARGETS)
def test_whoever_lacks_the_role_comes_to_no_path_that_reads_like_one_that_needs_it(
    proxy, stack, signed_in, target
):
    stack.app.reached.clear()
    answer = ask(proxy, target, signed_in)
    assert answer.status < 500
    for head in stack.app.reached:
        path = head[0].split(" ")[1].partition("?")[0]
        if not PLAIN.fullmatch(path):
            assert "dmin" not in path
            assert answer.reached_the_app_with("gatehouse-account") == [ada().account]


def test_no_path_passes_for_one_that_the_proxy_hands_to_the_edge(proxy, stack):
    stack.app.reached.clear()
    address = f"http://127.0.0.1:{stack.edge.port}/"
    for target in (f"/proxy:{address}", f"/page/proxy:{address}", f"/page?proxy:{address}"):
        assert ask(proxy, target).status in {400, 401, 403, 404}
    assert stack.app.reached == []


@pytest.mark.parametrize(
    "target", ["/page/a%20b?c=d%2fe", "/page/%E6%97%A5", "/page/a+b", "/page/a:b@c", "/page/~a"]
)
def test_an_honest_path_arrives_as_it_was_sent(proxy, stack, signed_in, target):
    stack.app.reached.clear()
    assert ask(proxy, target, signed_in).status == 200
    [head] = stack.app.reached
    assert head[0].split(" ")[1] == target
