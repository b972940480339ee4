"""A person's own page, in the words of a real day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gateway.web.my_page import IdentityShown, MyPage, Reason, RoleShown, SessionShown
from gateway.web.pages import Page
from gateway.web.session_words import Elsewhere

NOW = datetime(2026, 3, 2, 8, 41, tzinfo=UTC)


def my_page(*, roles: tuple[RoleShown, ...], sessions: tuple[SessionShown, ...]) -> MyPage:
    return MyPage(
        name="Ada Byron",
        username="ada",
        email="ada@corp.example",
        staff=True,
        roles=roles,
        sessions=sessions,
        identities=(
            IdentityShown(
                key=1,
                provider="Corp",
                username="ada",
                email="ada@corp.example",
                last_seen=NOW,
                may_go=True,
            ),
            IdentityShown(
                key=2,
                provider="Partners",
                username="a.byron",
                email="",
                last_seen=NOW - timedelta(days=9),
                may_go=True,
            ),
        ),
    )


def session(handle: str, *, current: bool, hours: int) -> SessionShown:
    since = NOW - timedelta(hours=hours)
    return SessionShown(
        handle=handle,
        provider="Corp",
        since=since,
        ends=since + timedelta(hours=10),
        current=current,
        client="Firefox on Windows" if hours < 7 else "",
        place="DE, 198.51.100.7",
        apps=("Wiki", "Handbook"),
        seen="in the last 30 minutes",
        also=() if current else (Elsewhere(where="Chrome on Linux, FR", since=NOW),),
    )


DEPLOYER = RoleShown(
    label="Deployer",
    description="May release services of the platform.",
    reasons=(
        Reason(
            since=NOW,
            rule="engineers-deploy",
            version=3,
            provider="Corp",
            because=('groups: "/engineering/platform"',),
        ),
        Reason(since=NOW - timedelta(days=40), given_by="dora"),
    ),
)
READER = RoleShown(
    label="Wiki reader",
    description="",
    reasons=(Reason(since=NOW, rule="everybody-reads", version=3, provider="Corp", because=()),),
    opens=("Wiki", "Handbook"),
)

MY_PAGES: Mapping[str, tuple[Page, int]] = {
    "my-page": (
        my_page(
            roles=(DEPLOYER, READER),
            sessions=(
                session("0aa." + "1" * 64, current=True, hours=1),
                session("0aa." + "2" * 64, current=False, hours=3),
                session("0aa." + "3" * 64, current=False, hours=7),
            ),
        ),
        200,
    ),
    "my-page-without-roles": (
        my_page(roles=(), sessions=(session("0aa." + "1" * 64, current=True, hours=0),)),
        200,
    ),
}
