"""Of every attribute the best word stands, whoever speaks last."""

from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers.identity import ClaimSet
from providers.models import Provider
from provisioning import attributes, history
from provisioning.attributes import Source
from provisioning.models import Account, LinkedIdentity, ProfileValue
from provisioning.policy import LinkPolicy
from provisioning.profile import Attribute, ProfilePolicy, faults
from tests.provisioning.people import BY_EMAIL, KEYCLOAK, NEVER, NOW, SAML, ada, signs_in, trusting

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)
ADMIN = "0b0e4d5e-0000-4000-8000-000000000001"


def taking(**profile: object) -> LinkPolicy:
    """Of a provider whose row says this about attributes."""
    row = Provider(slug=KEYCLOAK, dialect="plain", profile=profile)
    return replace(BY_EMAIL, profile=ProfilePolicy.of(row))


def told(**claims: object):
    return replace(ada(), claims=ClaimSet({"groups": ["/engineering/platform"], **claims}))


def her() -> Account:
    return Account.objects.get()


def stands(name: Attribute) -> str:
    row = attributes.standing(her()).get(name)
    return row.value if row else ""


def by_hand(**values: str) -> None:
    said = {Attribute(name): value for name, value in values.items()}
    attributes.tell(her(), attributes.by_hand(ADMIN), said, now=LATER)


def linked(provider: str = KEYCLOAK) -> LinkedIdentity:
    return LinkedIdentity.objects.get(provider=provider)


def twice_at_home() -> None:
    """Ada comes by two providers; the one by SAML spoke last."""
    trusting(KEYCLOAK, "corp.example")
    trusting(SAML, "corp.example")
    signs_in(ada(), policy=BY_EMAIL)
    other = replace(ada(provider=SAML), name="Ada K. Byron")
    signs_in(other, policy=BY_EMAIL, now=LATER)


def test_a_sign_in_takes_what_she_is_called_and_nothing_that_nobody_asked_for():
    signs_in(told(given_name="Ada", family_name="Byron", phone_number="+44 1", department="R&D"))
    found = {name: row.value for name, row in attributes.standing(her()).items()}
    assert found == {
        "name": "Ada Byron",
        "given_name": "Ada",
        "family_name": "Byron",
        "email": "ada@corp.example",
    }


def test_what_the_provider_s_row_asks_for_is_taken_from_the_claim_that_it_names():
    policy = taking(department={"claim": "org.unit"}, employee_number={"take": "always"})
    signs_in(told(org={"unit": "Engines"}, department="none", employeeNumber=1815), policy=policy)
    assert stands(Attribute.DEPARTMENT) == "Engines"
    assert stands(Attribute.EMPLOYEE_NUMBER) == "1815"


def test_a_claim_that_is_not_to_be_kept_becomes_no_attribute(settings):
    settings.CLAIMS_NOT_KEPT = frozenset({"phone_number", "org"})
    policy = taking(phone_number={}, department={"claim": "org.unit"})
    signs_in(told(phone_number="+44 1", org={"unit": "Engines"}), policy=policy)
    assert stands(Attribute.PHONE_NUMBER) == stands(Attribute.DEPARTMENT) == ""


def test_a_claim_that_goes_missing_wipes_nothing():
    policy = taking(department={"take": "always"})
    signs_in(told(department="Engines"), policy=policy)
    signs_in(replace(told(), name="", email=None), policy=policy, now=LATER)
    assert stands(Attribute.DEPARTMENT) == "Engines"
    assert (her().name, her().email) == ("Ada Byron", "ada@corp.example")


def test_of_what_is_taken_the_first_time_the_first_word_stays():
    policy = taking(name={"take": "first"}, title={"take": "first"})
    signs_in(told(), policy=policy)
    signs_in(replace(told(title="Countess"), name="Ada Lovelace"), policy=policy, now=LATER)
    signs_in(told(title="Analyst"), policy=policy, now=LATER)
    assert her().name == "Ada Byron"
    assert stands(Attribute.TITLE) == "Countess"


def test_what_is_never_taken_is_written_by_no_sign_in():
    policy = taking(name={"take": "never"}, email={"take": "never"})
    signs_in(told(), policy=policy)
    assert (her().name, her().email) == ("", "")


