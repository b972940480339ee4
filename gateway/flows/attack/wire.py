"""The same from outside: what anybody can send, to the address that people use.

It shows what no call within the process can: that whatever stands in front of the gateway keeps its
headers, cookies and methods. Unlike the rest it is seen: the answers that nobody asked for are
counted, and one at each SAML provider is put on record and traced, as a stranger's would be.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from urllib.parse import urlencode

from gateway import wiring
from gateway.sessions import cookie
from providers.attacks.attack import Attack, Outcome, judged
from providers.attacks.oidc.forgery import part
from providers.http import HttpClient, HttpResponse
from providers.models import Provider

_LIMIT = 1024 * 1024
_TIMEOUT_SECONDS = 10.0
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))  # our own address, wherever it is
_FORM = "application/x-www-form-urlencoded"
_EVIL = "https://attack-kit.invalid/"
_CLIENT_ERRORS, _SERVER_ERRORS, _REDIRECTS = range(400, 500), range(500, 600), range(300, 400)
_STATE = "s" * 43

Ask = Callable[[], HttpResponse]
Holds = Callable[[HttpResponse], bool]
_Row = tuple[str, str, Ask, Holds]


class Answered(Exception):
    """The gateway answered as it should."""

    code = "attack.answered-well"


def attack(rows: tuple[Provider, ...], *, step: Callable[[], None]) -> list[Outcome]:
    """Asks one question after the other; a gateway that does not answer leaves them open."""
    http = HttpClient(allowed_networks=_EVERYWHERE, timeout=_TIMEOUT_SECONDS)
    site = _Site(http, wiring.config().base_url)
    try:
        asked = [*_doors(site), *(each for row in rows for each in _of(site, row))]
        outcomes = []
        for name, words, ask, holds in asked:
            step()
            outcomes.append(_judged(name, words, ask, holds))
        return outcomes
    finally:
        http.close()


def _judged(name: str, words: str, ask: Ask, holds: Holds) -> Outcome:
    def fire() -> None:
        response = ask()
        if response.status in _SERVER_ERRORS:
            raise RuntimeError(f"status {response.status}")
        if holds(response):
            raise Answered(f"status {response.status}")

    each = Attack[None, None](
        name=f"http.{name}",
        words=words,
        source="over HTTP",
        checks=(Answered.code,),
        fire=lambda _target, _provider: None,
        keyless=True,
    )
    return judged(each, fire)


class _Site:
    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    def get(self, path: str, **query: str) -> Ask:
        url = f"{self._base_url}{path}{'?' if query else ''}{urlencode(query)}"
        return lambda: self._http.look(url, limit=_LIMIT)

    def post(self, path: str, **form: str) -> Ask:
        return lambda: self._http.post(
            f"{self._base_url}{path}",
            body=urlencode(form).encode(),
            headers={"Content-Type": _FORM},
            accept="*/*",
            limit=_LIMIT,
        )

    @property
    def is_https(self) -> bool:
        return self._base_url.startswith("https:")


def _doors(site: _Site) -> list[_Row]:
    page, evil = site.get("/sign-in"), site.get("/sign-in", return_to=_EVIL)
    transport: list[_Row] = [
        ("hsts", "has browsers come back over plain HTTP", page, _says("strict-transport-security"))
    ]
    return [
        ("framed", "frames the sign-in page", page, _is_not_framed),
        ("scripted", "runs a script of its own in the sign-in page", page, _has_strict_policy),
        ("sniffed", "has a page read as something else", page, _says("x-content-type-options")),
        ("kept", "reads the sign-in page out of a cache", page, _is_not_kept),
        *(transport if site.is_https else []),
        ("return-to", "has people sent elsewhere after signing in", evil, _leads_home),
        ("console", "opens the console", site.get("/admin/"), lambda r: r.status in _REDIRECTS),
        ("no-such-page", "asks for a page that is none", site.get("/attack-kit"), _refuses),
    ]


def _of(site: _Site, row: Provider) -> list[_Row]:
    if row.protocol == Provider.Protocol.OIDC:
        return _of_oidc(site, f"/oidc/{row.slug}", row.slug)
    return _of_saml(site, f"/saml/{row.slug}", row.slug)


def _of_oidc(site: _Site, path: str, slug: str) -> list[_Row]:
    token = f"{part({'alg': 'none'})}.{part({'sub': 'attack-kit'})}."
    callback, told = f"{path}/callback", f"{path}/backchannel-logout"
    return [
        _start(site, slug),
        (
            f"{slug}.state",
            "brings a state of its own",
            site.get(callback, state=_STATE, code="c"),
            _refuses,
        ),
        (f"{slug}.code", "brings a code alone", site.get(callback, code="c"), _refuses),
        (f"{slug}.error", "brings an error", site.get(callback, error="access_denied"), _refuses),
        (
            f"{slug}.logout",
            "signs somebody out with an unsigned token",
            site.post(told, logout_token=token),
            lambda r: _refuses(r) and _is_not_kept(r),
        ),
        (f"{slug}.logout-get", "signs out by a link", site.get(told, logout_token=token), _refuses),
        (
            f"{slug}.frame",
            "frames the signing out of another provider",
            site.get(f"{path}/frontchannel-logout", iss=_EVIL, sid="attack-kit"),
            lambda r: _refuses(r) and _is_not_framed(r),
        ),
    ]


def _of_saml(site: _Site, path: str, slug: str) -> list[_Row]:
    response = b64encode(b"<samlp:Response/>").decode()
    return [
        _start(site, slug),
        (
            f"{slug}.unsigned",
            "posts an answer that nobody asked for",
            site.post(f"{path}/acs", SAMLResponse=response, RelayState=_EVIL),
            _refuses,
        ),
        (f"{slug}.acs-get", "signs in by a link", site.get(f"{path}/acs"), _refuses),
        (
            f"{slug}.large",
            "posts a megabyte",
            site.post(f"{path}/acs", SAMLResponse="A" * _LIMIT, RelayState=""),
            _refuses,
        ),
        (
            f"{slug}.logout",
            "signs somebody out with an unsigned message",
            site.post(f"{path}/slo", SAMLRequest=response),
            _refuses,
        ),
    ]


def _start(site: _Site, slug: str) -> _Row:
    return (
        f"{slug}.cookie",
        "reads the cookie of a sign-in by script, over plain HTTP or at a neighbour’s",
        site.get(f"/sign-in/{slug}"),
        _has_strict_cookies,
    )


def _refuses(response: HttpResponse) -> bool:
    return response.status in _CLIENT_ERRORS and cookie.NAME not in _cookies(response)


def _leads_home(response: HttpResponse) -> bool:
    text = response.body.decode(errors="replace")
    inside = "attack-kit.invalid" in text and response.status not in _CLIENT_ERRORS
    return "attack-kit.invalid" not in response.headers.get("location", "") and not inside


def _says(header: str) -> Holds:
    return lambda response: bool(response.headers.get(header))


def _is_not_framed(response: HttpResponse) -> bool:
    policy = response.headers.get("content-security-policy", "")
    denied = response.headers.get("x-frame-options", "").upper() == "DENY"
    return denied or "frame-ancestors 'none'" in policy


def _has_strict_policy(response: HttpResponse) -> bool:
    policy = response.headers.get("content-security-policy", "")
    return bool(policy) and "'unsafe-inline'" not in policy and "'unsafe-eval'" not in policy


def _is_not_kept(response: HttpResponse) -> bool:
    return "no-store" in response.headers.get("cache-control", "")


def _cookies(response: HttpResponse) -> str:
    return response.headers.get("set-cookie", "")


def _has_strict_cookies(response: HttpResponse) -> bool:
    """A sign-in begins with exactly one kind of cookie, bound to this host."""
    told = _cookies(response)
    names: Mapping[str, bool] = {
        word: word.lower() in told.lower() for word in ("__Host-", "Secure", "HttpOnly", "Path=/")
    }
    return all(names.values()) and "domain=" not in told.lower()
