from django.urls import path

from examples.payroll.views import PayslipsView, style

urlpatterns = [
    path("", PayslipsView.as_view()),
    path("style.css", style),
]
