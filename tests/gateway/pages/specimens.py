"""One of every page, in the words of a real day; and the same with hostile texts in every field."""

from collections.abc import Mapping

from django.conf import settings

from gateway.relying_parties.pages import (
    MissingRole,
    certificate_page,
    denied_page,
    unavailable_page,
)
from gateway.sessions.why import End, Why
from gateway.web.end_words import told
from gateway.web.errors import ERRORS
from gateway.web.failures import text_of
from gateway.web.my_page import (
    IdentityShown,
    MyPage,
    Reason,
    RoleShown,
    SessionShown,
)
from gateway.web.pages import (
    AddressPage,
    AdminLinkPage,
    AskingPage,
    ErrorPage,
    NoAccessPage,
    NotMePage,
    Page,
    PostBindingPage,
    ProviderChoice,
    SignedOutPage,
    SignInPage,
    StepUpPage,
    TooManyTriesPage,
    UnavailablePage,
    UnsolicitedPage,
)
from gateway.web.session_words import Elsewhere
from providers.errors import ProviderRefused, ResponseInvalid
from tests.gateway.pages.joining_pages import JOINING_PAGES, hostile
from tests.gateway.pages.local_pages import LOCAL_PAGES
from tests.gateway.pages.my_pages import MY_PAGES, NOW

REFERENCE = "KFWTRMCA"
# What an attacker writes wherever he can choose a text.
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}&lt;"

CORP = ProviderChoice(slug="corp-oidc", name="Corp")
OTHERS = (
    ProviderChoice(slug="corp-saml", name="Corp (SAML)"),
    ProviderChoice(slug="partners", name="Partners"),
)


def error(code: str, cause: Exception | None = None, **fields: str) -> ErrorPage:
    text = text_of(code, cause)
    return ErrorPage(
        title=fields.get("title", str(text.title)),
        sentence=fields.get("sentence", str(text.sentence)),
        next_step=text.next_step,
        reference=fields.get("reference", REFERENCE),
        at=NOW,
        to_ask=fields.get("to_ask", str(text.to_ask)),
        return_to=fields.get("return_to", "/entry?origin=https://wiki.corp.example"),
        provider=fields.get("provider", ""),
    )


def step_up(text: str = "Wiki", *, stronger: bool = False, local: bool = False) -> StepUpPage:
    return StepUpPage(
        app_name=text,
        contact="wiki-owners@corp.example" if text == "Wiki" else text,
        stronger=stronger,
        local=local,
        reference=REFERENCE,
        at=NOW,
        return_to="/entry?origin=https://wiki.corp.example",
    )


PAGES: Mapping[str, tuple[Page, int]] = {
    "sign-in": (
        SignInPage(
            app_name="Wiki",
            return_to="/entry?origin=https://wiki.corp.example",
            providers=(CORP, *OTHERS),
            remembered="corp-oidc",
        ),
        200,
    ),
    "sign-in-first-time": (
        SignInPage(app_name="Wiki", return_to="/", providers=(CORP, *OTHERS)),
        200,
    ),
    "sign-in-one-provider": (SignInPage(app_name="", return_to="/", providers=(CORP,)), 200),
    "sign-in-with-break-glass": (
        SignInPage(app_name="", return_to="/", providers=(CORP,), local=True),
        200,
    ),
    "sign-in-that-may-stay": (
        AskingPage(
            app_name="Wiki",
            return_to="/entry?origin=https://wiki.corp.example",
            providers=(CORP, *OTHERS),
            remembered="corp-oidc",
            may_remember=True,
        ),
        200,
    ),
    "sign-in-signed-out-by-an-administrator": (
        SignInPage(
            app_name="",
            return_to="/",
            providers=(CORP,),
            ended=told(End(why=Why.ADMINISTRATOR, at=NOW, words="Your laptop was reported lost")),
        ),
        200,
    ),
    "sign-in-another-account": (
        SignInPage(app_name="", return_to="/", providers=(CORP,), fresh=True),
        200,
    ),
    "sign-in-by-address": (AddressPage(app_name="Wiki", return_to="/", providers=()), 200),
    "sign-in-by-address-remembered": (
        AddressPage(app_name="", return_to="/", providers=(CORP,), remembered="corp-oidc"),
        200,
    ),
    "sign-in-nothing-set-up": (SignInPage(app_name="", return_to="/", providers=()), 200),
    "error": (error("provider.response-invalid", ResponseInvalid("id_token.exp", "old")), 403),
    "error-refused": (error("provider.refused", ProviderRefused("access_denied")), 403),
    "error-ask": (error("provisioning.account-closed"), 403),
    "error-domain": (error("domain.unknown"), 404),
    "error-other-provider": (error("provisioning.other-provider-required", provider="corp"), 403),
    "error-home": (error("page.unknown"), 404),
    "no-access": (
        NoAccessPage(
            place="the console",
            roles=(
                MissingRole(
                    label="Gatehouse administrator", whom_to_ask="Dora Lind, dora@corp.example"
                ),
            ),
            return_to="/admin/",
        ),
        403,
    ),
    "not-me": (NotMePage(), 200),
    "signed-out": (
        SignedOutPage(still_signed_in_at="Corp", upstream_ended=False, app_name="Wiki"),
        200,
    ),
    "signed-out-everywhere": (
        SignedOutPage(still_signed_in_at="", upstream_ended=True, app_name=""),
        200,
    ),
    "signed-out-in-part": (
        SignedOutPage(
            still_signed_in_at="", upstream_ended=False, app_name="", not_ended_at="Corp"
        ),
        200,
    ),
    "step-up": (step_up(stronger=True), 403),
    "step-up-anew": (step_up(), 403),
    "step-up-local": (step_up(stronger=True, local=True), 403),
    "unavailable": (
        UnavailablePage(
            title=str(ERRORS["session.store-unavailable"].title),
            sentence=str(ERRORS["session.store-unavailable"].sentence),
            reference=REFERENCE,
            retry_after=60,
        ),
        503,
    ),
    "too-many-tries": (
        TooManyTriesPage(
            title=str(ERRORS["limit.too-many-tries"].title),
            sentence=str(ERRORS["limit.too-many-tries"].sentence),
            reference=REFERENCE,
            retry_after=60,
        ),
        429,
    ),
    "admin-link": (AdminLinkPage(), 200),
    "unsolicited": (
        UnsolicitedPage(
            name="Ada Byron", username="ada", provider="Corp", slug="corp-saml", offer="s" * 43
        ),
        200,
    ),
    **JOINING_PAGES,
    **LOCAL_PAGES,
    **MY_PAGES,
}
# Leaves at once where scripts run, so it is looked at apart from the others.
LEAVING = PostBindingPage(
    url="https://idp.example/sso?a=1", fields={"SAMLRequest": "PHNhbWw+", "RelayState": "r"}
)


