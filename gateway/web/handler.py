"""How requests are read, before anything else looks at them."""

from collections.abc import Mapping

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

FORM = "application/x-www-form-urlencoded"
MAX_ESCAPES = 30_000


class Utf8Request(WSGIRequest):
    """Addresses and forms are UTF-8, whatever codec a header names: some codecs read them as
    something else, and some make Django fail before it can answer.
    """

    def _set_content_type_params(self, meta: Mapping[str, str]) -> None:
        self.content_type, self.content_params = parse_header_parameters(
            meta.get("CONTENT_TYPE", "")
        )

    def _load_post_and_files(self) -> None:
        """Each escape costs a hundred times what a plain letter does, before anything is known of
        who sends it. The largest SAML answer in base64 has 20,000.
        """
        if self.content_type == FORM and self.body.count(b"%") > MAX_ESCAPES:
            # Whatever looks at the form again finds none.
            self._mark_post_parse_error()  # type: ignore[attr-defined]
            raise BadRequest(f"a form with more than {MAX_ESCAPES} escapes")
        super()._load_post_and_files()


class Handler(WSGIHandler):
    request_class = Utf8Request