@pytest.mark.parametrize(
    "source", [attributes.by_hand, attributes.by_scim, attributes.by_directory]
)
def test_what_is_set_another_way_survives_a_sign_in(source):
    signs_in(ada(), policy=BY_EMAIL)
    whose = ADMIN if source is attributes.by_hand else linked()
    attributes.tell(her(), source(whose), {Attribute.NAME: "A. Byron"}, now=NOW)
    done = signs_in(replace(ada(), name="Ada Lovelace"), policy=BY_EMAIL, now=LATER)
    assert her().name == done.name == "A. Byron"


def test_a_hand_goes_before_scim_and_scim_before_a_directory():
    signs_in(ada())
    one, at = linked(), {"now": NOW}
    attributes.tell(her(), attributes.by_hand(ADMIN), {Attribute.TITLE: "by hand"}, **at)
    attributes.tell(her(), attributes.by_scim(one), {Attribute.TITLE: "by SCIM"}, **at)
    attributes.tell(her(), attributes.by_directory(one), {Attribute.TITLE: "by directory"}, **at)
    order = [row.value for row in attributes.said(her()) if row.name == "title"]
    assert order == ["by hand", "by SCIM", "by directory"]


def test_of_two_providers_of_one_number_whoever_spoke_last_has_the_word():
    twice_at_home()
    assert her().name == "Ada K. Byron"
    signs_in(ada(), policy=BY_EMAIL, now=LATER + timedelta(hours=1))
    assert her().name == "Ada Byron"


def test_the_provider_with_the_lower_number_has_the_word_whoever_spoke_last():
    twice_at_home()
    Provider.objects.filter(slug=KEYCLOAK).update(precedence=1)
    again = replace(ada(provider=SAML), name="Ada Lovelace")
    signs_in(again, policy=BY_EMAIL, now=LATER + timedelta(hours=1))
    assert her().name == "Ada Byron"


def test_no_bare_word_takes_the_place_of_an_address_that_is_vouched_for():
    twice_at_home()
    Provider.objects.filter(slug=SAML).update(precedence=1)
    bare = replace(ada(provider=SAML), email="ceo@corp.example", email_verified=False)
    signs_in(bare, policy=BY_EMAIL, now=LATER)
    assert (her().email, her().email_verified) == ("ada@corp.example", True)
    attributes.tell(
        her(), attributes.by_scim(linked(SAML)), {Attribute.EMAIL: "x@corp.example"}, now=LATER
    )
    assert her().email == "ada@corp.example"


def test_an_address_set_by_hand_is_vouched_for_by_nobody_until_a_source_says_the_same():
    signs_in(ada(), policy=BY_EMAIL)
    by_hand(email="Byron@corp.example")
    assert (her().email, her().email_verified) == ("Byron@corp.example", False)
    signs_in(replace(ada(), email="byron@corp.example"), policy=BY_EMAIL, now=LATER)
    assert (her().email, her().email_verified) == ("Byron@corp.example", True)


def test_when_a_source_goes_the_next_best_word_stands():
    twice_at_home()
    attributes.withdraw_identity(linked(SAML), actor=ADMIN, now=LATER)
    assert her().name == "Ada Byron"
    attributes.withdraw_identity(linked(), actor=ADMIN, now=LATER)
    assert (her().name, her().email, her().email_verified) == ("", "", False)


def test_a_source_takes_back_what_it_said_and_nothing_else():
    signs_in(ada(), policy=BY_EMAIL)
    scim = attributes.by_scim(linked())
    said = {Attribute.NAME: "A. Byron", Attribute.TITLE: "Countess"}
    attributes.tell(her(), scim, said, now=NOW)
    attributes.withdraw(her(), scim, [Attribute.NAME], now=LATER)
    assert her().name == "Ada Byron"
    assert stands(Attribute.TITLE) == "Countess"


def test_an_address_of_which_no_source_speaks_stays_with_the_account():
    account = Account.objects.create(username="local", email="local@corp.example")
    attributes.tell(account, attributes.by_hand(ADMIN), {Attribute.NAME: "Lo Cal"}, now=NOW)
    account.refresh_from_db()
    assert (account.name, account.email) == ("Lo Cal", "local@corp.example")


def test_what_moved_identities_said_is_said_of_the_account_that_they_moved_to():
    signs_in(ada())
    origin, to = her(), Account.objects.create(username="other")
    LinkedIdentity.objects.update(account=to)
    attributes.move([linked()], origin, to, actor=ADMIN, now=LATER)
    origin.refresh_from_db()
    to.refresh_from_db()
    assert (origin.name, to.name, to.email) == ("", "Ada Byron", "ada@corp.example")


