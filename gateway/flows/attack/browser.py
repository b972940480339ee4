"""One browser in front of the gateway, as attacks use it: the steps of `flows.login.complete` that
judge, on the same code and the same row, without those that leave something behind.
"""

import secrets
from copy import copy
from typing import Self

from django.utils import timezone

from gateway.flows import pending
from gateway.flows.pending import PendingLogin
from providers.connector import (
    REQUEST_LIFETIME,
    AuthenticationRequest,
    AuthenticationResponse,
    Binding,
    Connector,
)
from providers.identity import Subject
from providers.scratch import Scratch


class Browser:
    """It keeps the sealed cookie of its last sign-in, as a browser does; `state_field` is where an
    answer says which one it is to.
    """

    def __init__(
        self, slug: str, connector: Connector, cache: Scratch, callback_url: str, state_field: str
    ) -> None:
        self.slug = slug
        self.connector = connector
        self.cache = cache
        self.callback_url = callback_url
        self._state_field = state_field
        self.sealed = ""

    def another(self) -> Self:
        """One that has none of its cookies."""
        other = copy(self)
        other.sealed = ""
        return other

    def sent_away(self) -> Binding:
        now = timezone.now()
        request = AuthenticationRequest(
            id=secrets.token_urlsafe(32),
            provider=self.slug,
            callback_url=self.callback_url,
            return_to="/",
            nonce=secrets.token_urlsafe(32),
            code_verifier=secrets.token_urlsafe(48),
            force_authentication=False,
            expires_at=now + REQUEST_LIFETIME,
        )
        binding = self.connector.begin(request, now)
        self.sealed = pending.keep(PendingLogin(request=request, replaces=None))
        return binding

    def complete(self, response: AuthenticationResponse) -> Subject:
        now = timezone.now()
        state = response.fields.get(self._state_field, "")
        waiting = pending.read(self.sealed, state, self.slug, now)
        pending.use(waiting, self.cache)
        return self.connector.complete(waiting.request, response, now).subject
