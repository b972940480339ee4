"""The gateway as a WSGI application: `granian --interface wsgi gateway.wsgi:application`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
django.setup(set_prefix=False)

# Imported once Django is up. From here on readers hear the canary of this process.
from gateway.web.handler import Handler  # noqa: E402
from gateway.wiring import session_store  # noqa: E402

application = Handler()

session_store()
