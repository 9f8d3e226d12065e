"""Settings: defaults, then the environment, then `instance/config.py`, then what a caller passes.

Every setting has a sentence in `.env.example` (a test compares the two). Nonsense is refused at start.
"""

import contextlib
import logging
import os
import re
import secrets
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
_SFTP = re.compile(
    r"sftp://\w[\w.-]*@(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?/[\w./~-]*", re.A
)


class ConfigError(RuntimeError):
    """A setting that the portal cannot start with; the message names it and the remedy."""


def _boolean(name: str, value: str) -> bool:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ConfigError(f"{name} must be True or False, not {value!r}")


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ConfigError(f"{name} must be a whole number, not {value!r}") from None


def _words(_name: str, value: str) -> list[str]:
    return [word for word in value.replace(",", " ").split() if word]


def _text(_name: str, value: str) -> str:
    return value


# name: (default, reader of the environment's text)
SETTINGS: dict[str, tuple[Any, Any]] = {
    "DATABASE_URL": ("", _text),
    "SECRET_KEY": ("", _text),
    "SITE_URL": ("http://localhost:8000", _text),
    "TRUSTED_HOSTS": ([], _words),
    "PROXY_HOPS": (0, _number),
    "DEFAULT_LANGUAGE": ("ar", _text),
    "TIME_ZONE": ("Asia/Damascus", _text),
    "ARABIC_REGION": ("", _text),
    "ARABIC_DIGITS": (False, _boolean),
    "PAGE_SIZE": (24, _number),
    "PAGE_CACHE_MB": (32, _number),
    "RATE_LIMITS": (True, _boolean),
    "STAFF_2FA": ("required", _text),
    "SECRET_KEY_FALLBACKS": ([], _words),
    "PASSWORD_MEMORY_KIB": (19456, _number),
    "PASSWORD_PASSES": (4, _number),
    "SIGN_UP_BURST": (50, _number),
    "MAIL_SERVER": ("", _text),
    "MAIL_PORT": (587, _number),
    "MAIL_USE_TLS": (True, _boolean),
    "MAIL_USE_SSL": (False, _boolean),
    "MAIL_USERNAME": ("", _text),
    "MAIL_PASSWORD": ("", _text),
    "MAIL_SENDER": ("", _text),
    "MAIL_TIMEOUT": (20, _number),
    "MAIL_CONNECTIONS": (2, _number),
    "MAIL_PER_HOUR": (0, _number),
    "MAIL_BOUNCES": ("", _text),
    "BACKUP_COPY_TO": ("", _text),
    "METRICS_TOKEN": ("", _text),
    "HEARTBEAT_URL": ("", _text),
    "LOG_LEVEL": ("INFO", _text),
}


