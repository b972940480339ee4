"""What no linter holds: the size of files, the edge's independence, one row for each error."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import get_resolver

import gateway
import mapping
import providers
import provisioning
from gateway.audit.events import Event
from gateway.web.errors import ERRORS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (gateway, mapping, providers, provisioning)
# Errors that never meet a person: they stop a process at its start, or a lower floor turns them
# into another class first.
NOT_SHOWN = {
    "attack.answered-well",  # the attack kit's own verdicts
    "attack.came-to-nothing",
    "config.environment-invalid",
    "config.key-ring-invalid",
    "configuration.definition-invalid",  # the console shows its faults beside their fields
    "configuration.invalid",  # `manage.py apply` prints it
    "configuration.routes-too-large",  # the message that waits in the outbox says it
    "drill.impossible",  # `manage.py drill` prints it
    "keys.in-use",  # and `manage.py keys` this
    "mail.not-sent",  # the log and `manage.py doctor` say it
    "readers.refused",  # and `manage.py readers` this
    "prove.app-unknown",  # the console and `manage.py prove-app` say it in place
    "providers.rotation-refused",  # and `manage.py providers` this
}


def tracked(*suffixes: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name.endswith(suffixes)]


def test_no_file_is_looking_for_a_second_noun() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(".py", ".css", ".js", ".html", ".ts", ".go")
        if path.exists()
        and "migrations" not in path.parts
        and (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


def test_no_merge_was_left_half_done() -> None:
    mark = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    texts = tracked(".py", ".md", ".html", ".css", ".js", ".ts", ".go", ".toml", ".yml", ".conf")
    assert [path.name for path in texts if path.exists() and mark.search(path.read_text())] == []


def error_classes() -> dict[str, list[type[Exception]]]:
    found: dict[str, list[type[Exception]]] = {}
    for package in PACKAGES:
        for module_info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module_info.name or module_info.name == "gateway.edge.main":
                continue
            module = importlib.import_module(module_info.name)
            for _, value in inspect.getmembers(module, inspect.isclass):
                if (
                    issubclass(value, Exception)
                    and value.__module__ == module.__name__
                    and isinstance(vars(value).get("code"), str)
                ):
                    found.setdefault(value.code, []).append(value)
    return found


def test_every_error_has_its_words_and_a_code_of_its_own() -> None:
    codes = error_classes()
    assert {code: names for code, names in codes.items() if len(names) > 1} == {}
    assert set(codes) - set(ERRORS) == NOT_SHOWN


def test_every_event_of_the_record_is_seen_by_a_test_that_makes_it() -> None:
    told = "".join(
        path.read_text()
        for path in tracked(".py")
        if path.is_relative_to(ROOT / "tests") and path != Path(__file__)
    )
    assert [event.value for event in Event if f'"{event.value}"' not in told] == []


def test_the_edge_runs_without_django() -> None:
    names = subprocess.run(
        [sys.executable, "-c", "import gateway.edge.main, sys; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    assert [name for name in names if name.partition(".")[0] == "django"] == []


def test_the_front_door_has_these_paths_and_no_others() -> None:
    found = {
        str(pattern.pattern)
        for pattern in get_resolver().url_patterns
        if pattern.pattern is not None
    }
    assert found == {
        "",
        ".well-known/jwks.json",
        "admin/",
        "admin/attack/",
        "api/v1/me",
        "api/v1/providers",
        "api/v1/providers/<slug:slug>",
        "api/v1/rules",
        "api/v1/rules/drafts",
        "api/v1/rules/drafts/<uuid:draft>",
        "api/v1/rules/drafts/<uuid:draft>/approve",
        "api/v1/rules/drafts/<uuid:draft>/publish",
        "api/v1/rules/drafts/<uuid:draft>/rebase",
        "api/v1/rules/drafts/<uuid:draft>/submit",
        "api/v1/rules/drafts/<uuid:draft>/take-back",
        "api/v1/rules/explain",
        "api/v1/rules/previews",
        "api/v1/rules/previews/<uuid:preview>",
        "api/v1/rules/roll-back",
        "api/v1/rules/rollout",
        "api/v1/rules/rollout/pause",
        "api/v1/rules/rollout/resume",
        "api/v1/rules/versions",
        "api/v1/rules/versions/<int:version>",
        "api/v1/rules/versions/<int:version>/differences",
        "api/v1/schema",
        "scim/v2/<slug:connection>/Users",
        "scim/v2/<slug:connection>/Users/.search",
        "scim/v2/<slug:connection>/Users/<str:pk>",
        "scim/v2/<slug:connection>/Groups",
        "scim/v2/<slug:connection>/Groups/.search",
        "scim/v2/<slug:connection>/Groups/<str:pk>",
        "scim/v2/<slug:connection>/Schemas",
        "scim/v2/<slug:connection>/Schemas/<str:name>",
        "scim/v2/<slug:connection>/ResourceTypes",
        "scim/v2/<slug:connection>/ResourceTypes/<str:name>",
        "scim/v2/<slug:connection>/ServiceProviderConfig",
        "scim/v2/<slug:connection>/Bulk",
        "scim/v2/<slug:connection>/.search",
        "scim/v2/<slug:connection>/Me",
        "branding.css",
        "console/apps/<slug:slug>/prove/",
        "console/directories/",
        "console/directories/connect/<slug:kind>/",
        "console/directories/<slug:slug>/",
        "console/directories/<slug:slug>/settings/",
        "console/directories/<slug:slug>/<slug:verb>/",
        "console/directories/<slug:slug>/runs/<int:pk>/",
        "console/directories/<slug:slug>/runs/<int:pk>/<slug:verb>/",
        "console/break-glass/",
        "console/break-glass/<uuid:account>/close/",
        "console/break-glass/seen/<int:use>/",
        "console/domains/",
        "console/domains/<uuid:pk>/<slug:verb>/",
        "console/mapping/",
        "console/mapping/compare/",
        "console/mapping/drafts/",
        "console/mapping/drafts/<uuid:pk>/",
        "console/mapping/drafts/<uuid:pk>/count/",
        "console/mapping/drafts/<uuid:pk>/edition/<int:number>/",
        "console/mapping/drafts/<uuid:pk>/general/",
        "console/mapping/drafts/<uuid:pk>/here/",
        "console/mapping/drafts/<uuid:pk>/preview/",
        "console/mapping/drafts/<uuid:pk>/rule/",
        "console/mapping/drafts/<uuid:pk>/rule/<str:name>/",
        "console/mapping/drafts/<uuid:pk>/seen/",
        "console/mapping/drift/",
        "console/mapping/explain/",
        "console/mapping/history/",
        "console/mapping/history/<int:version>/back/",
        "console/mapping/matrix/",
        "console/mapping/picture/",
        "console/mapping/rollout/",
        "console/mapping/try/",
        "console/identities/<int:key>/split/",
        "console/merges/<uuid:pk>/undo/",
        "console/people/<uuid:pk>/merge/",
        "console/people/",
        "console/people/<uuid:pk>/end-date/",
        "console/people/<uuid:pk>/identities/<int:identity>/unlink/",
        "console/people/<uuid:pk>/roles/<int:held>/take/",
        "console/people/<uuid:pk>/roles/give/",
        "console/people/<uuid:pk>/timeline/",
        "console/people/export/",
        "console/people/reports/<slug:kind>/",
        "console/people/reports/<slug:kind>/export/",
        "console/providers/",
        "console/providers/<slug:slug>/",
        "console/providers/<slug:slug>/connection/",
        "console/providers/<slug:slug>/delete/",
        "console/providers/<slug:slug>/disable/",
        "console/providers/<slug:slug>/drafters/",
        "console/providers/<slug:slug>/drafters/<uuid:account>/end/",
        "console/providers/<slug:slug>/enable/",
        "console/providers/<slug:slug>/links/",
        "console/providers/<slug:slug>/links/<int:link>/revoke/",
        "console/providers/<slug:slug>/shadow/",
        "console/providers/<slug:slug>/signals/",
        "console/providers/<slug:slug>/signals/<uuid:pk>/",
        "console/providers/<slug:slug>/signals/<uuid:pk>/doings/",
        "console/providers/<slug:slug>/signals/<uuid:pk>/end/",
        "console/providers/<slug:slug>/signals/<uuid:pk>/verify/",
        "console/providers/<slug:slug>/signals/connect/",
        "console/providers/<slug:slug>/test/",
        "console/providers/<slug:slug>/test/<str:name>",
        "console/providers/connect",
        "console/providers/connect/<slug:guide>",
        "console/reviews/",
        "console/reviews/<uuid:pk>/",
        "console/reviews/<uuid:pk>/close/",
        "console/reviews/<uuid:pk>/decide/",
        "console/reviews/<uuid:pk>/evidence/",
        "console/reviews/<uuid:pk>/hand-on/",
        "console/reviews/begin/",
        "console/service-accounts/<int:pk>/token/",
        "console/sessions/",
        "console/sessions/end/",
        "console/waiting/",
        "console/waiting/<uuid:pk>/",
        "entry",
        "health/live",
        "health/ready",
        "identities/<int:identity>/unlink",
        "internal/sign-out",
        "invited/<uuid:invitation>",
        "join",
        "join/cancel",
        "join/confirm",
        "join/new",
        "join/prove",
        "link/<str:secret>",
        "local/",
        "local/second",
        "local/set-up/<str:secret>",
        "metrics",
        "oidc/<slug:slug>/backchannel-logout",
        "oidc/<slug:slug>/callback",
        "oidc/<slug:slug>/frontchannel-logout",
        "oidc/<slug:slug>/jwks.json",
        "oidc/<slug:slug>/signed-out",
        "saml/<slug:slug>/acs",
        "saml/<slug:slug>/continue",
        "saml/<slug:slug>/metadata",
        "saml/<slug:slug>/slo",
        "sessions/end",
        "sessions/not-me",
        "set-up/<str:secret>",
        "sign-in",
        "sign-in/<slug:slug>",
        "sign-out",
        "sign-out/provider",
        "signals/<slug:slug>/global-token-revocation",
        "signals/streams/<uuid:stream>",
        "signed-out",
    }


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_lock_files_have_hashes_and_no_download_addresses(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_locks_of_npm_have_hashes_and_no_download_addresses() -> None:
    locks = tracked("package-lock.json")
    assert len(locks) > 1
    for lock in locks:
        text = lock.read_text()
        assert '"integrity": "sha512-' in text
        assert '"resolved"' not in text, lock


def test_lxml_and_xmlsec_stand_on_one_libxml2() -> None:
    import lxml.etree
    import xmlsec

    assert xmlsec.get_libxml_version() == lxml.etree.LIBXML_VERSION
