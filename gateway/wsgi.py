"""The gateway as a WSGI application: `granian --interface wsgi gateway.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
application = get_wsgi_application()

# Imported once Django is up. From here on readers hear the canary of this process.
from gateway.wiring import session_store  # noqa: E402

session_store()
