"""Two people at one draft, in a real browser: each page asks again by itself who is there."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from gateway.flows.mapping import drafting, presence
from mapping.models import DraftPresence
from provisioning.models import Account
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]


@pytest.mark.parametrize("page", ["", "rule/", "rule/engineers-deploy/", "general/"])
def test_who_comes_while_she_writes_is_named_and_she_stays_named_herself(
    origin: str, desk: Page, page: str
) -> None:
    dora = Account.objects.get(username="dora")
    ben = Account.objects.get(username="ben")
    ben.user_permissions.set(dora.groups.get().permissions.all())
    draft = drafting.begin("Leads deploy", actor=str(dora.pk), now=timezone.now())
    heard = noises(desk, origin)
    desk.clock.install()
    desk.goto(f"{origin}/console/mapping/drafts/{draft.pk}/{page}")
    long_ago = timezone.now() - presence.HERE - timedelta(minutes=1)
    assert DraftPresence.objects.update(seen_at=long_ago) == 1
    presence.seen(draft.pk, actor=str(ben.pk), now=timezone.now() - timedelta(seconds=1))
    desk.clock.fast_forward(11_000)
    desk.get_by_role("status").get_by_text("Ben Okafor: is here as well.").wait_for()
    seen = presence.seen(draft.pk, actor=str(ben.pk), now=timezone.now())
    assert [other.name for other in seen.others] == ["Dora Lind"]
    assert heard == []
