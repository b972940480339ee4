"""The gateway as one Django app: its templates, static files, commands and checks."""

from django.apps import AppConfig
from django.core.checks import Tags, register

import gateway.celery  # noqa: F401 -- makes it Celery's default app in every process
from gateway.web import checks


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self) -> None:
        register(checks.deployment, Tags.security, deploy=True)
