"""What is stored, one module per subject. Importing this package registers every table of ours."""

from flask import Flask

from medportal.models import (  # noqa: F401  # imported for their tables
    audit,
    content,
    listing,
    media,
    message,
    people,
    setting,
    taxonomy,
    treatment,
    trust,
)


def init_app(_app: Flask) -> None:
    """Tables need no set-up of their own; the call keeps the factory a list of parts."""
