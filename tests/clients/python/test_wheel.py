"""What an app installs: a wheel that works in an environment of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = str(Path(sys.executable).with_name("uv"))
VECTORS = ROOT / "clients" / "vectors" / "sessions.json"
SCRIPT = f"""
import importlib.util, json
from datetime import datetime, UTC
from gatehouse_client import PublicKeys, verify_assertion
import gatehouse_client.asgi, gatehouse_client.wsgi, gatehouse_client
assert importlib.util.find_spec("django") is None
assert importlib.util.find_spec("gateway") is None
said = json.loads(open({str(VECTORS)!r}).read())
about = said["assertions"]
print(verify_assertion(
    about["cases"][0]["token"].encode(), audience=about["audience"], issuer=about["issuer"],
    keys=PublicKeys(jwks=said["jwks"]), now=datetime.fromtimestamp(about["now"], UTC)).username)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--wheel", "--out-dir", folder, ROOT / "clients" / "python")
    run(UV, "venv", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    [wheel] = folder.glob("gatehouse_client-*.whl")
    run(UV, "pip", "install", "--python", python, wheel)
    return python


def run(*words, cwd="/"):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_reads_an_assertion_without_django(environment):
    assert run(environment, "-c", SCRIPT).strip() == "ada"


def test_the_wheel_brings_its_types(environment):
    place = run(environment, "-c", "import gatehouse_client; print(gatehouse_client.__path__[0])")
    assert (Path(place.strip()) / "py.typed").exists()
