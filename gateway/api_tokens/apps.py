from django.apps import AppConfig


class ApiTokensConfig(AppConfig):
    name = "gateway.api_tokens"
    label = "api_tokens"
