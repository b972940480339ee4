from django.apps import AppConfig


class SignInsConfig(AppConfig):
    name = "gateway.sign_ins"
    label = "sign_ins"
