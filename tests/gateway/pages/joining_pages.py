"""What is shown to somebody whom no account knows, and who takes an identity off."""

from collections.abc import Mapping

from gateway.web.joining_pages import InvitedPage, JoinBothPage, JoinPage, WaitingPage
from gateway.web.my_page import UnlinkPage
from gateway.web.pages import Page, ProviderChoice
from tests.gateway.pages.my_pages import NOW

CHOICES = (
    ProviderChoice(slug="corp-oidc", name="Corp"),
    ProviderChoice(slug="corp-saml", name="Corp (SAML)"),
)
JOINING_PAGES: Mapping[str, tuple[Page, int]] = {
    "join": (
        JoinPage(
            provider="Partners",
            username="a.byron",
            providers=CHOICES,
            by_address=False,
            may_be_new=True,
            asks=True,
            missed=True,
        ),
        200,
    ),
    "join-among-many": (
        JoinPage(
            provider="Partners",
            username="a.byron",
            providers=(),
            by_address=True,
            may_be_new=False,
            asks=False,
        ),
        200,
    ),
    "join-both": (
        JoinBothPage(
            provider="Partners",
            username="a.byron",
            email="a.byron@partners.example",
            account="Ada Byron",
            account_name="ada",
            proven_by="Corp",
            known_as="ada",
        ),
        200,
    ),
    "invited": (
        InvitedPage(provider=CHOICES[0], address="a.byron@partners.example", until=NOW),
        200,
    ),
    "waiting": (WaitingPage(reference="KFWTRMCA", at=NOW), 403),
    "unlink": (
        UnlinkPage(
            key=2,
            provider="Partners",
            username="a.byron",
            roles=("Deployer", "Payroll clerk"),
            sessions=2,
            this_one=True,
        ),
        200,
    ),
}


def hostile(h: str) -> dict[str, Page]:
    """With this text wherever anybody outside may choose one."""
    return {
        "join": JoinPage(
            provider=h,
            username=h,
            providers=(ProviderChoice(slug="corp", name=h), *CHOICES),
            by_address=True,
            may_be_new=True,
            asks=True,
        ),
        "join-both": JoinBothPage(
            provider=h,
            username=h,
            email=h,
            account=h,
            account_name=h,
            proven_by=h,
            known_as=h,
        ),
        "invited": InvitedPage(provider=ProviderChoice(slug="corp", name=h), address=h, until=NOW),
        "waiting": WaitingPage(reference=h, at=NOW, return_to=h),
        "unlink": UnlinkPage(key=1, provider=h, username=h, roles=(h,), sessions=1, this_one=True),
    }
