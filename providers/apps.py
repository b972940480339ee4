from django.apps import AppConfig
from django.core.checks import register

from providers import checks


class ProvidersConfig(AppConfig):
    name = "providers"

    def ready(self) -> None:
        register(checks.native_stack)
