"""The portal for machines: feeds, calendars, sitemaps, and the files that browsers and robots look for."""

from medportal.blueprints.feeds.views import bp

__all__ = ["bp"]
