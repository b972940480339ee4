"""Why a SCIM request is refused: status and keyword are those of RFC 7644, 3.12.

ScimRefused
    SyntaxInvalid    the body is no such message
    ValueInvalid     a value does not fit its attribute
    FilterInvalid    no such filter, or one over what cannot be sought
    TooMany          more of something than one message may hold
    PathInvalid      no such path
    TargetMissing    nothing is where a PATCH points
    Immutable        it may not be changed
    NotUnique        somebody else has it
    ResourceUnknown  there is no such resource
    Stale            it was changed since it was read
    CursorInvalid    the cursor is not one of ours (RFC 9865, 3)
    Unproven         no living token of this connection
    ProviderOff      the connection's provider is switched off, and vouches for nobody
    Forbidden        what may not be asked (RFC 7644, 4); /Me by a token, which is nobody
    MethodUnknown    not at this address
    TooLarge         a message of too many bytes or operations
    NoScim           neither SCIM nor JSON
"""

from typing import ClassVar

MAX_DETAIL = 300


class ScimRefused(Exception):
    code: ClassVar[str] = "scim.refused"
    status: ClassVar[int] = 400
    scim_type: ClassVar[str] = ""

    def __init__(self, detail: str) -> None:
        self.detail = detail[:MAX_DETAIL]  # for who asked alone: it may say whom it is about
        super().__init__(self.scim_type or self.code)  # for the log


class SyntaxInvalid(ScimRefused):
    code = "scim.syntax-invalid"
    scim_type = "invalidSyntax"


class ValueInvalid(ScimRefused):
    code = "scim.value-invalid"
    scim_type = "invalidValue"


class FilterInvalid(ScimRefused):
    code = "scim.filter-invalid"
    scim_type = "invalidFilter"


class TooMany(ScimRefused):
    code = "scim.too-many"
    scim_type = "tooMany"


class PathInvalid(ScimRefused):
    code = "scim.path-invalid"
    scim_type = "invalidPath"


class TargetMissing(ScimRefused):
    code = "scim.target-missing"
    scim_type = "noTarget"


class Immutable(ScimRefused):
    code = "scim.immutable"
    scim_type = "mutability"


class NotUnique(ScimRefused):
    code = "scim.not-unique"
    status = 409
    scim_type = "uniqueness"


class ResourceUnknown(ScimRefused):
    code = "scim.resource-unknown"
    status = 404


class Stale(ScimRefused):
    code = "scim.stale"
    status = 412


class CursorInvalid(ScimRefused):
    code = "scim.cursor-invalid"
    scim_type = "invalidCursor"


class Unproven(ScimRefused):
    code = "scim.unproven"
    status = 401


class ProviderOff(ScimRefused):
    code = "scim.provider-off"
    status = 403


class Forbidden(ScimRefused):
    code = "scim.forbidden"
    status = 403


class MethodUnknown(ScimRefused):
    code = "scim.method-unknown"
    status = 405


class TooLarge(ScimRefused):
    code = "scim.too-large"
    status = 413


class NoScim(ScimRefused):
    code = "scim.no-scim"
    status = 415


_BY_TYPE: dict[str, type[ScimRefused]] = {
    refusal.scim_type: refusal
    for refusal in (
        *(SyntaxInvalid, ValueInvalid, FilterInvalid, TooMany, PathInvalid),
        *(TargetMissing, Immutable, NotUnique, CursorInvalid),
    )
}


def refusal(scim_type: str | None, detail: str | None) -> ScimRefused:
    """The one of this keyword; whatever has none is a value that does not fit."""
    return _BY_TYPE.get(scim_type or "", ValueInvalid)(detail or "refused")
