"""What can go wrong between us and an identity provider.

ProviderError
    ProviderUnknown        no such provider, or it is switched off
    ProviderMisconfigured  the row cannot work as it stands; an admin must mend it
    ProviderUnreachable    it did not answer in time, or not as a provider does
    ProviderRefused        it answered, and its answer is no
    ResponseInvalid        an answer came that fails a check: nobody is signed in by it
        LogoutInvalid      the same of a message about signing out: nobody is signed out by it
    RequestUnknown         an answer to a login that was never begun here, is too old or was used
    SharedCacheUnavailable our own shared memory (Redis) is away: nothing can be decided now

The text of an error is for the log and may name what was expected and what came; it never holds a
token, an assertion, a code or a secret. The `code` is stable and safe to show.
"""

from typing import ClassVar


class ProviderError(Exception):
    code: ClassVar[str] = "provider.error"


class ProviderUnknown(ProviderError):
    code = "provider.unknown"


class ProviderMisconfigured(ProviderError):
    """`field` names the setting, dotted, as an admin wrote it."""

    code = "provider.misconfigured"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


class ProviderUnreachable(ProviderError):
    code = "provider.unreachable"


class ProviderRefused(ProviderError):
    """`upstream_code` is the provider's own word, e.g. `access_denied` (RFC 6749, 4.1.2.1)."""

    code = "provider.refused"

    def __init__(self, upstream_code: str, description: str = "") -> None:
        super().__init__(f"{upstream_code}: {description}" if description else upstream_code)
        self.upstream_code = upstream_code
        self.description = description


class ResponseInvalid(ProviderError):
    """`check` is the stable name of the check that failed, e.g. `id_token.aud`.

    `expected` and `received` are short facts for an admin to compare: issuers, audiences, times,
    algorithms; never what only one side may know.
    """

    code = "provider.response-invalid"

    def __init__(
        self, check: str, problem: str, *, expected: object = "", received: object = ""
    ) -> None:
        super().__init__(f"{check}: {problem}")
        self.check = check
        self.problem = problem
        self.expected = expected
        self.received = received


class LogoutInvalid(ResponseInvalid):
    code = "provider.logout-invalid"


class RequestUnknown(ProviderError):
    code = "provider.request-unknown"


class SharedCacheUnavailable(ProviderError):
    code = "provider.shared-cache-unavailable"
