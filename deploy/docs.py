"""Writes the pages of `docs/` that are made of the code: `python -m deploy.docs`."""

import os
from pathlib import Path

import django

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    # The tests' settings bring an environment of their own.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from gateway.api.schema import document as openapi  # noqa: PLC0415 -- it needs settings
    from gateway.console.connecting.document import document as vendors  # noqa: PLC0415
    from gateway.traces.document import document as causes  # noqa: PLC0415
    from providers.attacks.document import document as attacks  # noqa: PLC0415

    (DOCS / "attack.md").write_text(attacks())
    (DOCS / "causes.md").write_text(causes())
    (DOCS / "openapi.yaml").write_text(openapi())
    (DOCS / "vendors.md").write_text(vendors())


if __name__ == "__main__":
    main()
