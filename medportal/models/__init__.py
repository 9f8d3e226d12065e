"""What is stored, one module per subject. Importing this package registers every table of ours."""

from medportal.models import (  # noqa: F401  # imported for their tables
    audit,
    consultation,
    content,
    digest,
    emergency,
    glossary,
    imports,
    listing,
    media,
    message,
    outbox,
    people,
    renewal,
    search,
    setting,
    subscription,
    taxonomy,
    treatment,
    trust,
    user,
)
