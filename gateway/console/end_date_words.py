"""An end date in words, with the way to move it."""

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from provisioning.models import Account


def end_date_shown(row: Account) -> SafeString:
    link = reverse("end-date", args=[row.pk])
    said = gettext("none")
    if row.ends_at is not None:
        said = f"{row.ends_at:%Y-%m-%d %H:%M} UTC"
        if row.over(timezone.now()):
            said = gettext("%s, which has come") % said
    words = gettext("Set or move it")
    return format_html('{} · <a class="underline" href="{}">{}</a>', said, link, words)