def test_the_same_word_again_writes_nothing():
    signs_in(ada(), policy=BY_EMAIL)
    before = list(ProfileValue.objects.values())
    with CaptureQueriesContext(connection) as queries:
        source = attributes.by_provider(linked())
        said = {Attribute.NAME: "Ada Byron"}
        assert attributes.tell(her(), source, said, now=LATER) == ()
    assert not [each for each in queries.captured_queries if "INSERT" in each["sql"]]
    assert list(ProfileValue.objects.values()) == before


def test_the_history_says_who_changed_what_from_what():
    signs_in(ada(), policy=BY_EMAIL)
    by_hand(name="A. Byron", title="Countess")
    entry = history.of(her()).first()
    assert entry.changes == {"name": ["Ada Byron", "A. Byron"], "title": ["", "Countess"]}
    assert entry.additional_data == {"actor": ADMIN, "source": "hand"}
    assert entry.timestamp == LATER


def test_a_word_that_does_not_count_is_no_change_of_hers():
    signs_in(ada(), policy=BY_EMAIL)
    by_hand(name="A. Byron")
    entries = history.of(her()).count()
    assert signs_in(replace(ada(), name="Ada L."), policy=BY_EMAIL).changes == ()
    assert history.of(her()).count() == entries


@pytest.mark.parametrize(
    ("profile", "at"),
    [
        ([], ""),
        ({"shoe_size": {}}, "shoe_size"),
        ({"name": "always"}, "name"),
        ({"name": {"take": "sometimes"}}, "name.take"),
        ({"name": {"claim": 7}}, "name.claim"),
        ({"name": {"claim": "n" * 201}}, "name.claim"),
        ({"email": {"claim": "mail"}}, "email.claim"),
    ],
)
def test_what_no_provider_s_row_may_say(profile, at):
    assert [where for where, _problem in faults(profile)] == [at]


def test_values_are_kept_on_one_line_and_cut():
    signs_in(ada(), policy=NEVER)
    by_hand(title="Coun\ntess\u202e", department="d" * 500, email="no address")
    assert stands(Attribute.TITLE) == "Countess"
    assert len(stands(Attribute.DEPARTMENT)) == 200
    assert stands(Attribute.EMAIL) == "ada@corp.example"


def test_whoever_tells_of_people_beforehand_is_heard_about_all_that_the_row_names():
    heard = taking(name={"take": "never"}, title={"take": "first"}).profile
    signs_in(ada(), policy=NEVER)
    for title in ("Analyst", "Countess"):
        attributes.tell_from_claims(
            attributes.foretold(linked()),
            told(title=title, department="Engines"),
            heard,
            vouched=False,
            now=LATER,
        )
    assert (stands(Attribute.TITLE), stands(Attribute.DEPARTMENT)) == ("Countess", "")
    assert attributes.standing(her())[Attribute.NAME].source == ProfileValue.Source.DIRECTORY


def test_what_a_connection_of_scim_tells_is_scim_s_word():
    scim = LinkedIdentity(issuer="urn:gatehouse:scim:hr", provider="okta")
    assert attributes.foretold(scim).words() == "scim okta"


def test_who_says_it_is_told_in_words():
    one = LinkedIdentity(provider="okta")
    kinds = [attributes.by_scim, attributes.by_directory, attributes.by_provider]
    assert [kind(one).words() for kind in kinds] == ["scim okta", "directory okta", "provider okta"]
    assert Source(kind=ProfileValue.Source.HAND, by=ADMIN).words() == "hand"


def test_what_accounts_had_before_there_were_sources_is_their_identities_word():
    twice_at_home()
    ProfileValue.objects.all().delete()
    import_module("provisioning.migrations.0009_profile_said_until_now").said_until_now(apps, None)
    rows = attributes.said(her())
    assert [(row.name, row.value, row.verified) for row in rows] == [
        ("name", "Ada K. Byron", False),
        ("email", "ada@corp.example", True),
        ("email", "ada@corp.example", True),
    ]
    signs_in(replace(ada(), email="ceo@corp.example", email_verified=False), policy=BY_EMAIL)
    assert (her().email, her().email_verified) == ("ada@corp.example", True)
