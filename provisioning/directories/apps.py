from django.apps import AppConfig


class DirectoriesConfig(AppConfig):
    name = "provisioning.directories"
    label = "directories"
