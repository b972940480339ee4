"""Two answers to one address: a page for people, JSON for programs."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

STYLE = (Path(__file__).parent.parent / "style.css").read_bytes()
PAYSLIPS = [
    {"month": "October", "people": 214, "paid": "1 042 770.00"},
    {"month": "September", "people": 211, "paid": "1 028 145.50"},
    {"month": "August", "people": 209, "paid": "1 019 302.25"},
]


class PayslipsView(APIView):
    def get(self, request: Request) -> Response:
        data = {"name": request.user.name, "roles": request.user.roles, "payslips": PAYSLIPS}
        return Response(data, template_name="payslips.html")


def style(_: HttpRequest) -> HttpResponse:
    return HttpResponse(STYLE, content_type="text/css; charset=utf-8")
