"""Django's settings: what the operator said (`gateway.config`), put where Django looks for it."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from gateway.config.environment import environment
from gateway.config.keyring import KeyRingFile, KeyUse

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = environment()
KEY_RING = KeyRingFile(ENVIRONMENT.key_ring)

_django_keys = [key.value.hex() for key in KEY_RING.current().all(KeyUse.DJANGO)]
SECRET_KEY = _django_keys[0]
SECRET_KEY_FALLBACKS = _django_keys[1:]
DEBUG = ENVIRONMENT.debug
# Loopback serves JWKS and health alone; `gateway.web.middleware` holds every other path to the
# gateway's own host.
ALLOWED_HOSTS = [urlsplit(ENVIRONMENT.base_url).hostname or "", "127.0.0.1"]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "providers",
    "mapping",
    "provisioning",
    "gateway.audit",
    "gateway.relying_parties",
    "gateway.apps.GatewayConfig",
]
AUTH_USER_MODEL = "provisioning.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ROOT / parts.path[1:],
            # A writer waits its turn from its first statement, so two sign-ins never deadlock.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname
        or unquote(dict(p.split("=") for p in parts.query.split("&") if p).get("host", "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
