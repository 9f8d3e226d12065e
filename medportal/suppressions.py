"""Addresses that are not written to: known by a keyed hash only, so that the list says nothing about anybody."""

import sqlalchemy as sa

from medportal import tokens
from medportal.extensions import db, insert
from medportal.lib import addresses
from medportal.lib.dates import utc_now
from medportal.models.outbox import Suppression


def add(address: str, reason: str) -> None:
    """Write to this address no more, until the owner lifts it."""
    db.session.execute(
        insert(Suppression)
        .values(
            hash=tokens.keyed("address", addresses.key(address)),
            masked=addresses.mask(address)[:80],
            reason=reason[:300],
            at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=["hash"])
    )


def of_address(address: str) -> Suppression | None:
    hashes = tokens.keyed_with_all("address", addresses.key(address))
    return db.session.scalar(sa.select(Suppression).where(Suppression.hash.in_(hashes)))


def holds(address: str) -> bool:
    return of_address(address) is not None
