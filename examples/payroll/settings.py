"""Django for an app that keeps no users, no sessions and no passwords.

Settings: PAYROLL_ORIGIN (its own address), GATEHOUSE_ISSUER (the gateway's address),
GATEHOUSE_JWKS_URL (where the gateway's public keys are reached from here).
"""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

ORIGIN = os.environ["PAYROLL_ORIGIN"]
ALLOWED_HOSTS = [urlsplit(ORIGIN).hostname]
SECRET_KEY = secrets.token_urlsafe(32)  # Django asks for one; nothing here is signed with it
ROOT_URLCONF = "examples.payroll.urls"
WSGI_APPLICATION = "examples.payroll.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",  # only because SimpleJWT's stand-in for a user is built on its classes
    "django.contrib.contenttypes",
    "rest_framework",
]
MIDDLEWARE = ["examples.payroll.middleware.security_headers"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).with_name("templates")],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]
USE_TZ = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["examples.payroll.assertion.AssertionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["examples.payroll.assertion.HoldsPayroll"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.TemplateHTMLRenderer",
        "rest_framework.renderers.JSONRenderer",
    ],
    "UNAUTHENTICATED_USER": None,
}
SIMPLE_JWT = {
    "ALGORITHM": "ES256",
    "JWK_URL": os.environ["GATEHOUSE_JWKS_URL"],
    "ISSUER": os.environ["GATEHOUSE_ISSUER"],
    "AUDIENCE": ORIGIN,  # an assertion for another app is no good here
    "LEEWAY": 5,
    "AUTH_HEADER_NAME": "HTTP_X_GATEHOUSE_ASSERTION",
    "USER_ID_CLAIM": "sub",
    "TOKEN_TYPE_CLAIM": None,  # that is said by the header's `typ`
    "JTI_CLAIM": None,
    "TOKEN_USER_CLASS": "examples.payroll.assertion.Person",
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
