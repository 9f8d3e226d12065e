"""The site's own health: a page for owners, and answers for watchdogs, load balancers and Prometheus."""

from medportal.blueprints.health.views import bp

__all__ = ["bp"]
