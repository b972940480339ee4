from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from providers.saml.native import native_stack_mismatch


class ProvidersConfig(AppConfig):
    name = "providers"

    def ready(self) -> None:
        """Whatever starts, a server or a command: with a broken pair nothing may run."""
        problem = native_stack_mismatch()
        if problem is not None:
            raise ImproperlyConfigured(
                f"{problem}. Install lxml and xmlsec in the pair of versions that "
                "requirements/run.txt names."
            )
