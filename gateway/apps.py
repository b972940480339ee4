"""The gateway as one Django app: its templates, static files and commands."""

from django.apps import AppConfig

import gateway.celery  # noqa: F401 -- makes it Celery's default app in every process


class GatewayConfig(AppConfig):
    name = "gateway"
