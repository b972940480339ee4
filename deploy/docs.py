"""Writes the pages of `docs/` that are made of the code: `python -m deploy.docs`."""

from pathlib import Path

from django.conf import settings

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    settings.configure(USE_I18N=False)
    from gateway.traces.document import document  # noqa: PLC0415 -- it needs settings

    (DOCS / "causes.md").write_text(document())


if __name__ == "__main__":
    main()
