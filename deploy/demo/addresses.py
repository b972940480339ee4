"""Where everything listens: one base port, the others counted from it."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_BASE = 8000
LOWEST_BASE = 1024
HIGHEST_BASE = 65_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Browsers take every name under `.localhost` as this machine; other programs may not."""

    base: int = DEFAULT_BASE

    @property
    def proxy(self) -> int:
        return self.base

    @property
    def gateway(self) -> int:
        return self.base + 1

    @property
    def edge(self) -> int:
        return self.base + 2

    @property
    def valkey(self) -> int:
        return self.base + 3

    @property
    def wiki(self) -> int:
        return self.base + 11

    @property
    def payroll(self) -> int:
        return self.base + 12

    @property
    def keycloak(self) -> int:
        return self.base + 80

    @property
    def keycloak_management(self) -> int:
        return self.base + 81

    @property
    def gateway_url(self) -> str:
        return f"http://gateway.corp.localhost:{self.proxy}"

    @property
    def wiki_url(self) -> str:
        return f"http://wiki.corp.localhost:{self.proxy}"

    @property
    def payroll_url(self) -> str:
        return f"http://payroll.other.localhost:{self.proxy}"

    @property
    def keycloak_url(self) -> str:
        return f"http://localhost:{self.keycloak}"

    @property
    def gateway_internal_url(self) -> str:
        """Where this machine's programs reach the gateway without a proxy."""
        return f"http://127.0.0.1:{self.gateway}"

    def ports(self) -> Mapping[int, str]:
        """Every port and what it is for."""
        return {
            self.proxy: "the public addresses",
            self.gateway: "the gateway",
            self.edge: "the edge",
            self.valkey: "Valkey",
            self.wiki: "the wiki",
            self.payroll: "payroll",
            self.keycloak: "Keycloak",
            self.keycloak_management: "Keycloak's health",
        }
