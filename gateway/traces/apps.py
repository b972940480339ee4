from django.apps import AppConfig


class TracesConfig(AppConfig):
    name = "gateway.traces"
    label = "traces"
