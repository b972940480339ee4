from django.apps import AppConfig


class RelyingPartiesConfig(AppConfig):
    name = "gateway.relying_parties"
    label = "relying_parties"
