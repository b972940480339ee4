"""System checks: what would make providers fail, told before anybody signs in."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from providers.saml.native import native_stack_mismatch


def native_stack(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 -- Django's signature
    **_options: object,
) -> list[CheckMessage]:
    """The XML parser and the signature library must bring one and the same libxml2."""
    problem = native_stack_mismatch()
    if problem is None:
        return []
    hint = "Install lxml and xmlsec in the pair of versions that requirements/run.txt names."
    return [Error(problem, hint=hint, id="providers.E001")]
