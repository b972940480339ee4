"""The doors of break-glass accounts."""

import json
from collections.abc import Mapping

from gateway.flows.break_glass import Offer
from gateway.login.break_glass import _picture
from gateway.web.local_pages import EquipPage, LocalPage, RecoveryCodesPage, SecondFactorPage
from gateway.web.pages import Page
from tests.gateway.pages.my_pages import NOW

SECRET = "GL2JSIP6OKRXIDZNA7DLWW5YRNGPOWTY"
ADDRESS = f"otpauth://totp/Corp:break-glass.dora%40corp.example?secret={SECRET}&issuer=Corp"
ASKED = json.dumps({"publicKey": {"challenge": "c2VjcmV0"}})
OFFER = Offer(
    username="break-glass.dora@corp.example",
    email="dora@corp.example",
    until=NOW,
    secret=SECRET,
    address=ADDRESS,
    passkey={},
    sealed="sealed",
)

LOCAL_PAGES: Mapping[str, tuple[Page, int]] = {
    "local": (LocalPage(return_to="/admin/"), 200),
    "local-refused": (LocalPage(email="dora@corp.example", fault=True), 403),
    "local-again": (LocalPage(again=True), 200),
    "local-second": (SecondFactorPage(has_app=True, passkey=""), 200),
    "local-second-passkey": (SecondFactorPage(has_app=False, passkey=ASKED, fault=True), 403),
    "local-set-up": (EquipPage(offer=OFFER, passkey=ASKED, picture=_picture(ADDRESS)), 200),
    "local-set-up-fault": (
        EquipPage(
            offer=OFFER,
            passkey=ASKED,
            picture=_picture(ADDRESS),
            fault_at="password",
            fault="This password is too short. It must contain at least 14 characters.",
        ),
        400,
    ),
    "local-codes": (
        RecoveryCodesPage(
            username="break-glass.dora@corp.example",
            email="dora@corp.example",
            codes=tuple(f"{n}7204{n}31" for n in range(10)),
        ),
        200,
    ),
}
