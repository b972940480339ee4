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
    from gateway.traces.document import document as causes  # noqa: PLC0415

    (DOCS / "causes.md").write_text(causes())
    (DOCS / "openapi.yaml").write_text(openapi())
    settings.configure(USE_I18N=False)
    from gateway.console.connecting import document as vendors  # noqa: PLC0415 -- needs settings
    from gateway.traces import document as causes  # noqa: PLC0415 -- the same

    (DOCS / "causes.md").write_text(causes.document())
    (DOCS / "vendors.md").write_text(vendors.document())


if __name__ == "__main__":
    main()
