"""docker-compose.yml is whole, pinned, free of secrets, and the demo in containers."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy import compose
from deploy.programs import ROOT

FILE = ROOT / "docker-compose.yml"
DOCKERFILES = (ROOT / "deploy" / "Dockerfile", ROOT / "deploy" / "keycloak" / "Dockerfile")
CONTENT = yaml.safe_load(FILE.read_text())
SERVICES = CONTENT["services"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the compose file and what `make compose` writes."""
    shutil.copy(FILE, tmp_path)
    (tmp_path / ".demo").mkdir()
    (tmp_path / "deploy" / "keycloak").mkdir(parents=True)  # the file names it as a place to build
    compose.write(tmp_path / ".demo" / "compose")
    return tmp_path


def test_all_parts_of_the_demo_are_there():
    parts = {"gateway", "worker", "edge", "postgresql", "valkey", "keycloak", "proxy"}
    assert set(SERVICES) == parts | {"setup", "wiki", "payroll"}


def test_every_image_that_is_not_built_here_is_pinned():
    images = [s["image"] for s in SERVICES.values() if "build" not in s]
    for dockerfile in DOCKERFILES:
        images += re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE)
    assert images
    for image in images:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+[\w.-]*", image), image


def test_no_secret_stands_in_it():
    text = FILE.read_text().lower()
    for word in ("password", "secret:", "redis://", "postgresql://"):
        assert word not in text


def test_only_the_proxy_is_reached_and_only_from_this_machine():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(ports) == ["proxy"]
    assert all(port.startswith("127.0.0.1:") for port in ports["proxy"])


def test_everybody_shares_the_proxys_network_so_that_addresses_are_the_demos():
    for name, service in SERVICES.items():
        assert name == "proxy" or service["network_mode"] == "service:proxy"


def test_it_applies_the_demos_own_configuration():
    assert "deploy/demo/gatehouse.yaml" in SERVICES["setup"]["command"][-1]
    assert "/etc/gatehouse/demo/Caddyfile" in SERVICES["proxy"]["command"]
    assert SERVICES["proxy"]["volumes"] == ["./deploy:/etc/gatehouse:ro"]


def test_whatever_it_mounts_or_reads_is_written_by_make_compose(checkout):
    for service in SERVICES.values():
        named = [service["env_file"]] if "env_file" in service else []
        named += [v.split(":")[0] for v in service.get("volumes", []) if v.startswith("./.demo")]
        for path in named:
            assert (checkout / path).exists(), path


def test_the_edge_is_given_no_key_that_signs_sessions(checkout):
    folder = checkout / ".demo" / "compose"
    assert SERVICES["edge"]["volumes"] == ["./.demo/compose/edge:/state:ro"]
    assert [path.name for path in (folder / "edge").iterdir()] == ["edge-key-ring.json"]
    assert '"d"' in (folder / "gateway" / "key-ring.json").read_text()
    assert "DATABASE" not in (folder / "edge.env").read_text()


def test_the_folder_of_secrets_is_closed_to_others(checkout):
    assert (checkout / ".demo" / "compose").stat().st_mode & 0o777 == 0o700


def test_a_second_run_keeps_every_secret(checkout):
    folder = checkout / ".demo" / "compose"
    before = {path: path.read_text() for path in folder.rglob("*") if path.is_file()}
    compose.write(folder)
    assert {path: path.read_text() for path in before} == before


@pytest.mark.skipif(
    shutil.which("docker-compose") is None and "CI" not in os.environ,
    reason="apt install docker-compose; only CI insists on it",
)
def test_docker_compose_accepts_it(checkout):
    result = subprocess.run(
        ["docker-compose", "config", "--quiet"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
