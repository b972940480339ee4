"""The gateway as one Django app: its templates, static files and commands."""

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"
