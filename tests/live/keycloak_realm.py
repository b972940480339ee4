"""What tests do at a realm of a real Keycloak: change its people, and sign in as one of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import unescape
from urllib.parse import urljoin

import httpx
from keycloak import KeycloakAdmin

from deploy.credentials import Credentials
from tests.live.way_back import WayBack

_FORM = re.compile(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"', re.DOTALL)
_POSTED = re.compile(r'<form[^>]*action="([^"]+)"', re.DOTALL | re.IGNORECASE)
_FIELD = re.compile(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', re.DOTALL | re.IGNORECASE)


class KeycloakRealm:
    """The realm `corp`. `undo` takes back what was changed about its people."""

    def __init__(
        self,
        *,
        url: str,
        gateway: str,
        credentials: Credentials,
        saml_key: str,
        way_back: WayBack,
    ) -> None:
        self.way_back = way_back
        self.gateway = gateway
        self.issuer = f"{url}/realms/corp"  # of the ID tokens; the entity id of the SAML side too
        self.saml_metadata_url = f"{self.issuer}/protocol/saml/descriptor"
        self.password = credentials.people_password
        self.client_secret = credentials.oidc_client_secret
        self.saml_certificate = credentials.saml_certificate
        self.saml_key = saml_key
        self.admin = KeycloakAdmin(
            server_url=url,
            username="admin",
            password=credentials.people_password,
            realm_name="corp",
            user_realm_name="master",
        )
        self._undo: list[Callable[[], object]] = []

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()

    def set_groups(self, username: str, *paths: str) -> None:
        """The person is in exactly these groups from now on."""
        person = self.admin.get_user_id(username)
        before = [group["path"] for group in self.admin.get_user_groups(person)]
        self._move(person, before, paths)
        self._undo.append(lambda: self._move(person, paths, before))

    def _move(self, person: str, before: Iterable[str], after: Iterable[str]) -> None:
        for path in before:
            self.admin.group_user_remove(person, self.admin.get_group_by_path(path)["id"])
        for path in after:
            self.admin.group_user_add(person, self.admin.get_group_by_path(path)["id"])

    def sign_out_everywhere(self, username: str) -> None:
        """As an administrator does it: every session of the person ends."""
        self.admin.user_logout(self.admin.get_user_id(username))

    def end_session(self, session: str) -> None:
        """One of somebody's sessions, by its id; python-keycloak has no word for it."""
        self.admin.connection.raw_delete(f"admin/realms/corp/sessions/{session}")

    def set_client(self, client_id: str, *, attributes: dict[str, str], **fields: object) -> None:
        """Changes one client of the realm."""
        client = self.admin.get_client_id(client_id)
        before = self.admin.get_client(client)
        changed = {**fields, "attributes": before["attributes"] | attributes}
        self.admin.update_client(client, before | changed)
        gone = dict.fromkeys(attributes.keys() - before["attributes"].keys(), "")
        undone = before | {"attributes": before["attributes"] | gone}
        self._undo.append(lambda: self.admin.update_client(client, undone))

    def disable(self, username: str) -> None:
        person = self.admin.get_user_id(username)
        self.admin.update_user(person, {"enabled": False})
        self._undo.append(lambda: self.admin.update_user(person, {"enabled": True}))

    def ask_for_consent(self) -> None:
        """Whoever signs in is asked whether the gateway may know her, and may say no."""
        for client in self.admin.get_clients():
            if client["clientId"] in {"gatehouse", f"{self.gateway}/saml/corp-saml/metadata"}:
                self._set_consent(client["id"], asked=True)
                self._undo.append(partial(self._set_consent, client["id"], asked=False))

    def _set_consent(self, client: str, *, asked: bool) -> None:
        # A client without scopes (the SAML one) asks only if it stands on the page by itself.
        shown = {
            "display.on.consent.screen": str(asked).lower(),
            "consent.screen.text": "Gatehouse",
        }
        before = self.admin.get_client(client)
        changed = {"consentRequired": asked, "attributes": before["attributes"] | shown}
        self.admin.update_client(client, before | changed)

    def change_saml_client(self, **attributes: str) -> None:
        """Attributes of the gateway's SAML client; a dot in a name is written as `__`."""
        client = self.admin.get_client_id(f"{self.gateway}/saml/corp-saml/metadata")
        before = self.admin.get_client(client)
        named = {name.replace("__", "."): value for name, value in attributes.items()}
        changed = before | {"attributes": before["attributes"] | named}
        self.admin.update_client(client, changed)
        lost = {name: "" for name in named if name not in before["attributes"]}
        back = before | {"attributes": lost | before["attributes"]}
        self._undo.append(lambda: self.admin.update_client(client, back))

    def add_signing_key(self) -> None:
        """The realm signs with a new key from now on, and still publishes the one of before."""
        made = self.admin.create_component(
            {
                "name": "rsa-next",
                "providerId": "rsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                "parentId": self.admin.get_realm("corp")["id"],
                "config": {
                    "priority": ["500"],
                    "enabled": ["true"],
                    "active": ["true"],
                    "keySize": ["2048"],
                    "algorithm": ["RS256"],
                },
            }
        )
        self._undo.append(lambda: self.admin.delete_component(made))

    def tell_realm_roles_in_access_tokens_alone(self) -> None:
        client = self.admin.get_client_id("gatehouse")
        mappers = self.admin.get_mappers_from_client(client)
        before = next(mapper for mapper in mappers if mapper["name"] == "realm roles")
        places = {"id.token.claim": "false", "userinfo.token.claim": "false"}
        config = {**before["config"], **places, "access.token.claim": "true"}
        self.admin.update_client_mapper(client, before["id"], {**before, "config": config})
        self._undo.append(lambda: self.admin.update_client_mapper(client, before["id"], before))

    def add_person(self, username: str, *, email: str, groups: tuple[str, ...] = ()) -> str:
        """The id that Keycloak gave; the password is everybody's."""
        person = self.admin.create_user(
            {
                "username": username,
                "email": email,
                "emailVerified": True,
                "firstName": username.capitalize(),
                "lastName": "Example",
                "enabled": True,
                "groups": list(groups),
                "credentials": [{"type": "password", "value": self.password}],
            }
        )
        self._undo.append(lambda: self.admin.delete_user(person))
        return str(person)


