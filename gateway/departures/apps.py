from django.apps import AppConfig


class DeparturesConfig(AppConfig):
    name = "gateway.departures"
    label = "departures"
