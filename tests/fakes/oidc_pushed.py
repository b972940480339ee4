"""Requests that a client pushed to a provider before the browser came (RFC 9126)."""

import secrets

from tests.fakes.oidc_client_check import Denied


class PushedRequests:
    """`only`: no request is taken that was not pushed."""

    def __init__(self, client_id: str) -> None:
        self.only = False
        self.waiting: dict[str, dict[str, str]] = {}  # by the reference to them
        self._client_id = client_id

    def keep(self, fields: dict[str, str]) -> str:
        """Section 2: the reference to it. Raises Denied."""
        if "request_uri" in fields or fields.get("client_id") != self._client_id:
            raise Denied("invalid_request")
        reference = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(24)}"
        self.waiting[reference] = fields
        return reference

    def taken(self, fields: dict[str, str]) -> dict[str, str]:
        """Section 4: what was pushed, once, and nothing of what the browser says besides."""
        if "request_uri" not in fields:
            if self.only:
                raise Denied("invalid_request")
            return fields
        said = {name: value for name, value in fields.items() if name != "person"}
        if said.keys() != {"client_id", "request_uri"} or said["client_id"] != self._client_id:
            raise Denied("invalid_request")
        pushed = self.waiting.pop(said["request_uri"], None)
        if pushed is None:
            raise Denied("invalid_request_uri")
        return pushed | {"person": fields.get("person", "ada")}
