"""The company's colour as a stylesheet of its own, since our policy allows no inline style."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from gateway.config.palette import palette
from gateway.wiring import config

_SHEET = """@layer tokens {{
  :root {{
    --accent: light-dark({light}, {dark});
    --on-accent: light-dark({on_light}, {on_dark});
  }}
}}
"""


@require_GET
def stylesheet(_request: HttpRequest) -> HttpResponse:
    """Public, the same for everybody."""
    colours = palette(config().branding.accent)
    sheet = _SHEET.format(
        light=colours.light,
        dark=colours.dark,
        on_light=colours.on_light,
        on_dark=colours.on_dark,
    )
    response = HttpResponse(sheet, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    return response
