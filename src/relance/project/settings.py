"""Django settings: one file, everything that differs between machines comes from the environment."""

import os

from relance.kit.home import home, secret_key
from relance.kit.postgres import DATABASE_URL, django_database


def _flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "")
    return default if value == "" else value.lower() in {"1", "true", "yes", "on"}


SECRET_KEY = secret_key()
DEBUG = _flag("RELANCE_DEBUG")
ALLOWED_HOSTS = os.environ.get("RELANCE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("RELANCE_TRUSTED_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "relance.kit",
    "relance.staff",
    "relance.customers",
    "relance.legal",
    "relance.ledger",
    "relance.payments",
    "relance.outbound",
    "relance.worklist",
    "relance.arrangements",
    "relance.dunning",
    "relance.insight",
    "relance.intake",
    "relance.cycle",
    "relance.faces.desk",
    "relance.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "relance.faces.desk.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "relance.faces.desk.middleware.StaffLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "relance.project.urls"
WSGI_APPLICATION = "relance.project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "relance.faces.desk.context.desk",
            ],
        },
    }
]

_url = os.environ.get(DATABASE_URL)
DATABASES: dict[str, dict[str, object]] = {
    "default": django_database(_url) if _url else {"ENGINE": "django.db.backends.dummy"}
}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "staff.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if _flag("RELANCE_HTTPS"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The daily cycle. How long the work of a largest chunk may take, and that of a single account; work that takes longer is
# split until those to blame stand alone. How long a worker hunts for them in one step before it takes the rest as a whole.
CYCLE_CHUNK_SECONDS = float(os.environ.get("RELANCE_CYCLE_CHUNK_SECONDS", "60"))
CYCLE_ACCOUNT_SECONDS = float(os.environ.get("RELANCE_CYCLE_ACCOUNT_SECONDS", "5"))
CYCLE_HUNT_SECONDS = float(os.environ.get("RELANCE_CYCLE_HUNT_SECONDS", "300"))

LANGUAGE_CODE = "en"
LANGUAGES = [("fr", "Français"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("RELANCE_TIME_ZONE", "Europe/Paris")

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Outgoing e-mail. Without RELANCE_SMTP_HOST messages go to the outbox folder, which the desk shows.
EMAIL_HOST = os.environ.get("RELANCE_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("RELANCE_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("RELANCE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("RELANCE_SMTP_PASSWORD", "")
EMAIL_USE_TLS = _flag("RELANCE_SMTP_STARTTLS")
EMAIL_USE_SSL = _flag("RELANCE_SMTP_SSL")
EMAIL_TIMEOUT = 30
OUTBOX = home() / "outbox"

# Mail by a provider's API instead of a mail server: a name of outbound/mail_providers.
MAIL_PROVIDER = os.environ.get("RELANCE_MAIL_PROVIDER", "")
MAIL_KEY = os.environ.get("RELANCE_MAIL_KEY", "")
MAIL_DOMAIN = os.environ.get("RELANCE_MAIL_DOMAIN", "")
MAIL_URL = os.environ.get("RELANCE_MAIL_URL", "")
MAIL_WEBHOOK_SECRET = os.environ.get("RELANCE_MAIL_WEBHOOK_SECRET", "")

# Texts to phones: a file name on the shelf outbound/gateways. Its settings mean what its trouble() asks for.
SMS_PROVIDER = os.environ.get("RELANCE_SMS_PROVIDER", "outbox")
SMS_URL = os.environ.get("RELANCE_SMS_URL", "").rstrip("/")
SMS_USER = os.environ.get("RELANCE_SMS_USER", "")
SMS_SECRET = os.environ.get("RELANCE_SMS_SECRET", "")
SMS_SIGNING_SECRET = os.environ.get("RELANCE_SMS_SIGNING_SECRET", "")
SMS_FROM = os.environ.get("RELANCE_SMS_FROM", "")

# What a dialler signs its requests with; without it no dialler is served.
DIALLER_SECRET = os.environ.get("RELANCE_DIALLER_SECRET", "")

# The address under which providers reach this server, without a slash at the end; empty when they cannot.
PUBLIC_URL = os.environ.get("RELANCE_PUBLIC_URL", "").rstrip("/")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("RELANCE_LOG_LEVEL", "WARNING")},
    # The hashes of seals are always logged: outside the database they are the proof that nobody wrote the chain anew.
    "loggers": {"relance.cycle.steps.seal": {"level": "INFO"}},
}
