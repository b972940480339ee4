"""Where vendors put what describes a person, as far as they agree.

Names are those of OIDC Core 5.1 and of inetOrgPerson (RFC 2798) and its parents, plainly or by
object id, beside the claim types of WS-Federation and what the examples of Okta, Auth0, Entra ID
and Keycloak call the same.
"""

from collections.abc import Mapping
from types import MappingProxyType

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

PROFILE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "given_name": (
            "given_name",
            "givenName",
            "firstName",
            "urn:oid:2.5.4.42",
            f"{_XMLSOAP}/givenname",
        ),
        "family_name": (
            "family_name",
            "sn",
            "surname",
            "lastName",
            "urn:oid:2.5.4.4",
            f"{_XMLSOAP}/surname",
        ),
        "phone_number": (
            "phone_number",
            "phoneNumber",
            "telephoneNumber",
            "primaryPhone",
            "mobilePhone",
            "urn:oid:2.5.4.20",
            f"{_XMLSOAP}/otherphone",
            f"{_XMLSOAP}/mobilephone",
        ),
        "locale": ("locale", "preferredLanguage", "urn:oid:2.16.840.1.113730.3.1.39"),
        "title": ("title", "jobTitle", "job_title", "urn:oid:2.5.4.12"),
        "department": ("department", "urn:oid:2.5.4.11"),
        "organization": ("organization", "company", "companyName", "urn:oid:2.5.4.10"),
        "employee_number": (
            "employee_number",
            "employeeNumber",
            "employeeId",
            "employeeid",
            "urn:oid:2.16.840.1.113730.3.1.3",
        ),
        "manager": ("manager", "urn:oid:0.9.2342.19200300.100.1.10"),
    }
)
