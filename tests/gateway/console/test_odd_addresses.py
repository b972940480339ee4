"""Whatever is written into an address of the console, it is never a fault of ours."""

import pytest

from tests.gateway.pages.signed_in import account, browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.mark.parametrize(
    "address",
    [
        "/admin/search/?s=a&page=zzz",
        "/admin/providers/provider/zzz/change/",
        "/admin/providers/provider/zzz/delete/",
        "/admin/providers/provider/?o=zzz&p=zzz",
        "/admin/providers/provider/?enabled__exact=zzz&x=1",
        "/admin/providers/provider/?enabled__nosuch=1",
        "/admin/audit/auditevent/?p=-3",
        "/admin/audit/auditevent/99999999999999999999999/change/",
        "/admin/provisioning/account/?groups__id__exact=zzz",
        "/admin/provisioning/account/?q=%00",
        "/admin/provisioning/heldrole/add/?account=zzz&role=zzz",
        "/console/people/?q=%00&after=%00&state=zzz&provider=zzz",
        "/console/people/reports/left/?since=zzz&after=99999999999999999999999",
        "/console/people/zzz/timeline/",
        "/admin/autocomplete/?app_label=x&model_name=y&field_name=z",
        "/admin/r/1/zzz/",
        "/admin/jsi18n/?language=zzz",
        "/admin/nosuch/",
        "/admin/providers/",
    ],
)
def test_an_odd_address_is_answered(address: str) -> None:
    answer = browser_of(staff()).get(address)
    assert answer.status_code < 500


def test_an_action_on_nobody_or_on_nonsense_is_answered() -> None:
    client = browser_of(staff())
    account("ada")
    for chosen in ([], ["zzz"], ["00000000-0000-0000-0000-000000000000"], ["\x00"]):
        for action in ("deactivate", "nosuch", ""):
            fields = {"action": action, "_selected_action": chosen, "confirmed": "1"}
            assert client.post("/admin/provisioning/account/", fields).status_code < 500