class BrowserAtKeycloak:
    """One person's browser, as far as Keycloak sees it. It follows no redirect by itself."""

    def __init__(self) -> None:
        self._client = httpx.Client(event_hooks={"response": [self._keep_cookies]}, timeout=30)

    def close(self) -> None:
        self._client.close()

    def open(self, url: str) -> httpx.Response:
        return self._client.get(url)

    def post(self, url: str, fields: Mapping[str, str]) -> httpx.Response:
        """A form of the gateway's that leaves for Keycloak."""
        return self._client.post(url, data=dict(fields))

    def sign_in(self, url: str, username: str, password: str) -> httpx.Response:
        """Opens the address to which the gateway sent the browser and fills the form there.

        Back comes a redirect (OIDC), a page that posts itself (SAML; see `posted`), or the form
        again with what was wrong.
        """
        return self.fill(self.open(url), username, password)

    def fill(self, page: httpx.Response, username: str, password: str) -> httpx.Response:
        """Answers the form of a page. Raises LookupError where there is none."""
        found = _FORM.search(page.text)
        if found is None:
            raise LookupError(f"No sign-in form in an answer {page.status_code}")
        return self._client.post(
            unescape(found[1]), data={"username": username, "password": password}
        )

    def press(self, page: httpx.Response) -> httpx.Response:
        """The one button of a page's form."""
        action, fields = posted(page)
        return self.send(urljoin(str(page.url), action), fields)

    def send(self, address: str, fields: dict[str, str]) -> httpx.Response:
        """A form that submits itself."""
        return self._client.post(address, data=fields)

    def answer_consent(self, page: httpx.Response, button: str) -> httpx.Response:
        """Presses `accept` or `cancel` where Keycloak asks whether the gateway may know her."""
        action, fields = posted(page)
        return self._client.post(urljoin(str(page.url), action), data={**fields, button: button})

    def onward(self, page: httpx.Response) -> httpx.Response:
        """From redirect to redirect within Keycloak, until it shows a page or leads out."""
        while page.headers.get("location", "").startswith(str(page.url.join("/"))):
            page = self.open(page.headers["location"])
        return page

    def _keep_cookies(self, _: httpx.Response) -> None:
        """Browsers return Secure cookies to loopback hosts over http; Python's jar would not."""
        for cookie in self._client.cookies.jar:
            cookie.secure = False


def posted(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Address and fields of a page that posts itself. Raises LookupError."""
    try:
        return form_of(page.text)
    except LookupError as error:
        raise LookupError(f"No form in an answer {page.status_code}") from error


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Address and fields of the first form. Raises LookupError."""
    found = _POSTED.search(page)
    if found is None:
        raise LookupError("No form")
    fields = {unescape(name): unescape(value) for name, value in _FIELD.findall(page)}
    return unescape(found[1]), fields
