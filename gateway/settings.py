"""Django's settings: what the operator said (`gateway.config`), put where Django looks for it."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from gateway.config.environment import environment
from gateway.config.keyring import KeyRingFile, KeyUse

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = environment("KEY_RING")
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
    "auditlog",
    "guardian",
    "gateway.break_glass.apps.AllauthAccounts",
    "allauth.mfa",
    "providers",
    "mapping",
    "provisioning",
    "provisioning.directories",
    "provisioning.scim",
    "gateway.api_tokens",
    "gateway.audit",
    "gateway.break_glass",
    "gateway.departures",
    "gateway.relying_parties",
    "gateway.reviews",
    "gateway.sign_ins",
    "gateway.streams",
    "gateway.traces",
    "gateway.notices",
    "gateway.apps.GatewayConfig",
]
AUTH_USER_MODEL = "provisioning.Account"
# The rows whose differences are kept, without secrets, sealed or not, and without what versions and
# the editions of published drafts keep anyway.
AUDITLOG_INCLUDE_TRACKING_MODELS = (
    {"model": "providers.Provider", "exclude_fields": ["sealed_secrets", "updated_at"]},
    {"model": "mapping.RuleSetVersion", "exclude_fields": ["content"]},
    {"model": "mapping.Draft", "exclude_fields": ["content", "unapproved_authors"]},
    "provisioning.RoleInfo",
    "relying_parties.RelyingParty",
)
AUDITLOG_DISABLE_REMOTE_ADDR = True
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
    options = dict(parse_qsl(parts.query))  # libpq's own words: sslmode, sslrootcert...
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or options.pop("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **options},
    }


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"

AUTHENTICATION_BACKENDS = ["gateway.web.backend.FederatedBackend"]
# Permissions on single rows are asked for by `provisioning.delegations` alone, so guardian's own
# backend is in no sign-in's way (W001). It makes no account and changes no class.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
LOGIN_URL = "sign-in"
# Of break-glass accounts: nobody else has a password.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 14}},
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "email", "name"]},
    },
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
# Django-allauth has no page here; these are for what `gateway.break_glass.factors` takes of it.
MFA_ADAPTER = "gateway.break_glass.adapter.SealingAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MIDDLEWARE = [
    "gateway.web.middleware.GatewayMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gateway.web.sessions.GatewaySessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "gateway.web.sessions.SignedInAccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SESSION_ENGINE = "gateway.web.sessions"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ROOT_URLCONF = "gateway.urls"
WSGI_APPLICATION = "gateway.wsgi.application"
APPEND_SLASH = False

CSRF_COOKIE_NAME = "__Host-gatehouse-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.base_url]
CSRF_FAILURE_VIEW = "gateway.web.boundary.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# Hints that do not fit. Scheme and host are the operator's word here, so a request in plain
# HTTP cannot be told from another: the proxy in front redirects it (W008). And one host of a
# company's many speaks for itself alone, not for names below it or to browsers' lists (W005, W021).
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",
    "security.W005",
    "security.W008",
    "security.W021",
]
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.base_url.startswith("https://") else 0

# A SAML answer of 256 KB in base64 is the largest form that anybody may send.
DATA_UPLOAD_MAX_MEMORY_SIZE = 400_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
# A file is metadata of a provider, a megabyte at most; a request with more has none.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_050_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    # `gateway.api.endpoint` says the rest for each: who may ask, how often, how much at once.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["gateway.api.reading.Json"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "gateway.api.reading.AlwaysJson",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "gateway.api.endpoint.told",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "NON_FIELD_ERRORS_KEY": "",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatehouse",
    "DESCRIPTION": "Who a session is, the identity providers, and the rules. See docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "RulesDraftState": "mapping.models.Draft.State",
        "RulesRolloutState": "mapping.models.Rollout.State",
    },
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "gateway.api.schema.with_settings",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # These print addresses, with one-use links in them and codes in their queries; what went
        # wrong is told by `gateway.errors`.
        "django.request": {"level": "CRITICAL"},
        "django.security.csrf": {"level": "CRITICAL"},
        "httpcore": {"level": "WARNING"},
        "mozilla_django_oidc": {"level": "WARNING"},
    },
}


def PROVIDER_SECRET_KEYS() -> tuple[tuple[str, bytes], ...]:  # noqa: N802 -- a setting
    """The keys of the providers' secrets as they are now, newest first: (id, 32 bytes)."""
    return tuple((key.id, key.value) for key in KEY_RING.current().all(KeyUse.SECRETS))


def IDENTITY_KEYS() -> tuple[tuple[str, bytes], ...]:  # noqa: N802 -- a setting
    """Those of what is kept of people, likewise."""
    return tuple((key.id, key.value) for key in KEY_RING.current().all(KeyUse.IDENTITIES))


CLAIMS_NOT_KEPT = ENVIRONMENT.claims_not_kept
RULES_NEVER_GIVE = ENVIRONMENT.rules_never_give
