"""An operator attacks her own gateway, on production."""

from io import StringIO

import pytest
import redis
from django.apps import apps
from django.core.management import CommandError, call_command

from providers.models import Provider
from tests.fakes.oidc_provider import OidcProvider

# The library says what the gateway refuses: a key that is too short.
pytestmark = pytest.mark.filterwarnings("ignore:Key size should be:Warning")


def attack(*arguments: str) -> tuple[int, str]:
    """Exit status and output."""
    out = StringIO()
    try:
        call_command("attack", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def rows() -> dict[str, list[object]]:
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
    }


def test_everything_is_refused_and_it_says_by_what(idp: OidcProvider) -> None:
    status, printed = attack("--all")
    assert (status, "0 holes, 0 not proven" in printed) == (0, True), printed
    assert "oidc.alg-none (no key) signs nothing, and says so: id_token.alg" in printed
    assert "oidc.aud-of-another (with key) is for another client: id_token.aud" in printed


def kept_in(store: "redis.Redis") -> set[bytes]:
    """But for canaries: every process that may end sessions keeps its own alive."""
    return {key for key in store.scan_iter() if b"canar" not in key}


def test_nothing_is_changed_but_for_one_event(idp: OidcProvider, redis_url: str) -> None:
    attack()  # the provider's keys are known from here on
    store = redis.Redis.from_url(redis_url)
    before, kept = rows(), kept_in(store)
    attack()
    after = rows()
    [event] = after.pop("audit.AuditEvent")[len(before["audit.AuditEvent"]) :]
    before.pop("audit.AuditEvent")
    assert after == before
    assert {key for key in kept_in(store) if b"celery" not in key} <= kept
    store.close()
    assert event["event"] == "configuration.attacked"
    assert event["actor"] == "operator"
    assert event["detail"]["providers"] == ["corp-oidc"]
    assert (event["detail"]["holes"], event["detail"]["not_proven"]) == ([], 0)
    assert event["detail"]["refused"] > 150


def test_nothing_reaches_the_provider_but_a_question_for_its_keys(idp: OidcProvider) -> None:
    attack()
    assert idp.asked == {"discovery": 1, "keys": 1}


def test_a_provider_that_is_off_is_attacked_by_name_alone(idp: OidcProvider) -> None:
    Provider.objects.update(enabled=False)
    assert "corp-oidc" not in attack()[1]
    assert "corp-oidc" in attack("--provider", "corp-oidc")[1]
    with pytest.raises(CommandError, match=r"Nothing was fired\. nowhere"):
        attack("--provider", "nowhere")


def test_a_row_that_cannot_work_proves_nothing(idp: OidcProvider) -> None:
    Provider.objects.update(settings={"issuer": idp.issuer})
    status, printed = attack()
    assert (status, "nothing was fired: client_id: is missing" in printed) == (2, True)


def test_a_provider_that_is_away_is_attacked_with_keys_of_the_kit(idp: OidcProvider) -> None:
    assert idp.server is not None
    idp.lie.answers["keys"] = (503, b"")
    status, printed = attack()
    assert (status, "0 holes, 0 not proven" in printed) == (0, True), printed


@pytest.mark.parametrize(
    "settings",
    [
        {"response_mode": "form_post", "par": True, "userinfo": "signed"},
        {"signing_algorithms": ["ES384"], "acr_values": ["mfa"], "max_age": 300},
        {"signing_algorithms": ["EdDSA"], "userinfo": "off"},
        {"signing_algorithms": ["PS256"], "claims_from": ["access_token", "id_token"]},
        {"token_endpoint_auth_method": "client_secret_post", "recheck_minutes": 30},
    ],
    ids=repr,
)
def test_whatever_the_row_asks_for_is_what_is_attacked(
    idp: OidcProvider, settings: dict[str, object]
) -> None:
    row = Provider.objects.get()
    row.settings |= settings
    row.save()
    status, printed = attack()
    assert (status, "0 holes, 0 not proven" in printed) == (0, True), printed


def test_settings_that_weaken_are_told_and_are_no_holes(idp: OidcProvider) -> None:
    row = Provider.objects.get()
    row.settings |= {"trace_claims": True, "acr_values": ["mfa"]}
    row.link_policy, row.email_domains = Provider.LinkPolicy.VERIFIED_EMAIL, ["corp.example"]
    row.save()
    status, printed = attack()
    told = [line.split()[2].rstrip(":") for line in printed.splitlines() if "weakened by" in line]
    assert (status, told) == (0, ["trace_claims", "max_age", "issuer", "link_policy"])
