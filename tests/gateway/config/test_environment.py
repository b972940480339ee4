"""What an operator writes is taken as meant, or told back with the name and what to write."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.config import keyring
from gateway.config.environment import EnvironmentInvalid, Ring, read

NEEDED = {
    "GATEHOUSE_BASE_URL": "https://gateway.corp.example",
    "GATEHOUSE_REDIS_URL": "rediss://redis.corp.example",
    "GATEHOUSE_KEY_RING": "/etc/gatehouse/keys.json",
}


def faults(**variables: str) -> list[str]:
    given = {f"GATEHOUSE_{name}": value for name, value in variables.items()}
    with pytest.raises(EnvironmentInvalid) as error:
        read(NEEDED | given)
    return list(error.value.faults)


def test_what_is_needed_is_enough_and_the_rest_has_safe_defaults() -> None:
    found = read(NEEDED)
    assert found.host == "gateway.corp.example"
    assert found.broker_url == found.redis_url
    assert found.trusted_proxies == (ip_network("127.0.0.1/32"), ip_network("::1/128"))
    assert found.dns_resolvers == ()
    assert found.session_lifetime == timedelta(hours=10)
    assert found.identities_kept == timedelta(days=400)
    assert found.claims_not_kept == frozenset()
    assert (found.rules_need_approval, found.rules_never_give) == (False, frozenset())
    assert not found.debug


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BASE_URL", "gateway.corp.example", "write scheme and host alone"),
        ("BASE_URL", "https://gateway.corp.example/sso", "write scheme and host alone"),
        ("BASE_URL", "https://ada@gateway.corp.example", "write scheme and host alone"),
        ("BASE_URL", "https://gateway.corp.example?a=b", "write scheme and host alone"),
        ("BASE_URL", "https://gateway.corp.example:port", "write scheme and host alone"),
        ("BASE_URL", "https://[::1", "write scheme and host alone"),
        ("BASE_URL", "", "is not set; docs/operate.md"),
        ("INTERNAL_URL", "ftp://10.0.0.1", "write scheme and host alone"),
        ("REDIS_URL", "http://redis.corp.example", "must be rediss://"),
        ("REDIS_URL", "", "is not set; docs/operate.md"),
        ("REDIS_URL", "redis+sentinel://10.0.0.1:26379", "name of the primary is missing"),
        ("REDIS_URL", "redis+sentinel://10.0.0.1,/gatehouse", "a host is missing"),
        ("REDIS_URL", "redis+sentinel://10.0.0.1:port/gatehouse", "hosts cannot be read"),
        ("REDIS_URL", "redis+cluster://10.0.0.1/3", "a cluster has one database alone"),
        ("REDIS_URL", "redis+cluster://10.0.0.1?ssl=0", "is not understood"),
        ("REDIS_URL", "unix+cluster:///run/redis", "a host is missing"),
        ("BROKER_URL", "redis+cluster://10.0.0.1", "set GATEHOUSE_BROKER_URL to one Redis"),
        ("BROKER_URL", "amqp://rabbit", "must be rediss://"),
        ("KEY_RING", "", "is not set; docs/operate.md"),
        ("DATABASE_URL", "mysql://db/gatehouse", "must be sqlite:///path or postgresql://"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, proxy", "write networks, as 10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "write networks, as 10.0.0.0/8"),
        ("DNS_RESOLVERS", "resolver.corp.example", "write addresses, as 10.0.0.53"),
        ("DNS_RESOLVERS", "10.0.0.53:dns", "write addresses, as 10.0.0.53"),
        ("DNS_RESOLVERS", "ada@10.0.0.53", "write addresses, as 10.0.0.53"),
        ("DNS_RESOLVERS", "10.0.0.53:5353/x", "write addresses, as 10.0.0.53"),
        ("SESSION_LIFETIME_MINUTES", "ten", "write minutes from 1 to 43200"),
        ("SESSION_LIFETIME_MINUTES", "0", "write minutes from 1 to 43200"),
        ("SESSION_IDLE_MINUTES", "43201", "write minutes from 1 to 43200"),
        ("SESSION_IDLE_MINUTES", "0000199999", "write minutes from 1 to 43200"),
        ("SESSION_IDLE_MINUTES", "00001" + "9" * 5000, "write minutes from 1 to 43200"),
        ("SESSION_IDLE_MINUTES", "٦٠", "write minutes from 1 to 43200"),
        ("SESSION_IDLE_MINUTES", "9" * 5000, "write minutes from 1 to 43200"),
        ("COUNTRY_DATABASE", "/nowhere.mmdb", "write the path of an .mmdb file"),
        ("COUNTRY_DATABASE", __file__, "write the path of an .mmdb file"),
        ("SESSION_REMEMBER_DAYS", "-1", "write days from 1 to 3650"),
        ("SESSIONS_PER_PERSON", "-1", "write a number of sessions, or 0 for no limit"),
        ("SESSIONS_PER_PERSON", "00", "write a number of sessions, or 0 for no limit"),
        ("EDGE_WATCHES", "0", "write a number from 1"),
        ("IDENTITIES_KEPT_DAYS", "0", "write days from 1 to 3650"),
        ("IDENTITIES_KEPT_DAYS", "3651", "write days from 1 to 3650"),
        ("CLAIMS_NOT_KEPT", "birthdate, sal\tary", "write claims, as birthdate"),
        ("CLAIMS_NOT_KEPT", "x" * 201, "write claims, as birthdate"),
        ("RULES_NEED_APPROVAL", "yes", "write 1 or 0"),
        ("RULES_NEVER_GIVE", "payroll, two words", "write roles, as gatehouse-admin"),
        ("METRICS_TOKEN", "secret", "must be 32 to 200 letters and digits"),
        ("METRICS_TOKEN", "a b" * 20, "must be 32 to 200 letters and digits"),
        ("SMTP_URL", "mail.corp.example:587", "must be smtps://user:password@host"),
        ("SMTP_URL", "https://mail.corp.example", "must be smtps://user:password@host"),
        ("SMTP_URL", "smtps://", "must be smtps://user:password@host"),
        ("SMTP_URL", "smtps://u:p@mail.corp.example:port", "must be smtps://user:password@host"),
        ("SMTP_URL", "smtp://mail.corp.example/?tls=no", "must be smtps://user:password@host"),
        ("OPERATOR_EMAIL", "it@corp.example, ops", "has 'ops'; write addresses"),
        ("OPERATOR_EMAIL", "it@corp.example\nBcc: x@evil.example", "write addresses"),
        ("MAIL_FROM", "a@corp.example, b@corp.example", "must be one address"),
        ("COMPANY_ACCENT", "green", "write a colour as #14594f"),
        ("DEBUG", "maybe", "write 1 or 0"),
        ("KEY_RING_FILE", "/nowhere", "is set twice"),
        ("HELP_URL_FILE", "/nowhere", "'/nowhere', which cannot be read: No such file"),
    ],
)
def test_a_value_that_cannot_be_meant_is_told_with_what_to_write(
    name: str, value: str, said: str
) -> None:
    [fault] = faults(**{name: value})
    assert fault.startswith(f"GATEHOUSE_{name.removesuffix('_FILE')} ") or "_FILE" in fault
    assert said in fault
    assert "Errno" not in fault
    assert "invalid literal" not in fault


@pytest.mark.parametrize("name", ["REDIS_URL", "BROKER_URL", "DATABASE_URL"])
def test_a_password_that_breaks_its_address_is_not_repeated(name: str) -> None:
    scheme = "postgresql" if name == "DATABASE_URL" else "rediss"
    [fault] = faults(**{name: f"{scheme}://ada:sec/ret@db.corp.example"})
    assert fault.startswith(f"GATEHOUSE_{name} must be ")
    assert "%2F for /" in fault
    assert "sec" not in fault.replace(name, "")


def test_no_proxy_at_all_can_be_meant() -> None:
    assert read(NEEDED | {"GATEHOUSE_TRUSTED_PROXIES": ""}).trusted_proxies == ()


def test_what_is_missing_is_told_together() -> None:
    with pytest.raises(EnvironmentInvalid) as error:
        read({})
    assert [fault.partition(" ")[0] for fault in error.value.faults] == sorted(NEEDED)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("BASEURL", "BASE_URL"),
        ("SESSION_IDEL_MINUTES", "SESSION_IDLE_MINUTES"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("REDIS_URL_FIEL", "REDIS_URL_FILE"),
        ("IDLE_MINUTES", "SESSION_IDLE_MINUTES"),
        ("LOGO_URL", "COMPANY_LOGO_URL"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_what_was_meant(slip: str, meant: str) -> None:
    [fault] = faults(**{slip: "1"})
    assert fault == f"GATEHOUSE_{slip} is not a setting; did you mean GATEHOUSE_{meant}?"


@pytest.mark.parametrize(
    "name",
    [
        "SERVICE_HOST",
        "SERVICE_PORT_HTTP",
        "PORT",
        "PORT_8001_TCP_ADDR",
        "DATABASE_PORT",  # of a service gatehouse-database
        "DATABASE_PORT_5432_TCP",
        "INTERNAL_PORT",
        "CORP_OIDC_SECRET",
        "DEMO_CREDENTIALS",
        "TEST_DATABASE",
        "ISSUER",
        "JWKS_URL",
    ],
)
def test_variables_that_a_cluster_or_a_secret_sets_are_let_be(name: str) -> None:
    assert read(NEEDED | {f"GATEHOUSE_{name}": "x"}) == read(NEEDED)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("redis://:secret@127.0.0.1\n")
    variables = {name: value for name, value in NEEDED.items() if "REDIS" not in name}
    found = read(variables | {"GATEHOUSE_REDIS_URL_FILE": str(tmp_path / "redis")})
    assert found.redis_url == "redis://:secret@127.0.0.1"
    assert "secret" not in repr(found)


@pytest.mark.parametrize("opens", ["KEY_RING", "EDGE_KEY_RING"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "`manage.py keys init` makes one"),
        ("nonsense", "is not JSON"),
        ('{"version": 2}', "is not of version 1"),
    ],
)
def test_the_ring_that_a_process_opens_is_told_of_with_the_rest(
    tmp_path: Path, opens: Ring, content: str | None, said: str
) -> None:
    path = tmp_path / "ring.json"
    if content is not None:
        path.write_text(content)
    variables = NEEDED | {f"GATEHOUSE_{opens}": str(path), "GATEHOUSE_DEBUG": "maybe"}
    with pytest.raises(EnvironmentInvalid) as error:
        read(variables, opens)
    told = dict(fault.split(" ", 1) for fault in error.value.faults)
    assert told.keys() == {f"GATEHOUSE_{opens}", "GATEHOUSE_DEBUG"}
    assert said in told[f"GATEHOUSE_{opens}"]


def test_a_ring_of_an_older_release_is_told_with_what_it_lacks(tmp_path: Path) -> None:
    keyring.ensure(tmp_path / "ring.json", tmp_path / "edge.json")
    whole = keyring.read(tmp_path / "ring.json")
    keys = [key for key in whole["keys"] if key["use"] not in {"audit", "identities"}]
    keyring.write(tmp_path / "ring.json", {**whole, "keys": keys})
    variables = NEEDED | {"GATEHOUSE_KEY_RING": str(tmp_path / "ring.json")}
    with pytest.raises(EnvironmentInvalid) as error:
        read(variables, "KEY_RING")
    [fault] = error.value.faults
    assert "no key for identities, audit; `manage.py keys init` adds" in fault


def test_claims_that_are_not_kept_are_paths_with_commas_between() -> None:
    found = read(NEEDED | {"GATEHOUSE_CLAIMS_NOT_KEPT": "birthdate, address.street,https://x/y ,"})
    assert found.claims_not_kept == {"birthdate", "address.street", "https://x/y"}


def test_rules_may_need_a_second_person_and_never_give_some_roles() -> None:
    variables = {"RULES_NEED_APPROVAL": "1", "RULES_NEVER_GIVE": "gatehouse-admin, payroll,"}
    found = read(NEEDED | {f"GATEHOUSE_{name}": text for name, text in variables.items()})
    assert found.rules_need_approval
    assert found.rules_never_give == {"gatehouse-admin", "payroll"}


def test_an_edge_without_a_ring_is_told_so() -> None:
    with pytest.raises(EnvironmentInvalid, match="GATEHOUSE_EDGE_KEY_RING is not set"):
        read(NEEDED, "EDGE_KEY_RING")


def test_a_ring_that_is_there_is_as_good_as_it_was(tmp_path: Path) -> None:
    keyring.ensure(tmp_path / "ring.json", tmp_path / "edge.json")
    variables = NEEDED | {
        "GATEHOUSE_KEY_RING": str(tmp_path / "ring.json"),
        "GATEHOUSE_EDGE_KEY_RING": str(tmp_path / "edge.json"),
    }
    assert read(variables, "KEY_RING") == read(variables, "EDGE_KEY_RING") == read(variables)


def test_resolvers_are_addresses_with_or_without_a_port() -> None:
    found = read(
        NEEDED | {"GATEHOUSE_DNS_RESOLVERS": "10.0.0.53, ::1, 10.0.0.54:5353,[fd00::5]:54"}
    )
    assert found.dns_resolvers == (
        ("10.0.0.53", 53),
        ("::1", 53),
        ("10.0.0.54", 5353),
        ("fd00::5", 54),
    )


def test_a_cluster_for_sessions_asks_for_another_redis_for_messages() -> None:
    [fault] = faults(REDIS_URL="rediss+cluster://10.0.0.1:6379,10.0.0.2:6379")
    assert "cluster" in fault
    assert "set GATEHOUSE_BROKER_URL" in fault
