"""A bilingual medical portal. `create_app` is the only way in."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from medportal import (
    access,
    assets,
    blueprints,
    carriers,
    cli,
    config,
    content_types,
    converters,
    devices,
    digests,
    errors,
    extensions,
    htmx,
    i18n,
    logs,
    pagecache,
    parts,
    portal,
    search,
    security,
    sessions,
    templating,
)
from medportal.portal import Portal


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application, configured from defaults, environment, `instance/config.py` and `overrides`, in that order."""
    settings = config.load(overrides)
    app = Portal(
        __name__,
        instance_path=str(settings["INSTANCE_PATH"]),
        instance_relative_config=True,
        static_folder=None,
    )
    app.config.from_mapping(settings)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # JSON keeps the order of the page

    extensions.init_app(app)
    for part in (
        logs,
        search,
        digests,
        security,
        i18n,
        sessions,
        access,
        devices,
        carriers,
        htmx,
        portal,
        parts,
        templating,
        errors,
        assets,
        converters,
    ):
        part.init_app(app)
    content_types.init_app(app)
    blueprints.init_app(app)
    cli.init_app(app)
    portal.settle(app)
    pagecache.init_app(app)  # last: it stands in front of everything
    return app
