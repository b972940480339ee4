"""python3-saml, called as its README shows, as somebody whom the kit attacks."""

from urllib.parse import urlsplit

from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.errors import OneLogin_Saml2_Error

from providers.attacks.saml.provider import PlayedSamlProvider
from providers.attacks.saml.signing import key_pair
from providers.connector import AuthenticationResponse, Binding, RedirectBinding
from providers.errors import ResponseInvalid

SERVICE = key_pair("stock")
BASE = "https://stock.corp.example"
ENTITY = "https://idp.corp.example/metadata"


def _refused(error: object) -> ResponseInvalid:
    return ResponseInvalid("stock", str(error))


class Stock:
    """Implements `SamlTarget`. One browser's session is `self.session`."""

    slo_url = f"{BASE}/sls"

    def __init__(self, provider: PlayedSamlProvider, certificate: str) -> None:
        self.provider = provider
        self.certificate = certificate
        self.session: dict[str, str] = {}

    def another(self) -> "Stock":
        return Stock(self.provider, self.certificate)

    def _auth(
        self, path: str, response: AuthenticationResponse | None = None
    ) -> OneLogin_Saml2_Auth:
        fields = dict(response.fields) if response else {}
        posted = response is not None and response.method == "POST"
        request = {
            "https": "on",
            "http_host": urlsplit(BASE).hostname,
            "script_name": path,
            "get_data": {} if posted else fields,
            "post_data": fields if posted else {},
            "query_string": response.query if response else "",
        }
        certificate = "".join(self.certificate.strip().splitlines()[1:-1])
        settings = {
            "strict": True,
            "sp": {
                "entityId": f"{BASE}/metadata/",
                "assertionConsumerService": {"url": f"{BASE}/acs"},
                "singleLogoutService": {"url": f"{BASE}/sls"},
                "x509cert": SERVICE.certificate,
                "privateKey": SERVICE.key,
            },
            "idp": {
                "entityId": ENTITY,
                "singleSignOnService": {"url": "https://idp.corp.example/sso"},
                "singleLogoutService": {"url": "https://idp.corp.example/slo"},
                "x509cert": certificate,
            },
        }
        return OneLogin_Saml2_Auth(request, settings)

    def begin(self) -> Binding:
        auth = self._auth("/")
        url = auth.login(return_to=f"{BASE}/")
        self.session["AuthNRequestID"] = auth.get_last_request_id()
        return RedirectBinding(url=url)

    def complete(self, response: AuthenticationResponse) -> object:
        return self._processed(response, self.session.get("AuthNRequestID"))

    def unsolicited(self, response: AuthenticationResponse) -> object:
        return self._processed(response, None)

    def _processed(self, response: AuthenticationResponse, request_id: str | None) -> object:
        auth = self._auth("/acs", response)
        try:
            auth.process_response(request_id=request_id)
        except OneLogin_Saml2_Error as error:
            raise _refused(error) from error
        if auth.get_errors() or not auth.is_authenticated():
            raise _refused(auth.get_last_error_reason())
        self.session.pop("AuthNRequestID", None)
        return auth.get_nameid()

    def logout_asked(self, response: AuthenticationResponse) -> object:
        ended: list[bool] = []
        auth = self._auth("/sls", response)
        try:
            auth.process_slo(delete_session_cb=lambda: ended.append(True))
        except OneLogin_Saml2_Error as error:
            raise _refused(error) from error
        if not ended:
            raise _refused(auth.get_last_error_reason())
        return ended
