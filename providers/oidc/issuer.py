"""Whom the tokens of one row may come from: one issuer, or one for each listed tenant of Entra.

At `organizations` and `common` Entra publishes a template, `https://HOST/{tenantid}/v2.0`, and each
token names the issuer of its own tenant (learn.microsoft.com/entra/identity-platform,
"Access tokens", "Validate the issuer"). So the token's `tid` fills the template, must be listed,
and the result must be its `iss`, to the letter: no check is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from providers.errors import ResponseInvalid
from providers.trace import checks

TENANT = "{tenantid}"
SHARED = ("/organizations/v2.0", "/common/v2.0")  # how an issuer of many tenants ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    configured: str
    tenants: frozenset[str] = frozenset()

    @property
    def published(self) -> str:
        """What the discovery document names."""
        if not self.tenants:
            return self.configured
        return f"{self.configured.rsplit('/', 2)[0]}/{TENANT}/v2.0"

    def of(self, claims: Mapping[str, object], name: str) -> str:
        """The one issuer that a token with these claims must name. Raises ResponseInvalid."""
        return self._of_tenant(self._tenant(claims, name)) if self.tenants else self.configured

    @checks(".tid")
    def _tenant(self, claims: Mapping[str, object], name: str) -> str:
        tenant = claims.get("tid")
        if not isinstance(tenant, str) or tenant not in self.tenants:
            listed, came = ", ".join(sorted(self.tenants)), str(tenant)[:40]
            problem = f"tenant {came!r} is not listed"
            raise ResponseInvalid(f"{name}.tid", problem, expected=listed, received=came)
        return tenant

    @property
    def every(self) -> frozenset[str]:
        if not self.tenants:
            return frozenset([self.configured])
        return frozenset(self._of_tenant(tenant) for tenant in self.tenants)

    def includes(self, issuer: str) -> bool:
        return issuer in self.every

    def _of_tenant(self, tenant: str) -> str:
        return self.published.replace(TENANT, tenant)