def edge_pages() -> dict[str, str]:
    branding = settings.ENVIRONMENT.branding
    return {
        "edge-denied": denied_page(
            app_name="Payroll",
            origin="https://payroll.other.example",
            roles=[MissingRole(label="Payroll clerk", whom_to_ask="Ben Okafor, ben@corp.example")],
            contact="hr@corp.example",
            gateway_url=settings.ENVIRONMENT.base_url,
            branding=branding,
        ),
        "edge-certificate": certificate_page(
            app_name="Payroll", contact="hr@corp.example", branding=branding
        ),
        "edge-unavailable": unavailable_page(app_name="Payroll", branding=branding),
    }


def hostile_pages() -> dict[str, Page]:
    """Every page with a hostile text in every field that anybody outside may choose."""
    h = HOSTILE
    choice = ProviderChoice(slug="corp", name=h)
    shown = SessionShown(
        handle=h,
        provider=h,
        since=NOW,
        ends=NOW,
        current=False,
        client=h,
        place=h,
        apps=(h,),
        seen=h,
        also=(Elsewhere(where=h, since=NOW),),
    )
    reason = Reason(since=NOW, rule=h, version=1, provider=h, because=(h,))
    by_hand = Reason(since=NOW, given_by=h)
    return {
        "sign-in": SignInPage(
            app_name=h,
            return_to=h,
            providers=(choice, CORP),
            remembered="corp",
            fresh=True,
            ended=told(End(why=Why.ADMINISTRATOR, at=NOW, words=h)),
        ),
        "sign-in-by-address": AddressPage(
            app_name=h, return_to=h, providers=(choice,), remembered="corp", fresh=True
        ),
        **{
            f"error-{step.value}": ErrorPage(
                title=h, sentence=h, next_step=step, reference=h, at=NOW, return_to=h
            )
            for step in {text.next_step for text in ERRORS.values()}
        },
        "step-up": step_up(h, stronger=True),
        "no-access": NoAccessPage(
            place=h, roles=(MissingRole(label=h, whom_to_ask=h),) * 2, return_to=h
        ),
        "signed-out": SignedOutPage(
            still_signed_in_at=h, upstream_ended=True, app_name=h, not_ended_at=h
        ),
        "unavailable": UnavailablePage(title=h, sentence=h, reference=h),
        "too-many-tries": TooManyTriesPage(title=h, sentence=h, reference=h, retry_after=9),
        "unsolicited": UnsolicitedPage(name=h, username=h, provider=h, slug="corp", offer=h),
        "post-binding": PostBindingPage(
            url=f"https://idp.example/sso?{h}", fields={"RelayState": h, h: h}
        ),
        **hostile(h),
        "my-page": MyPage(
            name=h,
            username=h,
            email=h,
            staff=True,
            roles=(RoleShown(label=h, description=h, reasons=(reason, by_hand), opens=(h,)),),
            identities=(
                IdentityShown(key=1, provider=h, may_go=True, username=h, email=h, last_seen=NOW),
            ),
            sessions=(shown,),
        ),
    }
