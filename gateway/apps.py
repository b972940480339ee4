"""The gateway as one Django app: its templates, static files, commands and checks."""

from django.apps import AppConfig
from django.core.checks import Tags, register

import gateway.celery  # noqa: F401 -- makes it Celery's default app in every process


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self) -> None:
        from gateway.web import checks  # noqa: PLC0415 -- it looks at rows, which are there now

        register(checks.deployment, Tags.security, deploy=True)
