"""The client stands on its own feet: nothing of the gateway, and Django only where asked for."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "clients" / "python"


def test_it_needs_neither_the_gateway_nor_django():
    script = (
        f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n"
        "import gatehouse_client.asgi, gatehouse_client.wsgi\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    told = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, check=True, text=True
    )
    needed = set(told.stdout.split())
    assert "gatehouse_client" in needed
    assert not needed & {"gateway", "providers", "django", "rest_framework", "redis"}
