"""Pictures of every page: `make screenshots`, into docs/screenshots."""

import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from tests.gateway.pages.serving import chromium, opened, specimens_served  # noqa: E402
from tests.gateway.pages.specimens import PAGES, edge_pages  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"


def take(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with specimens_served() as origin, chromium() as browser:
        for look in ("", "-dark", "-narrow"):
            with opened(browser, dark="dark" in look, narrow="narrow" in look) as context:
                page = context.new_page()
                for name in [*PAGES, *edge_pages()]:
                    page.goto(f"{origin}/specimen/{name}")
                    page.screenshot(path=folder / f"{name}{look}.png", full_page=True)


if __name__ == "__main__":
    take()
