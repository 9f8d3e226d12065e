"""Mail that writes itself: `happenings` (what there is to tell), `subscribers` (whom), `schedule` (when), `matching`
(who is told what), `staging` (a run, from its first subscriber to its release), `writers` (its letters), `editions` and `letters` (how it
reads, and the ready message), `bounces` (what came back)."""

from flask import Flask

from medportal import changes
from medportal.digests import editions


def init_app(_app: Flask) -> None:
    """Every public change passes through here (see `medportal.changes`)."""
    if editions.content_changed not in changes.HOOKS:
        changes.HOOKS.append(editions.content_changed)
