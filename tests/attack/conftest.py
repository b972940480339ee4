"""A company with both kinds of providers, whose gateway is attacked."""

from tests.journeys.conftest import house, idp, saml_idp, service_keys

__all__ = ["house", "idp", "saml_idp", "service_keys"]