def load(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All settings, checked. `overrides` wins over everything (tests use it)."""
    overrides = dict(overrides or {})
    instance = Path(
        overrides.get("INSTANCE_PATH") or os.environ.get("MEDPORTAL_INSTANCE") or ROOT / "instance"
    ).resolve()
    values: dict[str, Any] = {name: default for name, (default, _) in SETTINGS.items()}
    for name, (_, read) in SETTINGS.items():
        if name in os.environ:
            values[name] = read(name, os.environ[name])
    local = instance / "config.py"
    if local.is_file() and not overrides.get("TESTING"):
        written: dict[str, Any] = {}
        exec(compile(local.read_text(encoding="utf-8"), str(local), "exec"), written)  # noqa: S102  # the owner's own file
        values.update({name: value for name, value in written.items() if name.isupper()})
    values.update(overrides)
    values["INSTANCE_PATH"] = instance
    _check(values)
    return values | _derived(values, instance)


def _check(values: dict[str, Any]) -> None:
    site = urlsplit(values["SITE_URL"])
    if site.scheme not in ("http", "https") or not site.hostname or site.path.strip("/"):
        raise ConfigError(
            f"SITE_URL must look like https://portal.example, without a path: {values['SITE_URL']!r}"
        )
    if not 0 <= values["PROXY_HOPS"] <= 5:
        raise ConfigError("PROXY_HOPS is the number of proxies in front of the portal, 0 to 5")
    if not 0 <= values["PAGE_CACHE_MB"] <= 4096:
        raise ConfigError(
            "PAGE_CACHE_MB is the memory for kept pages in each web process, 0 to 4096 megabytes"
        )
    if not 5 <= values["PAGE_SIZE"] <= 100:
        raise ConfigError("PAGE_SIZE is the number of entries on a list page, 5 to 100")
    _check_accounts(values)
    copies = values["BACKUP_COPY_TO"]
    if copies and not Path(copies).is_absolute() and not _SFTP.fullmatch(copies):
        raise ConfigError(
            "BACKUP_COPY_TO must be the whole path of a folder, such as /mnt/copies, or sftp://user@host/folder "
            "without a password"
        )
    _check_watchers(values)
    if values["LOG_LEVEL"] not in logging.getLevelNamesMapping():
        raise ConfigError(f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {values['LOG_LEVEL']!r}")
    try:
        Locale.parse(f"ar_{values['ARABIC_REGION']}" if values["ARABIC_REGION"] else "ar")
    except (UnknownLocaleError, ValueError):
        raise ConfigError(
            f"ARABIC_REGION must be a country code such as SY, not {values['ARABIC_REGION']!r}"
        ) from None
    try:
        make_url(values["DATABASE_URL"] or "sqlite://")
    except ArgumentError:
        raise ConfigError("DATABASE_URL must look like postgresql://user:password@host/name") from None
    try:
        ZoneInfo(values["TIME_ZONE"])
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"TIME_ZONE must be a name such as Asia/Damascus, not {values['TIME_ZONE']!r}"
        ) from None


def _check_watchers(values: dict[str, Any]) -> None:
    if values["METRICS_TOKEN"] and len(values["METRICS_TOKEN"]) < 20:
        raise ConfigError("METRICS_TOKEN must have at least 20 characters, or be empty")
    watchdog = urlsplit(values["HEARTBEAT_URL"])
    if values["HEARTBEAT_URL"] and (watchdog.scheme != "https" or not watchdog.hostname):
        raise ConfigError("HEARTBEAT_URL must begin with https://, or be empty")


def _check_accounts(values: dict[str, Any]) -> None:
    if values["STAFF_2FA"] not in ("required", "optional"):
        raise ConfigError("STAFF_2FA must be required or optional")
    if values["SIGN_UP_BURST"] < 1:
        raise ConfigError("SIGN_UP_BURST is the number of sign-ups an hour that is still usual, at least 1")
    if values["PASSWORD_PASSES"] < 1:
        raise ConfigError("PASSWORD_PASSES must be at least 1")
    if values["PASSWORD_MEMORY_KIB"] < 8:
        raise ConfigError("PASSWORD_MEMORY_KIB must be at least 8; 19456 is what OWASP asks for")
    if values["MAIL_USE_TLS"] and values["MAIL_USE_SSL"]:
        raise ConfigError("MAIL_USE_TLS (port 587) and MAIL_USE_SSL (port 465) exclude each other")
    if not 1 <= values["MAIL_TIMEOUT"] <= 60:
        raise ConfigError("MAIL_TIMEOUT is the patience with a mail server in seconds, 1 to 60")
    if not 1 <= values["MAIL_CONNECTIONS"] <= 10:
        raise ConfigError("MAIL_CONNECTIONS is how many letters leave side by side, 1 to 10")
    if values["MAIL_PER_HOUR"] < 0:
        raise ConfigError("MAIL_PER_HOUR is the most letters an hour, or 0 for no such limit")
    sender = values["MAIL_SENDER"]
    if sender and ("@" not in parseaddr(sender)[1] or "\n" in sender or "\r" in sender):
        raise ConfigError("MAIL_SENDER must be one line, such as Portal <portal@example.org>")


def _derived(values: dict[str, Any], instance: Path) -> dict[str, Any]:
    site = urlsplit(values["SITE_URL"])
    https = site.scheme == "https"
    hosts = values["TRUSTED_HOSTS"] or [site.hostname, "localhost", "127.0.0.1"]
    return {
        "SITE_URL": values["SITE_URL"].rstrip("/"),
        "TRUSTED_HOSTS": hosts,
        "SECRET_KEY": values["SECRET_KEY"] or _kept_secret(instance),
        "SQLALCHEMY_DATABASE_URI": _database_uri(values["DATABASE_URL"], instance),
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(values["DATABASE_URL"]),
        "SECURE_COOKIES": https,
        "REMEMBER_COOKIE_NAME": "\x00",  # Flask-Login's own cookie is not used, and none of that name can come in
        "PAGE_CACHE_EVERY": values.get(
            "PAGE_CACHE_EVERY", 0.5
        ),  # seconds between two looks whether a page changed
        "FORM_SECONDS": values.get("FORM_SECONDS", 2),  # people need at least so long to fill in a form
        "MAIL_SENDER": values["MAIL_SENDER"] or f"portal@{site.hostname}",
        "MAIL_SUPPRESS_SEND": False,
        "MAIL_DEFAULT_SENDER": values["MAIL_SENDER"] or f"portal@{site.hostname}",
        "PREFERRED_URL_SCHEME": site.scheme,
        "HSTS": https,
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": values["TIME_ZONE"],
        "BABEL_TRANSLATION_DIRECTORIES": str(values.get("TRANSLATIONS") or ROOT / "translations"),
        "WTF_CSRF_CHECK_DEFAULT": False,  # access.py asks for the token, wherever a session is needed
        "WTF_CSRF_TIME_LIMIT": None,  # it lives as long as its session
        "WTF_CSRF_SSL_STRICT": False,  # the origin is checked before; pages with links send no referrer
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_MIMETYPES": [
            "text/html",
            "application/json",
            "application/atom+xml",
            "application/xml",
            "text/plain",
            "text/calendar",
            "application/manifest+json",
        ],
    }


def _engine_options(url: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "hide_parameters": True,  # values of readers never reach a log
        "pool_size": 20,  # at least as many as the server has threads
        "pool_use_lifo": True,  # the connection used last still knows what it read; a quiet site needs few of them
    }
    if url.startswith("postgres"):
        # Connections that a restarted PostgreSQL has cut are made anew; a machine that is gone holds no thread for minutes.
        options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": 5}}
    return options


def _database_uri(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'medportal.db'}"
    return url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url


def _kept_secret(instance: Path) -> str:
    """The secret in `instance/secret_key` (0600), made once; two workers that start together agree on one."""
    path = instance / "secret_key"
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        part = instance / f"secret_key.{os.getpid()}.part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(part, path)  # whole or not at all, and only the first one wins
        part.unlink()
    kept = path.read_text(encoding="ascii").strip()
    if len(kept) < 32:
        raise ConfigError(f"{path} is damaged: delete it, or set SECRET_KEY")
    return kept
