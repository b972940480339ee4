"""Pictures of every page: `make screenshots`, into docs/screenshots."""

import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# After Django, which is after its settings are named.
from tests.gateway.pages.serving import chromium, opened, specimens_served  # noqa: E402
from tests.gateway.pages.specimens import PAGES, edge_pages  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SMALL = {"width": 1120, "height": 640}


def take_pages() -> None:
    """Every door and desk: by day, by night, and on a telephone."""
    with specimens_served() as origin, chromium() as browser:
        for look in ("", "-dark", "-narrow"):
            with opened(browser, dark="dark" in look, narrow="narrow" in look) as context:
                page = context.new_page()
                if "narrow" not in look:
                    page.set_viewport_size(SMALL)
                for name in [*PAGES, *edge_pages()]:
                    page.goto(f"{origin}/specimen/{name}")
                    page.screenshot(path=FOLDER / f"{name}{look}.png", full_page=True)


def take_console() -> int:
    """The console needs rows and somebody signed in, which its browser tests have."""
    wanted = ["tests/gateway/console", "-k", "in_a_browser and (every_page or for_everybody)"]
    environment = {**os.environ, "SCREENSHOTS": str(FOLDER)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *wanted], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    take_pages()
    sys.exit(take_console())
